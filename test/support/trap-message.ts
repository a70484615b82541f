import { BerReader, element, integerElement, octetsElement, oidElement, TAG } from '../../agent/drivers/ber.ts';
import { BackWriter } from '../../agent/drivers/usm/ber-writer.ts';
import { KeyCache, type UsmUser } from '../../agent/drivers/usm/key-cache.ts';
import { LEVEL_FLAGS } from '../../agent/drivers/usm/message.ts';
import { SaltSource } from '../../agent/drivers/usm/privacy.ts';
import { levelOf } from '../../agent/drivers/usm/protocol.ts';
import { seal } from '../../agent/drivers/usm/seal.ts';
import type { OwnEngine } from '../../agent/trap/engine-times.ts';

/** A value as its bytes: an integer, a text, octets, an OID (`{ oid }`), or TimeTicks (`{ ticks }`). */
export type Encodable = number | string | Uint8Array | { readonly oid: string } | { readonly ticks: number };

export function encodeValue(value: Encodable): Uint8Array {
  if (typeof value === 'number') return integerElement(value);
  if (typeof value === 'string' || value instanceof Uint8Array) return octetsElement(value);
  return 'oid' in value ? oidElement(value.oid) : integerElement(value.ticks, TAG.TimeTicks);
}

export type Varbinds = readonly (readonly [oid: string, value: Encodable])[];

/** A v2c trap or inform as a device sends it. */
export function v2cMessage(
  community: string,
  trapOid: string,
  varbinds: Varbinds,
  pdu: number = TAG.SNMPv2Trap,
): Uint8Array {
  const all: Varbinds = [
    ['1.3.6.1.2.1.1.3.0', { ticks: 100 }],
    ['1.3.6.1.6.3.1.1.4.1.0', { oid: trapOid }],
    ...varbinds,
  ];
  const body = element(pdu, integerElement(7), integerElement(0), integerElement(0), varbindList(all));
  return element(TAG.Sequence, integerElement(1), encodeValue(community), body);
}

export function varbindList(varbinds: Varbinds): Uint8Array {
  const list = varbinds.map(([oid, value]) => element(TAG.Sequence, oidElement(oid), encodeValue(value)));
  return element(TAG.Sequence, ...list);
}

/** A trap or an inform as v2cMessage makes it, in a scoped PDU. */
export function scopedNotification(
  engineId: Uint8Array,
  trapOid: string,
  varbinds: Varbinds,
  pdu?: number,
): Uint8Array {
  const message = new BerReader(v2cMessage('', trapOid, varbinds, pdu)).enter(TAG.Sequence);
  message.integer();
  message.octets();
  return scopedPdu(engineId, message.bytes.subarray(message.pos, message.end));
}

export function scopedPdu(engineId: Uint8Array, pdu: Uint8Array): Uint8Array {
  return element(TAG.Sequence, octetsElement(engineId), octetsElement(''), pdu);
}

const tools = { salts: new SaltSource(), writer: new BackWriter() };
const keys = new KeyCache();

/** A scoped PDU in a message of version 3 from `user`, protected as that user's level says. `now` is monotonic ms; `more` are further flags. */
export function v3Message(
  scoped: Uint8Array,
  user: UsmUser,
  { id: engineId, boots, time }: OwnEngine,
  { id, now, more = 0 }: { readonly id: number; readonly now: number; readonly more?: number },
): Uint8Array {
  tools.writer.reset();
  tools.writer.raw(scoped);
  const flags = LEVEL_FLAGS[levelOf(user)] | more;
  const outside = { id, flags, engineId, boots, time: time(now), user: Buffer.from(user.user) };
  return seal(tools, keys.forEngine(user, engineId), outside).bytes;
}
