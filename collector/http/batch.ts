import { isUtf8 } from 'node:buffer';
import { DIGITS_TO_MS, type LineError, LineReader } from '../../core/line-protocol.ts';
import type { Sample } from '../../core/sample.ts';
import { LineScanner } from './lines/scanner.ts';
import { claims, type KnownSeries, type Stamp, type TenantSeries } from './lines/series.ts';
import { SeriesCache } from './lines/series-cache.ts';
import { type Cursor, UNTIMED } from './lines/values.ts';
import type { TimeUnit } from './precision.ts';

/** What a request's body turned into. */
export interface DecodedBatch {
  readonly samples: readonly Sample[];
  /** For each sample the line it stood on, from 1. */
  readonly lines: readonly number[];
  readonly errors: readonly LineError[];
  /** Lines whose own `school` or `site` was replaced by the token's. */
  readonly restamped: number;
}

export interface DecodeOptions extends Stamp {
  readonly unit: TimeUnit;
  /** Time of lines without one, ms. */
  readonly now: number;
}

/** Nanoseconds since the epoch must fit 64 bits (InfluxDB's range: years 1677 to 2262). */
const MAX_TIME_MS = 9_223_372_036_854;

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;

/**
 * Reads bodies and stamps every sample with the token's school and site: whatever the body says about them is not believed, and a *field* of
 * such a name is refused, since a query for the tag would find it. Remembers the series of each tenant, since the same text comes every minute.
 */
export class BatchDecoder {
  readonly #scanner = new LineScanner();
  readonly cache: SeriesCache;
  /** Lines that were not plain or not yet known, since start. */
  careful = 0;

  constructor(cache = new SeriesCache()) {
    this.cache = cache;
  }

  decode(body: Buffer, options: DecodeOptions): DecodedBatch {
    const reader = new BodyReader(body, options, this.#scanner, this.cache.of(options.school, options.site));
    const batch = reader.read();
    this.careful += reader.careful;
    return batch;
  }
}

/** One body on its way through: plain lines by the scanner, the others by the reader that takes care of everything. */
class BodyReader {
  readonly #options: DecodeOptions;
  readonly #stamp: Stamp;
  readonly #scanner: LineScanner;
  readonly #tenant: TenantSeries;
  readonly #at: Cursor;
  #reader: LineReader | undefined;
  readonly #samples: Sample[] = [];
  readonly #lines: number[] = [];
  readonly #errors: LineError[];
  readonly #refused: LineError[] = [];
  #restamped = 0;
  #line = 1;
  careful = 0;

  constructor(body: Buffer, options: DecodeOptions, scanner: LineScanner, tenant: TenantSeries) {
    this.#options = options;
    this.#stamp = { school: options.school, site: options.site };
    this.#scanner = scanner;
    this.#tenant = tenant;
    this.#errors = [];
    const bytes = endedLines(isUtf8(body) ? body : blankUnreadable(body, this.#errors));
    this.#at = { bytes, pos: 0 };
  }

  /** Made when the first line needs it, since it takes the body as text, a character for each byte. */
  #carefulReader(): LineReader {
    const { unit, now } = this.#options;
    const options = { precision: unit.precision, now: unit.scale === 1 ? now : UNTIMED };
    this.#reader ??= new LineReader(this.#at.bytes.toString('latin1'), options, decodeUtf8);
    return this.#reader;
  }

  read(): DecodedBatch {
    const at = this.#at;
    const { bytes } = at;
    const end = bytes.length;
    while (at.pos < end) {
      const first = bytes[at.pos]!;
      if (first === NEWLINE) {
        at.pos++;
        this.#line++;
      } else if (first === SPACE || first === RETURN) at.pos++;
      else if (first === HASH) at.pos = bytes.indexOf(NEWLINE, at.pos);
      else this.#readLine(at.pos);
    }
    const errors = [...this.#errors, ...this.#refused];
    return { samples: this.#samples, lines: this.#lines, errors, restamped: this.#restamped };
  }

  #readLine(start: number): void {
    const { unit, now } = this.#options;
    const series = this.#tenant.find(this.#at.bytes, start);
    const sample = series && this.#scanner.read(this.#at, series, DIGITS_TO_MS[unit.precision], unit.scale, now);
    if (sample && Math.abs(sample.time) <= MAX_TIME_MS) this.#take(sample, this.#line, series.claimsOther);
    else this.#readCarefully(start, series);
  }

  #readCarefully(start: number, known: KnownSeries | undefined): void {
    this.careful++;
    const reader = this.#carefulReader();
    reader.seek(start, this.#line);
    const read = reader.next();
    this.#at.pos = reader.pos;
    this.#line = reader.line;
    if (!read) return;
    if ('message' in read) {
      this.#errors.push(read);
      return;
    }
    const { sample, line } = read;
    const time = this.#timeOf(sample);
    const fault = refusal(sample, time);
    if (fault !== undefined) {
      this.#refused.push({ line, message: fault });
      return;
    }
    const series = known ?? this.#tenant.learn(this.#at.bytes, start, sample, this.#stamp);
    series?.fields.learn(Object.keys(sample.fields));
    const { measurement, tags } = series ?? { ...sample, tags: { ...sample.tags, ...this.#stamp } };
    const stamped = { measurement, tags, fields: sample.fields, time };
    this.#take(stamped, line, claims(sample.tags, this.#stamp));
  }

  #timeOf({ time }: Sample): number {
    const { unit, now } = this.#options;
    if (unit.scale === 1) return time;
    return time === UNTIMED ? now : time * unit.scale;
  }

  #take(sample: Sample, line: number, claimsOther: boolean): void {
    if (claimsOther) this.#restamped++;
    this.#samples.push(sample);
    this.#lines.push(line);
  }
}

function refusal(sample: Sample, time: number): string | undefined {
  for (const name of ['school', 'site']) {
    if (Object.hasOwn(sample.fields, name)) return `"${name}" is a tag set by the collector and cannot be a field`;
  }
  return Math.abs(time) <= MAX_TIME_MS ? undefined : 'timestamp outside the years 1677 to 2262: check the precision';
}

/** The body with a newline behind its last line, which then needs no care of its own. */
function endedLines(body: Buffer): Buffer {
  return body.length > 0 && body[body.length - 1] !== NEWLINE ? Buffer.concat([body, Buffer.of(NEWLINE)]) : body;
}

/** Lines that are not UTF-8 are errors and left blank, so that the others keep their numbers. */
function blankUnreadable(body: Buffer, errors: LineError[]): Buffer {
  const lines: Buffer[] = [];
  for (let start = 0; start <= body.length; ) {
    const newline = body.indexOf(NEWLINE, start);
    const end = newline === -1 ? body.length : newline + 1;
    const line = body.subarray(start, end);
    const readable = isUtf8(line);
    lines.push(readable ? line : line.subarray(line.length - (newline === -1 ? 0 : 1)));
    if (!readable) errors.push({ line: lines.length, message: 'not valid UTF-8' });
    if (newline === -1) break;
    start = end;
  }
  return Buffer.concat(lines);
}

/** Text of the bytes that `raw` has a character each for. */
function decodeUtf8(raw: string): string {
  return /^[\x00-\x7f]*$/.test(raw) ? raw : Buffer.from(raw, 'latin1').toString('utf8');
}
