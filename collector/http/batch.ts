import { isUtf8 } from 'node:buffer';
import { type LineError, parseLines } from '../../core/line-protocol.ts';
import type { Sample } from '../../core/sample.ts';
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

export interface DecodeOptions {
  readonly school: string;
  readonly site: string;
  readonly unit: TimeUnit;
  /** Time of lines without one, ms. */
  readonly now: number;
}

/** Nanoseconds since the epoch must fit 64 bits (InfluxDB's range: years 1677 to 2262). */
const MAX_TIME_MS = 9_223_372_036_854;

/** Stands for "no timestamp" while times are scaled: no whole number of seconds is -1 ms. */
const UNTIMED = -1;

/**
 * Reads a body and stamps every sample with the token's school and site: whatever the body says about them is not believed, and a *field* of
 * such a name is refused, since a query for the tag would find it.
 */
export function decodeBatch(body: Buffer, options: DecodeOptions): DecodedBatch {
  const { precision, scale } = options.unit;
  const text = readText(body);
  const parsed = parseLines(text.value, { precision, now: scale === 1 ? options.now : UNTIMED });
  const samples: Sample[] = [];
  const lines: number[] = [];
  const errors: LineError[] = [...text.errors, ...parsed.errors];
  let restamped = 0;
  for (const [i, sample] of parsed.samples.entries()) {
    const line = parsed.lines[i]!;
    const time = scale === 1 ? sample.time : sample.time === UNTIMED ? options.now : sample.time * scale;
    const fault = refusal(sample, time);
    if (fault !== undefined) {
      errors.push({ line, message: fault });
      continue;
    }
    if (claimsOther(sample, options)) restamped++;
    const tags = { ...sample.tags, school: options.school, site: options.site };
    samples.push({ measurement: sample.measurement, tags, fields: sample.fields, time });
    lines.push(line);
  }
  return { samples, lines, errors, restamped };
}

function refusal(sample: Sample, time: number): string | undefined {
  for (const name of ['school', 'site']) {
    if (Object.hasOwn(sample.fields, name)) return `"${name}" is a tag set by the collector and cannot be a field`;
  }
  return Math.abs(time) <= MAX_TIME_MS ? undefined : 'timestamp outside the years 1677 to 2262: check the precision';
}

function claimsOther({ tags }: Sample, { school, site }: DecodeOptions): boolean {
  return (tags['school'] ?? school) !== school || (tags['site'] ?? site) !== site;
}

/** The body as text. Lines that are not UTF-8 are errors and left blank, so that the others keep their numbers. */
function readText(body: Buffer): { value: string; errors: LineError[] } {
  if (isUtf8(body)) return { value: body.toString('utf8'), errors: [] };
  const errors: LineError[] = [];
  const lines: string[] = [];
  for (let start = 0; start <= body.length; ) {
    const newline = body.indexOf(10, start);
    const end = newline === -1 ? body.length : newline;
    const line = body.subarray(start, end);
    const readable = isUtf8(line);
    lines.push(readable ? line.toString('utf8') : '');
    if (!readable) errors.push({ line: lines.length, message: 'not valid UTF-8' });
    start = end + 1;
  }
  return { value: lines.join('\n'), errors };
}
