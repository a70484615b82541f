import { oidOctets, TAG } from '../ber.ts';

/** Encoded OIDs remembered: the same are asked for poll after poll. */
const MOST_OIDS = 4_096;

/**
 * Writes BER from the back to the front: what stands inside is written before what encloses it, whose length is then known, and nothing is moved.
 * One buffer serves all messages; it is full at what a UDP datagram holds.
 */
export class BackWriter {
  readonly bytes: Buffer;
  /** Where the last written octet stands; all that was written is from here to the end. */
  at: number;
  readonly #oids = new Map<string, Uint8Array>();

  constructor(size = 65_507) {
    this.bytes = Buffer.allocUnsafe(size);
    this.at = size;
  }

  reset(): void {
    this.at = this.bytes.length;
  }

  /** A copy of what was written. */
  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(this.at));
  }

  #room(octets: number): void {
    if (octets > this.at) throw new RangeError('a message larger than a datagram');
    this.at -= octets;
  }

  raw(content: Uint8Array): void {
    this.#room(content.length);
    this.bytes.set(content, this.at);
  }

  /** Tag and length before what was written since `end` was where `at` stood. */
  close(tag: number, end: number): void {
    const length = end - this.at;
    if (length < 0x80) {
      this.#room(2);
      this.bytes[this.at + 1] = length;
    } else if (length < 0x100) {
      this.#room(3);
      this.bytes[this.at + 1] = 0x81;
      this.bytes[this.at + 2] = length;
    } else {
      this.#room(4);
      this.bytes[this.at + 1] = 0x82;
      this.bytes.writeUInt16BE(length, this.at + 2);
    }
    this.bytes[this.at] = tag;
  }

  octets(content: Uint8Array, tag: number = TAG.OctetString): void {
    const end = this.at;
    this.raw(content);
    this.close(tag, end);
  }

  /** A 32-bit INTEGER, as short as it goes. */
  int32(value: number): void {
    const end = this.at;
    let rest = value;
    for (;;) {
      this.#room(1);
      this.bytes[this.at] = rest & 0xff;
      const sign = rest & 0x80;
      rest >>= 8;
      if ((rest === 0 && !sign) || (rest === -1 && sign)) break;
    }
    this.close(TAG.Integer, end);
  }

  null(): void {
    this.close(TAG.Null, this.at);
  }

  /** @throws RangeError for what is no OID */
  oid(oid: string): void {
    let content = this.#oids.get(oid);
    if (!content) {
      content = Uint8Array.from(oidOctets(oid));
      if (this.#oids.size >= MOST_OIDS) this.#oids.clear();
      this.#oids.set(oid, content);
    }
    this.octets(content, TAG.ObjectIdentifier);
  }
}
