import { errorMessage } from '../../../core/errors.ts';
import { BerError, BerReader, TAG } from '../ber.ts';
import { decodePdu } from '../fast/message.ts';
import type { BackWriter } from './ber-writer.ts';

/** A PDU of RFC 3416 section 3. In a GetBulk `first` is non-repeaters and `second` max-repetitions, otherwise error-status and error-index. */
export interface PduRequest {
  readonly tag: number;
  readonly requestId: number;
  readonly first: number;
  readonly second: number;
  readonly oids: readonly string[];
}

/** The head of a PDU, and where its variable bindings stand: they are read by whoever wants them. */
export interface Pdu {
  /** TAG.Response or TAG.Report; others too: what is none of them answers nothing. */
  readonly tag: number;
  readonly requestId: number;
  readonly errorStatus: number;
  readonly bytes: Uint8Array;
  /** The content of the PDU. */
  readonly at: number;
  readonly end: number;
  /** The content of its list of variable bindings. */
  readonly from: number;
  readonly to: number;
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
  const end = reader.head(tag) + reader.pos;
  if (end !== reader.end) throw new BerError('octets behind the PDU', end);
  const at = reader.pos;
  const requestId = reader.integer();
  const errorStatus = reader.integer();
  reader.integer();
  const to = reader.head(TAG.Sequence) + reader.pos;
  if (to !== end) throw new BerError('octets behind the variable bindings', to);
  const pdu = { tag, requestId, errorStatus, bytes: reader.bytes, at, end, from: reader.pos, to };
  return { contextEngineId, contextName, pdu };
}

/** All of a PDU. @throws BerError */
export function readPdu({ bytes, at, end }: Pdu): ReturnType<typeof decodePdu> {
  return decodePdu(new BerReader(bytes, at, end));
}
