import { BerError, BerReader, TAG } from '../drivers/ber.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import type { Pdu } from '../drivers/usm/scoped-pdu.ts';
import { fromV1, fromV2, type Notification } from './notification.ts';

/** A trap carries a handful; what has more than this is no trap that anybody means. */
const MAX_VARBINDS = 256;

/**
 * The notification in the PDU that `reader` stands before; undefined when the PDU is another one, or names no trap.
 * @throws BerError
 */
export function readNotification(reader: BerReader, version: '1' | '2c'): Notification | undefined {
  const tag = reader.peek();
  if (tag === TAG.Trap) return version === '1' ? readTrapV1(reader.enter(tag)) : undefined;
  const kind = kindOf(tag);
  if (!kind || version === '1') return undefined;
  const pdu = reader.enter(tag!);
  pdu.integer();
  pdu.integer();
  pdu.integer();
  return fromV2(kind, version, readVarbinds(pdu.enter(TAG.Sequence)));
}

/** The same of a PDU of version 3. @throws BerError */
export function notificationIn({ tag, bytes, from, to }: Pdu): Notification | undefined {
  const kind = kindOf(tag);
  return kind && fromV2(kind, '3', readVarbinds(new BerReader(bytes, from, to)));
}

function kindOf(tag: number | undefined): Notification['kind'] | undefined {
  if (tag === TAG.InformRequest) return 'inform';
  return tag === TAG.SNMPv2Trap ? 'trap' : undefined;
}

function readTrapV1(pdu: BerReader): Notification {
  const enterprise = pdu.oid();
  const address = pdu.octets(pdu.peek());
  const generic = pdu.integer();
  const specific = pdu.integer();
  if (generic < 0 || generic > 6 || specific < 0) throw new BerError('a trap number that does not exist', pdu.pos);
  const uptime = pdu.unsigned32(TAG.TimeTicks);
  const agentAddress = address.length === 4 ? address.join('.') : '0.0.0.0';
  return fromV1({
    ...{ enterprise, agentAddress, generic, specific, uptime },
    varbinds: readVarbinds(pdu.enter(TAG.Sequence)),
  });
}

function readVarbinds(list: BerReader): VarBind[] {
  const varbinds: VarBind[] = [];
  while (!list.atEnd) {
    if (varbinds.length === MAX_VARBINDS) throw new BerError(`more than ${MAX_VARBINDS} varbinds`, list.pos);
    const pair = list.enter(TAG.Sequence);
    varbinds.push(readValue(pair.oid(), pair));
  }
  return varbinds;
}

/** Not as strict as the reading of answers: a trap is not asked for again, so what a device sends of an unknown type is kept as octets. */
function readValue(oid: string, pair: BerReader): VarBind {
  const tag = pair.peek() ?? TAG.Null;
  switch (tag) {
    case TAG.Integer:
      return { oid, type: 'Integer', value: pair.integer() };
    case TAG.Counter32:
      return { oid, type: 'Counter32', value: pair.unsigned32(tag) };
    case TAG.Gauge32:
      return { oid, type: 'Gauge32', value: pair.unsigned32(tag) };
    case TAG.TimeTicks:
      return { oid, type: 'TimeTicks', value: pair.unsigned32(tag) };
    case TAG.Counter64:
      return { oid, type: 'Counter64', value: pair.unsigned64() };
    case TAG.ObjectIdentifier:
      return { oid, type: 'ObjectIdentifier', value: pair.oid() };
  }
  const type = EMPTY.get(tag);
  // A copy: the datagram's memory must not live as long as a name cut from it.
  const octets = Uint8Array.from(pair.octets(tag));
  if (type) return { oid, type, value: null };
  if (tag === TAG.OctetString) return { oid, type: 'OctetString', value: octets };
  if (tag === TAG.IpAddress && octets.length === 4) return { oid, type: 'IpAddress', value: octets.join('.') };
  if ((tag & SEVERAL_OCTETS) === SEVERAL_OCTETS) throw new BerError('a tag of several octets', pair.pos);
  return { oid, type: 'Opaque', value: octets };
}

/** Types that have no value. */
const EMPTY = new Map(
  (['Null', 'noSuchObject', 'noSuchInstance', 'endOfMibView'] as const).map((type) => [TAG[type] as number, type]),
);
/** X.690 section 8.1.2.4. */
const SEVERAL_OCTETS = 0x1f;
