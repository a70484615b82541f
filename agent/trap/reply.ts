import { element, integerElement, oidElement, TAG } from '../drivers/ber.ts';
import type { BackWriter } from '../drivers/usm/ber-writer.ts';
import { type KnownReport, REPORT_OIDS } from '../drivers/usm/report.ts';
import type { ScopedPdu } from '../drivers/usm/scoped-pdu.ts';

/** The Response to a v2c inform: the same message as another PDU (RFC 3416 section 4.2.7). */
export function communityResponse(message: Uint8Array, pduAt: number): Uint8Array {
  const response = Uint8Array.from(message);
  response[pduAt] = TAG.Response;
  return response;
}

/** Writes the scoped PDU of the Response to a v3 inform: what was in it, as another PDU. */
export function writeResponse(writer: BackWriter, { contextEngineId, contextName, pdu }: ScopedPdu): void {
  writeScoped(writer, TAG.Response, pdu.bytes.subarray(pdu.at, pdu.end), contextEngineId, contextName);
}

/** Writes the scoped PDU of a Report: which counter of RFC 3414 section 5 went up, and to what, so that the sender knows what to put right. */
export function writeReport(writer: BackWriter, engineId: Uint8Array, report: KnownReport, count: number): void {
  const varbind = element(TAG.Sequence, oidElement(REPORT_OIDS[report]), integerElement(count, TAG.Counter32));
  // request-id, error-status, error-index.
  const zero = integerElement(0);
  const content = Buffer.concat([zero, zero, zero, element(TAG.Sequence, varbind)]);
  writeScoped(writer, TAG.Report, content, engineId, new Uint8Array());
}

function writeScoped(
  writer: BackWriter,
  tag: number,
  pdu: Uint8Array,
  contextEngineId: Uint8Array,
  contextName: Uint8Array,
): void {
  const end = writer.at;
  writer.octets(pdu, tag);
  writer.octets(contextName);
  writer.octets(contextEngineId);
  writer.close(TAG.Sequence, end);
}
