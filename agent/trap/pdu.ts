import type { SnmpType, VarBind } from '../drivers/snmp-session.ts';
import { type BerReader, type Element, MalformedError, readOid, signed, unsigned32, unsigned64 } from './ber.ts';
import { fromV1, fromV2, type Notification } from './notification.ts';

/** Tags of the PDUs (RFC 1157, RFC 3416). */
export const PDU = {
  get: 0xa0,
  response: 0xa2,
  trapV1: 0xa4,
  inform: 0xa6,
  trapV2: 0xa7,
  report: 0xa8,
} as const;

/** A trap carries a handful; what has more than this is no trap that anybody means. */
const MAX_VARBINDS = 256;

const TYPES: Readonly<Record<number, SnmpType>> = {
  2: 'Integer',
  4: 'OctetString',
  5: 'Null',
  6: 'ObjectIdentifier',
  64: 'IpAddress',
  65: 'Counter32',
  66: 'Gauge32',
  67: 'TimeTicks',
  70: 'Counter64',
  128: 'noSuchObject',
  129: 'noSuchInstance',
  130: 'endOfMibView',
};

/**
 * The notification in the PDU that `reader` stands before; undefined when the PDU is another one, or names no trap.
 * @throws MalformedError
 */
export function readNotification(reader: BerReader, version: '1' | '2c' | '3'): Notification | undefined {
  const tag = reader.peek();
  if (tag === PDU.trapV1) return version === '1' ? readTrapV1(reader.enter(tag)) : undefined;
  if ((tag !== PDU.trapV2 && tag !== PDU.inform) || version === '1') return undefined;
  const pdu = reader.enter(tag);
  pdu.integer();
  pdu.integer();
  pdu.integer();
  return fromV2(tag === PDU.inform ? 'inform' : 'trap', version, readVarbinds(pdu));
}

function readTrapV1(pdu: BerReader): Notification {
  const enterprise = pdu.oid();
  const address = pdu.next();
  const generic = pdu.integer();
  const specific = pdu.integer();
  if (generic < 0 || generic > 6 || specific < 0) throw new MalformedError('a trap number that does not exist');
  const uptime = unsigned32(pdu.bytes, pdu.expect(0x43));
  const agentAddress = address.end - address.start === 4 ? dotted(pdu.bytes, address) : '0.0.0.0';
  return fromV1({ enterprise, agentAddress, generic, specific, uptime, varbinds: readVarbinds(pdu) });
}

function readVarbinds(pdu: BerReader): VarBind[] {
  const list = pdu.enter(0x30);
  const varbinds: VarBind[] = [];
  while (!list.done) {
    if (varbinds.length === MAX_VARBINDS) throw new MalformedError(`more than ${MAX_VARBINDS} varbinds`);
    const pair = list.enter(0x30);
    const oid = pair.oid();
    varbinds.push(decodeValue(oid, pair.bytes, pair.next()));
  }
  return varbinds;
}

function decodeValue(oid: string, bytes: Uint8Array, element: Element): VarBind {
  const type = TYPES[element.tag] ?? 'Opaque';
  // A copy: the datagram's memory must not live as long as a name cut from it.
  const octets = (): Uint8Array => bytes.slice(element.start, element.end);
  switch (type) {
    case 'Integer':
      return { oid, type, value: signed(bytes, element) };
    case 'Counter32':
    case 'Gauge32':
    case 'TimeTicks':
      return { oid, type, value: unsigned32(bytes, element) };
    case 'Counter64':
      return { oid, type, value: unsigned64(bytes, element) };
    case 'ObjectIdentifier':
      return { oid, type, value: readOid(bytes, element) };
    case 'IpAddress':
      if (element.end - element.start === 4) return { oid, type, value: dotted(bytes, element) };
      return { oid, type: 'Opaque', value: octets() };
    case 'OctetString':
    case 'Opaque':
      return { oid, type, value: octets() };
    default:
      return { oid, type, value: null };
  }
}

function dotted(bytes: Uint8Array, { start, end }: Element): string {
  return bytes.subarray(start, end).join('.');
}
