import type { SimulatedDevice, SimValue } from './oid-table.ts';
import {
  ERROR_STATUS,
  encodeResponse,
  encodeVarbind,
  PDU,
  type SnmpException,
  type SnmpRequest,
  type Varbind,
} from './snmp-message.ts';

/** Bounds of one answer. */
export interface AnswerLimits {
  /** Most bytes of a reply; larger ones would be fragmented on real networks. */
  readonly maxBytes: number;
  /** Most varbinds in a GetBulk reply. */
  readonly maxRows: number;
}

/**
 * What an agent sends back for `request` at instant `at` (RFC 1157 4.1 for version 1, RFC 3416 4.2 for 2c and 3): a whole message, in version 3
 * the bare PDU.
 * Undefined where an agent stays silent: a GetBulk in version 1, and PDUs that are no requests.
 */
export function answer(
  request: SnmpRequest,
  device: SimulatedDevice,
  at: number,
  limits: AnswerLimits,
): Buffer | undefined {
  switch (request.pdu) {
    case PDU.get:
      return whole(
        request,
        request.oids.map((oid) => getOne(oid, device, at)),
        limits,
      );
    case PDU.getNext:
      return whole(
        request,
        request.oids.map((oid) => nextOne(oid, device, at, request.version)),
        limits,
      );
    case PDU.getBulk:
      return request.version === '1' ? undefined : bulk(request, device, at, limits);
    case PDU.set:
      return failure(request, request.version === '1' ? ERROR_STATUS.noSuchName : ERROR_STATUS.notWritable, 1);
    default:
      return undefined;
  }
}

function getOne(oid: string, device: SimulatedDevice, at: number): Varbind {
  return { oid, value: device.get(oid, at) ?? (device.hasObject?.(oid) ? 'noSuchInstance' : 'noSuchObject') };
}

function nextOne(oid: string, device: SimulatedDevice, at: number, version: SnmpRequest['version']): Varbind {
  let found = device.next(oid, at);
  // Version 1 has no Counter64: its agents step over such instances (RFC 3584 4.2.2.1).
  while (version === '1' && found?.value.type === 'counter64') found = device.next(found.oid, at);
  return found ?? { oid, value: 'endOfMibView' };
}

/** A Get or GetNext reply: everything or an error. */
function whole(request: SnmpRequest, varbinds: readonly Varbind[], limits: AnswerLimits): Buffer {
  if (request.version === '1') {
    const bad = varbinds.findIndex((v) => isException(v.value) || v.value.type === 'counter64');
    if (bad >= 0) return failure(request, ERROR_STATUS.noSuchName, bad + 1);
  }
  const reply = encodeResponse(request, ERROR_STATUS.noError, 0, varbinds.map(encodeVarbind));
  if (reply.length <= limits.maxBytes) return reply;
  // RFC 3416 4.2.1: tooBig carries no varbinds; in version 1 those of the request.
  return request.version === '1'
    ? failure(request, ERROR_STATUS.tooBig, 0)
    : encodeResponse(request, ERROR_STATUS.tooBig, 0, []);
}

function isException(value: SimValue | SnmpException): value is SnmpException {
  return typeof value === 'string';
}

function failure(request: SnmpRequest, status: number, index: number): Buffer {
  const echoed = request.oids.map((oid) => encodeVarbind({ oid, value: { type: 'null', value: 0 } }));
  return encodeResponse(request, status, index, echoed);
}

/** RFC 3416 4.2.3: rows until the reply is full, cut anywhere, or until every column has ended. */
function bulk(request: SnmpRequest, device: SimulatedDevice, at: number, limits: AnswerLimits): Buffer {
  const nonRepeaters = Math.min(Math.max(0, request.first), request.oids.length);
  const repetitions = Math.max(0, request.second);
  // Each of the three sequences may need two more length bytes than when empty.
  let room = limits.maxBytes - encodeResponse(request, 0, 0, []).length - 6;
  const out: Buffer[] = [];
  const put = (varbind: Varbind): boolean => {
    const bytes = encodeVarbind(varbind);
    room -= bytes.length;
    if (room < 0 || out.length >= limits.maxRows) return false;
    out.push(bytes);
    return true;
  };
  const done = (): Buffer =>
    out.length === 0 && room < 0
      ? encodeResponse(request, ERROR_STATUS.tooBig, 0, [])
      : encodeResponse(request, ERROR_STATUS.noError, 0, out);

  for (const oid of request.oids.slice(0, nonRepeaters)) if (!put(nextOne(oid, device, at, '2c'))) return done();
  let columns = request.oids.slice(nonRepeaters);
  for (let i = 0; i < repetitions && columns.length > 0; i++) {
    const row = columns.map((oid) => nextOne(oid, device, at, '2c'));
    for (const varbind of row) if (!put(varbind)) return done();
    if (row.every((v) => v.value === 'endOfMibView')) break;
    columns = row.map((v) => v.oid);
  }
  return done();
}
