import { scalar } from '../../../core/line-protocol.ts';
import type { FieldValue } from '../../../core/sample.ts';
import { nearestDouble, POWERS_OF_TEN } from './decimal.ts';

/** Where reading stands in a body. Every body here ends in a newline, so reading needs no other end. */
export interface Cursor {
  readonly bytes: Buffer;
  pos: number;
}

const COMMA = 44;
const SPACE = 32;
const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const BACKSLASH = 92;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const INTEGER = 105;

/** So many digits are exact in a double, and so is dividing them by a power of ten up to 10^22 (rounded once): that is the nearest double. */
const EXACT_DIGITS = 15;
/** So many more `nearestDouble` takes. */
const TAIL_DIGITS = 4;

/** Counters stand still or are small more often than not. */
const SMALL = Array.from({ length: 256 }, (_, n) => BigInt(n));
const WORDS = new Uint32Array(2);
const INT64 = new BigInt64Array(WORDS.buffer);

/** `n` is a whole number below 2^53. A third of the cost of BigInt(n). */
function toBigInt(n: number): bigint {
  if (n >= 0 && n < SMALL.length) return SMALL[n]!;
  WORDS[0] = n >>> 0;
  WORDS[1] = Math.floor(n / 4294967296) >>> 0;
  return INT64[0]!;
}

/** Reads the value of a field up to the separator behind it; undefined: not as simple as that, the line must be read with care. */
export function readValue(at: Cursor): FieldValue | undefined {
  const { bytes } = at;
  const negative = bytes[at.pos] === MINUS;
  const first = negative ? at.pos + 1 : at.pos;
  let p = first;
  let c = bytes[p]!;
  let n = 0;
  while (c >= ZERO && c <= NINE && p - first < EXACT_DIGITS) {
    n = n * 10 + (c - ZERO);
    c = bytes[++p]!;
  }
  const whole = p - first;
  if (whole === 0) return other(at);
  if (c === INTEGER && ends(bytes[p + 1]!)) {
    at.pos = p + 1;
    return toBigInt(negative ? -n : n);
  }
  if (c === DOT) return readDecimals(at, n, whole, p + 1, negative);
  if (!ends(c)) return other(at);
  at.pos = p;
  return negative ? -n : n;
}

/** Goes on behind the point: `n` are the `whole` digits before it. */
function readDecimals(
  at: Cursor,
  before: number,
  whole: number,
  first: number,
  negative: boolean,
): FieldValue | undefined {
  const { bytes } = at;
  let p = first;
  let c = bytes[p]!;
  let n = before;
  const exact = first + EXACT_DIGITS - whole;
  while (c >= ZERO && c <= NINE && p < exact) {
    n = n * 10 + (c - ZERO);
    c = bytes[++p]!;
  }
  let tail = 0;
  const tailFrom = p;
  while (c >= ZERO && c <= NINE && p - tailFrom < TAIL_DIGITS) {
    tail = tail * 10 + (c - ZERO);
    c = bytes[++p]!;
  }
  if (!ends(c)) return other(at);
  const value = p === tailFrom ? n / POWERS_OF_TEN[p - first]! : nearestDouble(n, tail, p - tailFrom, p - first);
  if (Number.isNaN(value)) return other(at);
  at.pos = p;
  return negative ? -value : value;
}

function ends(c: number): boolean {
  return c === COMMA || c === SPACE || c === NEWLINE;
}

function other(at: Cursor): FieldValue | undefined {
  const { bytes } = at;
  const start = at.pos;
  if (bytes[start] === QUOTE) return quoted(at);
  let p = start;
  while (!ends(bytes[p]!)) p++;
  const value = scalar(bytes.toString('latin1', start, p));
  if (value !== undefined) at.pos = p;
  return value;
}

/** A string on one line without escapes. */
function quoted(at: Cursor): string | undefined {
  const { bytes } = at;
  const start = at.pos + 1;
  let p = start;
  for (let c = bytes[p]!; c !== QUOTE; c = bytes[++p]!) if (c === BACKSLASH || c === NEWLINE) return undefined;
  if (!ends(bytes[p + 1]!)) return undefined;
  at.pos = p + 1;
  return bytes.toString('utf8', start, p);
}

/** No timestamp. Those before 1970 are not read here, so that this is no time. */
export const UNTIMED = -1;

/**
 * Reads the timestamp up to the newline, in ms: as many digits as `cut` are cut off (or added, when negative). Undefined: the line must be read
 * with care.
 */
export function readTime(at: Cursor, cut: number): number | undefined {
  const { bytes } = at;
  let p = at.pos;
  while (bytes[p] === SPACE) p++;
  const first = p;
  while (isDigit(bytes[p]!)) p++;
  const digits = p - first;
  let end = p;
  while (bytes[end] === SPACE || bytes[end] === RETURN) end++;
  if (bytes[end] !== NEWLINE || digits > 19) return undefined;
  at.pos = end;
  if (digits === 0) return UNTIMED;
  if (cut > 0) return wholeNumber(bytes, first, p - cut);
  return digits <= EXACT_DIGITS ? wholeNumber(bytes, first, p) * (cut === 0 ? 1 : 1000) : undefined;
}

function wholeNumber(bytes: Uint8Array, from: number, to: number): number {
  let n = 0;
  for (let p = from; p < to; p++) n = n * 10 + (bytes[p]! - ZERO);
  return n;
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= NINE;
}
