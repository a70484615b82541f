/** The part of asn1-ber (BER reader and writer, no types of its own) that this project uses. */
declare module 'asn1-ber' {
  export class BerReader {
    constructor(data: Buffer);
    /** Length of the element last entered by readSequence or readString. */
    readonly length: number;
    readonly offset: number;
    readonly remain: number;
    readonly buffer: Buffer;
    /** The next tag without moving; null at the end. */
    peek(): number | null;
    readByte(peek?: boolean): number | null;
    readLength(offset?: number): number | null;
    readSequence(tag?: number): number | null;
    readInt(tag?: number): number | null;
    readString(tag?: number): string | null;
    readString(tag: number, asBuffer: true): Buffer | null;
    readOID(tag?: number): string | null;
  }

  export class BerWriter {
    constructor(options?: { size?: number; growthFactor?: number });
    readonly buffer: Buffer;
    writeByte(byte: number): void;
    writeInt(value: number, tag?: number): void;
    writeNull(): void;
    writeString(value: string, tag?: number): void;
    /** With a tag, writes tag and length too; without, the buffer is written as it is. */
    writeBuffer(value: Buffer, tag?: number): void;
    writeOID(oid: string, tag?: number): void;
    startSequence(tag?: number): void;
    endSequence(): void;
  }
}
