/**
 * The part of BER (X.690) that SNMP uses, for every version of it. Reading never looks past the end that it was given and never trusts a length;
 * it is as lenient as agents in the field demand (lengths in more octets than needed, integers with leading zeros), and strict otherwise.
 */

export const TAG = {
  Integer: 0x02,
  OctetString: 0x04,
  Null: 0x05,
  ObjectIdentifier: 0x06,
  Sequence: 0x30,
  IpAddress: 0x40,
  Counter32: 0x41,
  Gauge32: 0x42,
  TimeTicks: 0x43,
  Opaque: 0x44,
  Counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
  GetRequest: 0xa0,
  GetNextRequest: 0xa1,
  Response: 0xa2,
  /** Version 1 only (RFC 1157). */
  Trap: 0xa4,
  GetBulkRequest: 0xa5,
  InformRequest: 0xa6,
  SNMPv2Trap: 0xa7,
  Report: 0xa8,
} as const;

/** Longest OID in sub-identifiers (RFC 3416 section 4.1). */
const MAX_SUB_IDENTIFIERS = 128;

/** Bytes that are not what was expected at `offset`. The text names no content. Carries no stack: a flood of such bytes must stay cheap. */
export class BerError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(`${message} at octet ${offset}`);
    Error.stackTraceLimit = limit;
    this.name = 'BerError';
    this.offset = offset;
  }
}

/**
 * Walks elements one after the other, within `[pos, end)` of `bytes`. A constructed element is entered with `enter` and left by going on with the
 * reader it came from, which stands behind it. Octets are views of `bytes`, not copies.
 *
 * Every method throws BerError for what is not there, does not fit, or has another tag.
 */
export class BerReader {
  readonly bytes: Uint8Array;
  /** Where the next element begins. */
  pos: number;
  readonly end: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    if (pos < 0 || end > bytes.length || pos > end) throw new BerError('no such range', pos);
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.pos >= this.end;
  }

  /** The tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.pos < this.end ? this.bytes[this.pos] : undefined;
  }

  /** Reads the head of an element; `pos` then stands at its content. Returns the content's length, which is inside the range. */
  head(tag: number): number {
    const at = this.pos;
    const found = this.peek();
    if (found !== tag) throw new BerError(found === undefined ? 'cut short' : `tag ${found}, not ${tag}`, at);
    return this.#length(at + 1);
  }

  /** The content of the next element as a reader of its own; this one goes on behind it. */
  enter(tag: number): BerReader {
    const length = this.head(tag);
    const inner = new BerReader(this.bytes, this.pos, this.pos + length);
    this.pos += length;
    return inner;
  }

  /** Passes over an element of any tag. */
  skip(): void {
    if (this.atEnd) throw new BerError('cut short', this.pos);
    const length = this.#length(this.pos + 1);
    this.pos += length;
  }

  octets(tag: number = TAG.OctetString): Uint8Array {
    const length = this.head(tag);
    this.pos += length;
    return this.bytes.subarray(this.pos - length, this.pos);
  }

  /** A signed integer of up to 53 bits. */
  integer(tag: number = TAG.Integer): number {
    const at = this.pos;
    const length = this.head(tag);
    if (length === 0) throw new BerError('an integer without octets', at);
    const first = this.bytes[this.pos]!;
    let value = first > 127 ? first - 256 : first;
    for (let i = this.pos + 1; i < this.pos + length; i++) value = value * 256 + this.bytes[i]!;
    this.pos += length;
    if (!Number.isSafeInteger(value)) throw new BerError('an integer of more than 53 bits', at);
    return value;
  }

  /** Counter32, Gauge32, TimeTicks. Agents that leave out the leading zero octet write the upper half as negative; it is meant as it stands. */
  unsigned32(tag: number): number {
    return this.integer(tag) >>> 0;
  }

  /** Counter64: the lower 64 bits of up to nine octets and more, leading zeros or not; nothing at all counts as 0. */
  unsigned64(tag: number = TAG.Counter64): bigint {
    let value = 0n;
    // The last eight alone: a whole datagram of octets as one number would take a second.
    for (const octet of this.octets(tag).subarray(-8)) value = (value << 8n) | BigInt(octet);
    return value;
  }

  /** As dotted text. */
  oid(tag: number = TAG.ObjectIdentifier): string {
    const length = this.head(tag);
    const text = oidText(this.bytes, this.pos, this.pos + length);
    this.pos += length;
    return text;
  }

  /** An element without content, such as NULL; content that is there all the same is passed over. */
  nothing(tag: number = TAG.Null): void {
    const length = this.head(tag);
    this.pos += length;
  }

  #length(at: number): number {
    const { bytes, end } = this;
    if (at >= end) throw new BerError('cut short', at);
    let length = bytes[at]!;
    let pos = at + 1;
    if (length > 127) {
      const octets = length & 127;
      if (octets === 0) throw new BerError('an indefinite length', at);
      if (pos + octets > end) throw new BerError('cut short', pos);
      length = 0;
      for (let i = 0; i < octets; i++) length = Math.min(length * 256 + bytes[pos++]!, Number.MAX_SAFE_INTEGER / 512);
    }
    if (length > end - pos) throw new BerError(`a length of ${length}, longer than what is left`, at);
    this.pos = pos;
    return length;
  }
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** OID content octets as dotted text. Of a number beyond 32 bits the lower 32 count: some agents extend a sign to 64. @throws BerError */
export function oidText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  let value = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    const octet = bytes[i]!;
    value = ((value << 7) | (octet & 127)) >>> 0;
    if (octet > 127) continue;
    if (++count >= MAX_SUB_IDENTIFIERS) throw new BerError('an OID of more than 128 numbers', from);
    // X.690 8.19.4: the first number stands for two; arcs 0 and 1 have at most 40 numbers below them.
    text = count === 1 ? firstTwo(value) : `${text}.${value}`;
    value = 0;
  }
  // Some agents write 0.0, "no such thing" (RFC 2578), as nothing at all.
  if (from === to) return '0.0';
  if (bytes[to - 1]! > 127) throw new BerError('an OID that ends in the middle of a number', to - 1);
  return text;
}

