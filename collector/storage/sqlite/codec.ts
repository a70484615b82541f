import type { FieldValue } from '../../../core/sample.ts';

/**
 * One point's fields as bytes. Names and types stand in the field set (stored once), so a row carries values only, in the set's order:
 *
 * - float: one byte n (0..8), then the first n bytes of the big-endian double; the zero bytes cut off are at its end.
 * - integer: one byte n (0..8, plus 16 when negative), then n bytes, big-endian, of v, or of -1 - v when negative.
 * - boolean: one byte, 0 or 1.
 * - string: the length of its UTF-8 in bytes as LEB128, then those bytes.
 */
export type FieldType = 'f' | 'i' | 'b' | 's';

export interface FieldSet {
  readonly names: readonly string[];
  /** One letter of FieldType per name. */
  readonly types: string;
}

/** The bytes are not what the encoder writes for this field set: the row is damaged. */
export class CodecError extends Error {}

const NEGATIVE = 16;
const MAX_STRING = 0x0fffffff;

export function fieldType(value: FieldValue): FieldType {
  switch (typeof value) {
    case 'number':
      return 'f';
    case 'bigint':
      return 'i';
    case 'boolean':
      return 'b';
    default:
      return 's';
  }
}

/** A growing buffer that is reused: what `take` returns is valid until the next `reset`. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  reset(): void {
    this.#length = 0;
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  float(value: number): void {
    this.#room(9);
    const at = this.#length + 1;
    this.#view.setFloat64(at, value);
    let n = 8;
    while (n > 0 && this.#bytes[at + n - 1] === 0) n--;
    this.#bytes[at - 1] = n;
    this.#length = at + n;
  }

  integer(value: bigint): void {
    this.#room(17);
    const at = this.#length;
    const negative = value < 0n;
    this.#view.setBigUint64(at + 9, negative ? -1n - value : value);
    let n = 8;
    while (n > 0 && this.#bytes[at + 17 - n] === 0) n--;
    this.#bytes[at] = negative ? n + NEGATIVE : n;
    this.#bytes.copyWithin(at + 1, at + 17 - n, at + 17);
    this.#length = at + 1 + n;
  }

  string(value: string): void {
    const bytes = Buffer.from(value);
    if (bytes.length > MAX_STRING) throw new RangeError(`a string of ${bytes.length} bytes`);
    this.varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what ByteWriter wrote; every read is checked against the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new CodecError(`ends after ${this.#at} bytes`);
    this.#at++;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new CodecError(`length too long at byte ${this.#at}`);
  }

  float(): number {
    const n = this.#size(this.byte());
    SCRATCH.fill(0);
    for (let i = 0; i < n; i++) SCRATCH[i] = this.byte();
    if (n > 0 && SCRATCH[n - 1] === 0) throw new CodecError(`float not in shortest form at byte ${this.#at}`);
    return SCRATCH_VIEW.getFloat64(0);
  }

  integer(): bigint {
    const head = this.byte();
    const n = this.#size(head & ~NEGATIVE);
    SCRATCH.fill(0);
    for (let i = 8 - n; i < 8; i++) SCRATCH[i] = this.byte();
    if (n > 0 && SCRATCH[8 - n] === 0) throw new CodecError(`integer not in shortest form at byte ${this.#at}`);
    const magnitude = SCRATCH_VIEW.getBigUint64(0);
    return head & NEGATIVE ? -1n - magnitude : magnitude;
  }

  /** As `integer`, rounded to a double: for means and charts, and much faster. */
  integerAsNumber(): number {
    const head = this.byte();
    const n = this.#size(head & ~NEGATIVE);
    let high = 0;
    let low = 0;
    for (let i = n; i > 4; i--) high = high * 256 + this.byte();
    for (let i = Math.min(n, 4); i > 0; i--) low = low * 256 + this.byte();
    // In two halves, so that it is rounded once.
    const magnitude = high * 2 ** 32 + low;
    return head & NEGATIVE ? -1 - magnitude : magnitude;
  }

  boolean(): boolean {
    const value = this.byte();
    if (value > 1) throw new CodecError(`boolean ${value} at byte ${this.#at - 1}`);
    return value === 1;
  }

  string(): string {
    const end = this.#skipString();
    return UTF8.decode(this.#bytes.subarray(end.from, end.to));
  }

  skip(type: string): void {
    if (type === 'f') this.#advance(this.#size(this.byte()));
    else if (type === 'i') this.#advance(this.#size(this.byte() & ~NEGATIVE));
    else if (type === 'b') this.byte();
    else this.#skipString();
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new CodecError(`${this.#bytes.length - this.#at} bytes too many`);
  }

  #skipString(): { from: number; to: number } {
    const length = this.varint();
    const from = this.#at;
    this.#advance(length);
    return { from, to: this.#at };
  }

  #advance(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new CodecError(`ends after ${this.#bytes.length} bytes`);
    this.#at += count;
  }

  #size(n: number): number {
    if (n > 8) throw new CodecError(`number of ${n} bytes at byte ${this.#at - 1}`);
    return n;
  }
}

const SCRATCH = new Uint8Array(8);
const SCRATCH_VIEW = new DataView(SCRATCH.buffer);
const UTF8 = new TextDecoder();

/** The bytes of the fields, each of which must be in the set with its type; valid until the writer is used again. */
export function encodePoint(
  writer: ByteWriter,
  set: FieldSet,
  fields: Readonly<Record<string, FieldValue>>,
): Uint8Array {
  writer.reset();
  for (let i = 0; i < set.names.length; i++) {
    const value = fields[set.names[i]!];
    switch (set.types[i]) {
      case 'f':
        writer.float(value as number);
        break;
      case 'i':
        writer.integer(value as bigint);
        break;
      case 'b':
        writer.byte(value ? 1 : 0);
        break;
      default:
        writer.string(value as string);
    }
  }
  return writer.take();
}

/** @throws CodecError */
export function decodePoint(set: FieldSet, bytes: Uint8Array): Record<string, FieldValue> {
  const reader = new ByteReader(bytes);
  const entries: [string, FieldValue][] = set.names.map((name, i) => [name, readValue(reader, set.types[i]!)]);
  reader.end();
  // Not by assignment: a field may be called __proto__.
  return Object.fromEntries(entries);
}

function readValue(reader: ByteReader, type: string): FieldValue {
  if (type === 'f') return reader.float();
  if (type === 'i') return reader.integer();
  return type === 'b' ? reader.boolean() : reader.string();
}

/** Calls `use(index in the set, value)` for each number of the row; integers are rounded to doubles. @throws CodecError */
export function decodeNumbers(set: FieldSet, bytes: Uint8Array, use: (index: number, value: number) => void): void {
  const reader = new ByteReader(bytes);
  for (let i = 0; i < set.types.length; i++) {
    const type = set.types[i]!;
    if (type === 'f') use(i, reader.float());
    else if (type === 'i') use(i, reader.integerAsNumber());
    else reader.skip(type);
  }
  reader.end();
}

/** The number at one place of the row; undefined when the field there is no number. @throws CodecError */
export function decodeNumber(set: FieldSet, bytes: Uint8Array, index: number): number | undefined {
  const reader = new ByteReader(bytes);
  let found: number | undefined;
  for (let i = 0; i < set.types.length; i++) {
    const type = set.types[i]!;
    if (i !== index || type === 'b' || type === 's') reader.skip(type);
    else found = type === 'f' ? reader.float() : reader.integerAsNumber();
  }
  reader.end();
  return found;
}
