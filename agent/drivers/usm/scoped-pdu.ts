import { errorMessage } from '../../../core/errors.ts';
import { BerError, BerReader, oidText, TAG } from '../ber.ts';
import type { VarBind } from '../snmp-session.ts';
import type { BackWriter } from './ber-writer.ts';

/** A PDU of RFC 3416 section 3. In a GetBulk `first` is non-repeaters and `second` max-repetitions, otherwise error-status and error-index. */
export interface PduRequest {
  readonly tag: number;
  readonly requestId: number;
  readonly first: number;
  readonly second: number;
  readonly oids: readonly string[];
}

export interface Pdu {
  /** TAG.Response or TAG.Report; others too: what is none of them answers nothing. */
  readonly tag: number;
  readonly requestId: number;
  readonly errorStatus: number;
  /** From 1; 0 when no varbind is to blame. */
  readonly errorIndex: number;
  readonly varbinds: readonly VarBind[];
}

/** RFC 3412 section 6.8. */
export interface ScopedPdu {
  readonly contextEngineId: Uint8Array;
  readonly contextName: Uint8Array;
  readonly pdu: Pdu;
}

/** Writes a request as a scoped PDU, a whole element, before what `writer` holds. @throws RangeError for an OID that is none */
export function writeScopedPdu(
  writer: BackWriter,
  request: PduRequest,
  context: { readonly engineId: Uint8Array; readonly name: Uint8Array },
): void {
  const end = writer.at;
  for (let i = request.oids.length - 1; i >= 0; i--) {
    const varbind = writer.at;
    writer.null();
    writer.oid(request.oids[i]!);
    writer.close(TAG.Sequence, varbind);
  }
  writer.close(TAG.Sequence, end);
  writer.int32(request.second);
  writer.int32(request.first);
  writer.int32(request.requestId);
  writer.close(request.tag, end);
  writer.octets(context.name);
  writer.octets(context.engineId);
  writer.close(TAG.Sequence, end);
}

/** The content of a scoped PDU that came in clear, or in words why it is none. Never throws. */
export function decodeScopedContent(content: Uint8Array): ScopedPdu | string {
  try {
    return decode(new BerReader(content));
  } catch (error) {
    return errorMessage(error);
  }
}

/** As decodeScopedContent, for decrypted octets: the whole element, behind which padding may follow (RFC 3414 section 8.1.1.3). */
export function decodeScopedPdu(octets: Uint8Array): ScopedPdu | string {
  try {
    return decode(new BerReader(octets).enter(TAG.Sequence));
  } catch (error) {
    return errorMessage(error);
  }
}

function decode(reader: BerReader): ScopedPdu {
  const contextEngineId = reader.octets();
  const contextName = reader.octets();
  const tag = reader.peek() ?? 0;
  const inside = reader.enter(tag);
  if (!reader.atEnd) throw new BerError('octets behind the PDU', reader.pos);
  const requestId = inside.integer();
  const errorStatus = inside.integer();
  const errorIndex = inside.integer();
  const list = inside.enter(TAG.Sequence);
  if (!inside.atEnd) throw new BerError('octets behind the varbinds', inside.pos);
  const varbinds: VarBind[] = [];
  while (!list.atEnd) varbinds.push(readVarbind(list));
  return { contextEngineId, contextName, pdu: { tag, requestId, errorStatus, errorIndex, varbinds } };
}

function readVarbind(list: BerReader): VarBind {
  const end = list.head(TAG.Sequence) + list.pos;
  const nameLength = list.head(TAG.ObjectIdentifier);
  const nameEnd = list.pos + nameLength;
  if (nameEnd > end) throw new BerError('a name longer than its varbind', list.pos);
  const oid = oidText(list.bytes, list.pos, nameEnd);
  list.pos = nameEnd;
  const varbind = readValue(list, oid);
  if (list.pos !== end) throw new BerError('a varbind of another length than its parts', list.pos);
  return varbind;
}

function readValue(reader: BerReader, oid: string): VarBind {
  const tag = reader.peek();
  switch (tag) {
    case TAG.Counter64:
      return { oid, type: 'Counter64', value: reader.unsigned64() };
    case TAG.Counter32:
      return { oid, type: 'Counter32', value: reader.unsigned32(tag) };
    case TAG.Gauge32:
      return { oid, type: 'Gauge32', value: reader.unsigned32(tag) };
    case TAG.TimeTicks:
      return { oid, type: 'TimeTicks', value: reader.unsigned32(tag) };
    case TAG.Integer:
      return { oid, type: 'Integer', value: reader.integer() };
    case TAG.OctetString:
      return { oid, type: 'OctetString', value: reader.octets() };
    case TAG.ObjectIdentifier:
      return { oid, type: 'ObjectIdentifier', value: reader.oid() };
    case TAG.IpAddress:
      return { oid, type: 'IpAddress', value: reader.octets(tag).join('.') };
    case TAG.Opaque:
      return { oid, type: 'Opaque', value: reader.octets(tag) };
    default:
      return readNothing(reader, oid, tag);
  }
}

function readNothing(reader: BerReader, oid: string, tag: number | undefined): VarBind {
  const type = tag === undefined ? undefined : NOTHINGS.get(tag);
  if (tag === undefined || type === undefined) throw new BerError(`a value of type ${tag}`, reader.pos);
  reader.nothing(tag);
  return { oid, type, value: null };
}

const NOTHINGS: ReadonlyMap<number, 'Null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView'> = new Map([
  [TAG.Null, 'Null'],
  [TAG.noSuchObject, 'noSuchObject'],
  [TAG.noSuchInstance, 'noSuchInstance'],
  [TAG.endOfMibView, 'endOfMibView'],
]);
