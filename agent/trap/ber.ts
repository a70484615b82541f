/** What a packet is refused for when its bytes are no SNMP message. Carries no stack: a flood of them must stay cheap. */
export class MalformedError extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.name = 'MalformedError';
  }
}

/** RFC 2578 section 3.5 allows 128 sub-identifiers. */
const MAX_SUB_IDS = 128;

/** One element: its tag, and where its content stands. */
export interface Element {
  readonly tag: number;
  /** Where the tag stands. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads BER (X.690) as SNMP uses it (RFC 3417 section 8: definite lengths only) between two bounds of a buffer, and never beyond.
 * Every method throws MalformedError for what does not fit.
 */
export class BerReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = start;
    this.end = end;
  }

  /** Where the next element stands. */
  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.end;
  }

  /** The tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.done ? undefined : this.bytes[this.#at];
  }

  /** The next element, whatever it is. */
  next(): Element {
    const at = this.#at;
    if (at + 2 > this.end) throw new MalformedError('the message is cut short');
    const tag = this.bytes[at]!;
    if ((tag & 0x1f) === 0x1f) throw new MalformedError('a tag of several octets');
    let length = this.bytes[at + 1]!;
    let start = at + 2;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 4 || start + octets > this.end) throw new MalformedError('a bad length');
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + this.bytes[start + i]!;
      start += octets;
    }
    if (length > this.end - start) throw new MalformedError('a length beyond the end');
    this.#at = start + length;
    return { tag, at, start, end: start + length };
  }

  /** The next element, which must have this tag. */
  expect(tag: number): Element {
    const element = this.next();
    if (element.tag !== tag) throw new MalformedError(`tag ${element.tag} where ${tag} belongs`);
    return element;
  }

  /** Goes into a constructed element. */
  enter(tag: number): BerReader {
    const { start, end } = this.expect(tag);
    return new BerReader(this.bytes, start, end);
  }

  integer(tag = 0x02): number {
    return signed(this.bytes, this.expect(tag));
  }

  /** The content itself, not a copy. */
  octets(tag = 0x04): Uint8Array {
    const { start, end } = this.expect(tag);
    return this.bytes.subarray(start, end);
  }

  oid(): string {
    return readOid(this.bytes, this.expect(0x06));
  }
}

/** Two's complement of at most 8 octets that fits a number exactly. */
export function signed(bytes: Uint8Array, { start, end }: Element): number {
  const length = end - start;
  if (length < 1 || length > 8) throw new MalformedError(`an integer of ${length} octets`);
  let value = bytes[start]! & 0x80 ? -1 : 0;
  for (let i = start; i < end; i++) value = value * 256 + bytes[i]!;
  if (!Number.isSafeInteger(value)) throw new MalformedError('an integer that is too large');
  return value;
}

/** Counter32 and the like: unsigned, whatever the sender made of the sign. */
export function unsigned32(bytes: Uint8Array, element: Element): number {
  const length = element.end - element.start;
  if (length < 1 || length > 5) throw new MalformedError(`a 32-bit number of ${length} octets`);
  return signed(bytes, element) >>> 0;
}

export function unsigned64(bytes: Uint8Array, { start, end }: Element): bigint {
  if (end - start < 1 || end - start > 9) throw new MalformedError(`a 64-bit number of ${end - start} octets`);
  let value = 0n;
  for (let i = start; i < end; i++) value = (value << 8n) | BigInt(bytes[i]!);
  return BigInt.asUintN(64, value);
}

/** Dotted, without a leading dot; the empty OID (some senders' zeroDotZero) is `0.0`. */
export function readOid(bytes: Uint8Array, { start, end }: Element): string {
  if (end === start) return '0.0';
  const ids: number[] = [];
  let value = 0;
  for (let i = start; i < end; i++) {
    const octet = bytes[i]!;
    value = value * 128 + (octet & 0x7f);
    if (value > 0xffffffff + 80) throw new MalformedError('a sub-identifier beyond 32 bits');
    if (octet & 0x80) {
      if (i === end - 1) throw new MalformedError('an OID that is cut short');
      continue;
    }
    if (ids.length === 0) {
      const first = value < 40 ? 0 : value < 80 ? 1 : 2;
      ids.push(first, value - first * 40);
    } else ids.push(value);
    if (ids.length > MAX_SUB_IDS) throw new MalformedError('an OID of more than 128 sub-identifiers');
    value = 0;
  }
  return ids.join('.');
}

/** One element as bytes. */
export function encode(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A non-negative or negative integer of at most 32 bits, as short as it goes; other tags for Counter32 and its kin. */
export function encodeInteger(value: number, tag = 0x02): Uint8Array {
  const octets = [value & 0xff];
  let rest = Math.floor(value / 256);
  while (!((rest === 0 && octets[0]! < 0x80) || (rest === -1 && octets[0]! >= 0x80))) {
    octets.unshift(rest & 0xff);
    rest = Math.floor(rest / 256);
  }
  return encode(tag, octets);
}

export function encodeOid(oid: string): Uint8Array {
  const ids = oid.split('.').map(Number);
  const octets: number[] = [];
  for (const id of [ids[0]! * 40 + (ids[1] ?? 0), ...ids.slice(2)]) {
    const part = [id % 128];
    for (let rest = Math.floor(id / 128); rest > 0; rest = Math.floor(rest / 128)) part.unshift((rest % 128) | 0x80);
    octets.push(...part);
  }
  return encode(0x06, octets);
}
