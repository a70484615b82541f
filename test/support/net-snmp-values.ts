import snmp, { type RawVarBind } from 'net-snmp';
import type { SnmpType, VarBind } from '../../agent/drivers/snmp-session.ts';

const TYPES: ReadonlyMap<number, SnmpType> = new Map(
  Object.entries({
    Integer: 'Integer',
    OctetString: 'OctetString',
    Null: 'Null',
    OID: 'ObjectIdentifier',
    IpAddress: 'IpAddress',
    Counter: 'Counter32',
    Gauge: 'Gauge32',
    TimeTicks: 'TimeTicks',
    Opaque: 'Opaque',
    Counter64: 'Counter64',
    NoSuchObject: 'noSuchObject',
    NoSuchInstance: 'noSuchInstance',
    EndOfMibView: 'endOfMibView',
  } as const satisfies Record<string, SnmpType>).map(([name, type]) => [snmp.ObjectType[name]!, type]),
);

/** net-snmp's varbind as ours. Counter64 arrives as 1 to 9 octets, big-endian, and becomes an exact bigint here and nowhere else. */
export function fromRaw(raw: RawVarBind): VarBind {
  const type = TYPES.get(raw.type) ?? 'Opaque';
  const value = typeof raw.value === 'boolean' ? Number(raw.value) : raw.value;
  if (type === 'Counter64') return { oid: raw.oid, type, value: Buffer.isBuffer(value) ? toUnsigned(value) : null };
  return { oid: raw.oid, type, value };
}

function toUnsigned(octets: Buffer): bigint {
  return octets.length === 0 ? 0n : BigInt.asUintN(64, BigInt(`0x${octets.toString('hex')}`));
}
