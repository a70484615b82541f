import type { FieldValue, Sample } from './sample.ts';

/**
 * InfluxDB line protocol, the wire format between agents (ours, Telegraf, any InfluxDB client) and the collector:
 * `measurement[,tag=value...] field=value[,field=value...] [timestamp]`.
 * Source: the InfluxDB v1 and v2 line protocol references.
 */

export type Precision = 'ns' | 'us' | 'ms' | 's';

/** A line that could not be read: its number (from 1) and why. */
export interface LineError {
  readonly line: number;
  readonly message: string;
}

export interface ParsedLines {
  readonly samples: Sample[];
  /** For each sample the line it began on, so that a store's refusal can be named by line. */
  readonly lines: number[];
  readonly errors: LineError[];
}

export interface ParseOptions {
  readonly precision: Precision;
  /** Time of lines that carry none, ms. */
  readonly now: number;
}

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;
export const UINT64_MAX = 18446744073709551615n;

/** Decimal digits to cut off (positive) or to add (negative) to get milliseconds. */
export const DIGITS_TO_MS: Readonly<Record<Precision, number>> = { ns: 6, us: 3, ms: 0, s: -3 };

/** Reads line protocol. Good lines become samples (ms), bad ones errors; nothing throws. Blank lines and `#` comments are skipped. */
export function parseLines(body: string, options: ParseOptions): ParsedLines {
  const samples: Sample[] = [];
  const lines: number[] = [];
  const errors: LineError[] = [];
  const reader = new LineReader(body, options);
  for (let read = reader.next(); read; read = reader.next()) {
    if ('message' in read) errors.push(read);
    else {
      samples.push(read.sample);
      lines.push(read.line);
    }
  }
  return { samples, lines, errors };
}

/** A line that was read, and its number. */
export interface ReadLine {
  readonly line: number;
  readonly sample: Sample;
}

class LineFault extends Error {}
const COMMA = 44;
const EQUALS = 61;
const SPACE = 32;
const NEWLINE = 10;
const RETURN = 13;
const BACKSLASH = 92;
const QUOTE = 34;
const HASH = 35;

/**
 * Reads line after line. What separates is ASCII, so the text may also be the bytes of UTF-8, a character each (latin1): `decode` then makes
 * text of what stands between.
 */
export class LineReader {
  readonly #text: string;
  readonly #options: ParseOptions;
  readonly #decode: (raw: string) => string;
  #pos = 0;
  #line = 1;

  constructor(text: string, options: ParseOptions, decode: (raw: string) => string = (raw) => raw) {
    this.#text = text;
    this.#options = options;
    this.#decode = decode;
  }

  /** Where the next line is looked for; after `next`, the end of the line it read. */
  get pos(): number {
    return this.#pos;
  }

  /** The number of the line at `pos`. */
  get line(): number {
    return this.#line;
  }

  /** Goes to a place where a line begins. */
  seek(pos: number, line: number): void {
    this.#pos = pos;
    this.#line = line;
  }

  /** The next line that says something; undefined at the end. */
  next(): ReadLine | LineError | undefined {
    while (this.#pos < this.#text.length) {
      const first = this.#text.charCodeAt(this.#pos);
      if (first === NEWLINE) {
        this.#pos++;
        this.#line++;
      } else if (first === SPACE || first === RETURN) this.#pos++;
      else if (first === HASH) this.#skipLine();
      else return this.#read();
    }
    return undefined;
  }

  #read(): ReadLine | LineError {
    const line = this.#line;
    try {
      return { line, sample: this.#sample() };
    } catch (error) {
      if (!(error instanceof LineFault)) throw error;
      this.#skipLine();
      return { line, message: error.message };
    }
  }

  #sample(): Sample {
    const measurement = this.#key(false);
    if (measurement === '') throw new LineFault('missing measurement');
    const tags: Record<string, string> = {};
    while (this.#peek() === COMMA) {
      this.#pos++;
      const name = this.#name('tag');
      const value = this.#key(true);
      if (value === '') throw new LineFault(`missing value of tag "${name}"`);
      if (Object.hasOwn(tags, name)) throw new LineFault(`tag "${name}" stands twice`);
      tags[name] = value;
    }
    if (this.#peek() !== SPACE) throw new LineFault('missing fields');
    this.#skipSpaces();
    const fields = this.#fields();
    const time = this.#time();
    return { measurement, tags, fields, time };
  }

