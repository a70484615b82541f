import { BerReader, BerWriter } from 'asn1-ber';
import type { SimType, SimValue } from './oid-table.ts';

/** PDU tags (RFC 3416 section 3). */
export const PDU = { get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5, report: 0xa8 } as const;

/** error-status (RFC 3416 section 3). */
export const ERROR_STATUS = { noError: 0, tooBig: 1, noSuchName: 2, readOnly: 4, genErr: 5, notWritable: 17 } as const;

/** The three exceptions that stand in place of a value in version 2c (RFC 3416 section 3). */
export type SnmpException = 'noSuchObject' | 'noSuchInstance' | 'endOfMibView';

export interface Varbind {
  readonly oid: string;
  readonly value: SimValue | SnmpException;
}

/** A decoded request. Names only: the values of a request carry nothing that a read-only agent needs. */
export interface SnmpRequest {
  readonly version: '1' | '2c' | '3';
  /** Empty in version 3, whose messages name a user instead. */
  readonly community: string;
  readonly pdu: number;
  readonly requestId: number;
  /** error-status and error-index, which a GetBulk uses as non-repeaters and max-repetitions. */
  readonly first: number;
  readonly second: number;
  readonly oids: readonly string[];
}

export interface SnmpResponse {
  readonly errorStatus: number;
  /** From 1; 0 when no single varbind is to blame. */
  readonly errorIndex: number;
  readonly varbinds: readonly Varbind[];
}

const VALUE_TAGS: Readonly<Record<SimType, number>> = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  ip: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
};
const EXCEPTION_TAGS: Readonly<Record<SnmpException, number>> = {
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
};
const SEQUENCE = 0x30;

/** Reads a v1 or v2c request; undefined for anything else (an agent drops what it cannot read, RFC 1157 4.1). */
export function decodeRequest(datagram: Buffer): SnmpRequest | undefined {
  try {
    const reader = new BerReader(datagram);
    reader.readSequence(SEQUENCE);
    const version = reader.readInt(0x02);
    const community = reader.readString(0x04);
    if ((version !== 0 && version !== 1) || community === null) return undefined;
    return decodePdu(reader, version === 0 ? '1' : '2c', community);
  } catch {
    return undefined;
  }
}

/** Reads the PDU that `reader` stands before; throws or gives undefined where there is none. */
export function decodePdu(
  reader: BerReader,
  version: SnmpRequest['version'],
  community: string,
): SnmpRequest | undefined {
  const pdu = reader.readSequence();
  const requestId = reader.readInt(0x02);
  const first = reader.readInt(0x02);
  const second = reader.readInt(0x02);
  if (pdu === null || requestId === null || first === null || second === null) return undefined;
  const oids = readNames(reader);
  return oids && { version, community, pdu, requestId, first, second, oids };
}

function readNames(reader: BerReader): string[] | undefined {
  if (reader.readSequence(SEQUENCE) === null || reader.length > reader.remain) return undefined;
  const end = reader.offset + reader.length;
  const oids: string[] = [];
  while (reader.offset < end) {
    reader.readSequence(SEQUENCE);
    const next = reader.offset + reader.length;
    const oid = reader.readOID();
    const tag = reader.peek();
    if (oid === null || oid === '' || tag === null) return undefined;
    oids.push(oid);
    if (reader.readString(tag, true) === null || reader.offset !== next) return undefined;
  }
  return oids;
}

/** One varbind as BER. */
export function encodeVarbind({ oid, value }: Varbind): Buffer {
  const writer = new BerWriter({ size: 64 });
  writer.startSequence();
  writer.writeOID(oid);
  if (typeof value === 'string') writer.writeBuffer(Buffer.alloc(0), EXCEPTION_TAGS[value]);
  else writeValue(writer, value);
  writer.endSequence();
  return writer.buffer;
}

function writeValue(writer: BerWriter, { type, value }: SimValue): void {
  const tag = VALUE_TAGS[type];
  if (type === 'null') writer.writeNull();
  else if (type === 'oid') writer.writeOID(String(value));
  else if (type === 'ip') writer.writeBuffer(Buffer.from(String(value).split('.').map(Number)), tag);
  else if (typeof value === 'bigint') writer.writeBuffer(unsignedBytes(value), tag);
  else if (typeof value === 'number') writer.writeInt(value, tag);
  else writer.writeBuffer(typeof value === 'string' ? Buffer.from(value) : value, tag);
}

/** BER integers are signed: an unsigned value whose top bit is set gets a leading zero. */
function unsignedBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

/** A response around varbinds that are already encoded: a whole message, in version 3 the bare PDU. */
export function encodeResponse(
  request: SnmpRequest,
  errorStatus: number,
  errorIndex: number,
  varbinds: readonly Buffer[],
  tag: number = PDU.response,
): Buffer {
  const writer = new BerWriter({ size: 2048 });
  if (request.version !== '3') {
    writer.startSequence();
    writer.writeInt(request.version === '1' ? 0 : 1);
    writer.writeString(request.community);
  }
  writer.startSequence(tag);
  writer.writeInt(request.requestId);
  writer.writeInt(errorStatus);
  writer.writeInt(errorIndex);
  writer.startSequence();
  for (const varbind of varbinds) writer.writeBuffer(varbind);
  writer.endSequence();
  writer.endSequence();
  if (request.version !== '3') writer.endSequence();
  return writer.buffer;
}
