import { encode, encodeInteger, encodeOid } from '../../agent/trap/ber.ts';
import { PDU } from '../../agent/trap/pdu.ts';

/** A value as its bytes: an integer, a text, octets, an OID (`{ oid }`), or TimeTicks (`{ ticks }`). */
export type Encodable = number | string | Uint8Array | { readonly oid: string } | { readonly ticks: number };

export function encodeValue(value: Encodable): Uint8Array {
  if (typeof value === 'number') return encodeInteger(value);
  if (typeof value === 'string') return encode(0x04, new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return encode(0x04, value);
  return 'oid' in value ? encodeOid(value.oid) : encodeInteger(value.ticks, 0x43);
}

export type Varbinds = readonly (readonly [oid: string, value: Encodable])[];

/** A v2c trap or inform as a device sends it. */
export function v2cMessage(
  community: string,
  trapOid: string,
  varbinds: Varbinds,
  pdu: number = PDU.trapV2,
): Uint8Array {
  const all: Varbinds = [
    ['1.3.6.1.2.1.1.3.0', { ticks: 100 }],
    ['1.3.6.1.6.3.1.1.4.1.0', { oid: trapOid }],
    ...varbinds,
  ];
  const list = all.map(([oid, value]) => encode(0x30, encodeOid(oid), encodeValue(value)));
  const body = encode(pdu, encodeInteger(7), encodeInteger(0), encodeInteger(0), encode(0x30, ...list));
  return encode(0x30, encodeInteger(1), encodeValue(community), body);
}