  #fields(): Record<string, FieldValue> {
    const fields: Record<string, FieldValue> = {};
    for (;;) {
      const name = this.#name('field');
      fields[name] = this.#value(name);
      const next = this.#peek();
      if (next !== COMMA) return fields;
      this.#pos++;
    }
  }

  /** A tag or field key and the `=` behind it. */
  #name(kind: 'tag' | 'field'): string {
    const name = this.#key(true);
    if (name === '') throw new LineFault(kind === 'field' ? 'missing fields' : 'missing tag key');
    if (name === '__proto__') throw new LineFault(`${kind} key "__proto__" is not allowed`);
    if (this.#peek() !== EQUALS) throw new LineFault(`missing "=" after ${kind} key "${clip(name)}"`);
    this.#pos++;
    return name;
  }

  /** Runs to the next unescaped separator; `=` separates in tags and fields, not in the measurement. */
  #key(equalsEnds: boolean): string {
    const text = this.#text;
    const start = this.#pos;
    let escaped = false;
    let i = start;
    for (; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === COMMA || c === SPACE || c === NEWLINE || (c === EQUALS && equalsEnds)) break;
      if (c === BACKSLASH && isSpecial(text.charCodeAt(i + 1), equalsEnds)) {
        escaped = true;
        i++;
      }
    }
    this.#pos = i;
    const raw = this.#decode(text.slice(start, i));
    if (!escaped) return raw;
    return equalsEnds ? raw.replace(/\\([,= ])/g, '$1') : raw.replace(/\\([, ])/g, '$1');
  }

  #value(name: string): FieldValue {
    if (this.#peek() === QUOTE) return this.#quoted(name);
    const start = this.#pos;
    let i = start;
    for (; i < this.#text.length; i++) {
      const c = this.#text.charCodeAt(i);
      if (c === COMMA || c === SPACE || c === NEWLINE) break;
    }
    this.#pos = i;
    const raw = this.#decode(this.#text.slice(start, this.#text.charCodeAt(i - 1) === RETURN ? i - 1 : i));
    const value = scalar(raw);
    if (value === undefined)
      throw new LineFault(`invalid value of field "${clip(name)}": ${raw === '' ? 'nothing' : clip(raw)}`);
    return value;
  }

  #quoted(name: string): string {
    const text = this.#text;
    const start = ++this.#pos;
    let escaped = false;
    for (let i = start; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === BACKSLASH) {
        const next = text.charCodeAt(i + 1);
        if (next === QUOTE || next === BACKSLASH) {
          escaped = true;
          i++;
        }
      } else if (c === NEWLINE) {
        this.#line++;
      } else if (c === QUOTE) {
        this.#pos = i + 1;
        const raw = this.#decode(text.slice(start, i));
        return escaped ? raw.replace(/\\(["\\])/g, '$1') : raw;
      }
    }
    // Without the closing quote the end of this value is unknown: give up this line only, not all that follow.
    this.#line -= countNewlines(text, start);
    throw new LineFault(`missing closing quote of field "${clip(name)}"`);
  }

  #time(): number {
    this.#skipSpaces();
    const start = this.#pos;
    const end = this.#text.indexOf('\n', start);
    const stop = end === -1 ? this.#text.length : end;
    const raw = this.#decode(this.#text.slice(start, stop)).trimEnd();
    const time = raw === '' ? this.#options.now : toMilliseconds(raw, this.#options.precision);
    if (time === undefined) throw new LineFault(`invalid timestamp "${clip(raw)}"`);
    this.#pos = stop;
    return time;
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#pos);
    this.#pos = end === -1 ? this.#text.length : end;
  }

  #skipSpaces(): void {
    while (this.#peek() === SPACE) this.#pos++;
  }

  #peek(): number {
    return this.#text.charCodeAt(this.#pos);
  }
}

function isSpecial(code: number, withEquals: boolean): boolean {
  return code === COMMA || code === SPACE || (withEquals && code === EQUALS);
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUE = new Set(['t', 'T', 'true', 'True', 'TRUE']);
const FALSE = new Set(['f', 'F', 'false', 'False', 'FALSE']);

/** The value of a field that is no string: float, `i` integer, `u` unsigned integer, boolean; undefined when it is none of these. */
export function scalar(raw: string): number | bigint | boolean | undefined {
  const suffix = raw.charCodeAt(raw.length - 1);
  if (suffix === 105 /* i */ || suffix === 117 /* u */) {
    const digits = raw.slice(0, -1);
    if (!/^-?\d{1,20}$/.test(digits)) return undefined;
    const value = BigInt(digits);
    if (suffix === 117) return value >= 0n && value <= UINT64_MAX ? value : undefined;
    return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
  }
  if (FLOAT.test(raw)) {
    const value = Number(raw);
    return Number.isFinite(value) ? value : undefined;
  }
  if (TRUE.has(raw)) return true;
  return FALSE.has(raw) ? false : undefined;
}

function toMilliseconds(raw: string, precision: Precision): number | undefined {
  if (!/^-?\d{1,19}$/.test(raw)) return undefined;
  const cut = DIGITS_TO_MS[precision];
  if (cut <= 0) {
    const value = Number(raw) * (cut === 0 ? 1 : 1000);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  if (raw.startsWith('-')) return Math.floor(Number(raw) / 10 ** cut);
  return raw.length <= cut ? 0 : Number(raw.slice(0, -cut));
}

function countNewlines(text: string, from: number): number {
  let count = 0;
  for (let i = text.indexOf('\n', from); i !== -1; i = text.indexOf('\n', i + 1)) count++;
  return count;
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