function firstTwo(value: number): string {
  const arc = value < 40 ? 0 : value < 80 ? 1 : 2;
  return `${arc}.${value - arc * 40}`;
}

/** One element: tag, length, the parts in a row as its content. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthOctets = length < 128 ? 1 : length < 256 ? 2 : length < 65_536 ? 3 : 4;
  const out = new Uint8Array(1 + lengthOctets + length);
  out[0] = tag;
  if (lengthOctets === 1) out[1] = length;
  else {
    out[1] = 0x80 | (lengthOctets - 1);
    for (let i = lengthOctets - 1, rest = length; i > 0; i--, rest >>>= 8) out[1 + i] = rest & 255;
  }
  let pos = 1 + lengthOctets;
  for (const part of parts) {
    out.set(part, pos);
    pos += part.length;
  }
  return out;
}

/** INTEGER, or another type that is encoded as one, in the fewest octets. @param value a safe integer */
export function integerElement(value: number, tag: number = TAG.Integer): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!(rest === 0 && octets[0]! < 128) && !(rest === -1 && octets[0]! > 127));
  return element(tag, Uint8Array.from(octets));
}

export function octetsElement(octets: Uint8Array | string, tag: number = TAG.OctetString): Uint8Array {
  return element(tag, typeof octets === 'string' ? new TextEncoder().encode(octets) : octets);
}

export function oidElement(oid: string): Uint8Array {
  return element(TAG.ObjectIdentifier, Uint8Array.from(oidOctets(oid)));
}

export const NULL_ELEMENT: Uint8Array = element(TAG.Null);

/** The content octets of an OID given as dotted text. @throws RangeError for what is none */
export function oidOctets(oid: string): number[] {
  const [first, second, ...rest] = oid.split('.').map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (first === undefined || second === undefined || !(first <= 2) || !(second < (first < 2 ? 40 : 2 ** 32 - 80)))
    throw new RangeError(`not an OID: ${oid}`);
  const octets: number[] = [];
  for (const number of [first * 40 + second, ...rest]) {
    if (!(number < 2 ** 32)) throw new RangeError(`not an OID: ${oid}`);
    for (
      let shift = number < 2 ** 7 ? 0 : number < 2 ** 14 ? 1 : number < 2 ** 21 ? 2 : number < 2 ** 28 ? 3 : 4;
      shift >= 0;
      shift--
    )
      octets.push((Math.floor(number / 2 ** (7 * shift)) & 127) | (shift > 0 ? 128 : 0));
  }
  return octets;
}
