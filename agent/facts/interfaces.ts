import type { InterfaceFacts } from '../../core/device-facts.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import { compareOids } from '../normalise/table.ts';
import { toInteger, toText } from '../normalise/varbind.ts';
import { known } from './known.ts';
import { toHex } from './octets.ts';
import { cellOf, type Reading } from './reading.ts';

/** IF-MIB ifEntry and ifXEntry (RFC 2863), EtherLike-MIB dot3StatsEntry (RFC 3635); all have the ifIndex as index. */
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const DOT3 = '1.3.6.1.2.1.10.7.2.1';

/** ifSpeed can say no more than this; it then means "look at ifHighSpeed". */
const IF_SPEED_LIMIT = 4_294_967_295;

const ADMIN = ['up', 'down', 'testing'];
const OPER = ['up', 'down', 'testing', 'unknown', 'dormant', 'notPresent', 'lowerLayerDown'];
const DUPLEX = ['unknown', 'halfDuplex', 'fullDuplex'];

/** Fact -> the 64-bit column (where there is one) and the 32-bit one. */
const COUNTERS: Readonly<Record<string, readonly string[]>> = {
  inOctets: [`${IFX}.6`, `${IF}.10`],
  outOctets: [`${IFX}.10`, `${IF}.16`],
  inUcastPkts: [`${IFX}.7`, `${IF}.11`],
  outUcastPkts: [`${IFX}.11`, `${IF}.17`],
  inMulticastPkts: [`${IFX}.8`, `${IFX}.2`],
  outMulticastPkts: [`${IFX}.12`, `${IFX}.4`],
  inBroadcastPkts: [`${IFX}.9`, `${IFX}.3`],
  outBroadcastPkts: [`${IFX}.13`, `${IFX}.5`],
  inErrors: [`${IF}.14`],
  outErrors: [`${IF}.20`],
  inDiscards: [`${IF}.13`],
  outDiscards: [`${IF}.19`],
};

/** The interfaces of a device in the order of their ifIndex. */
export function interfaceFacts(reading: Reading): InterfaceFacts[] {
  const columns = [`${IF}.2`, `${IF}.3`, `${IF}.8`, `${IFX}.1`, `${IFX}.6`, `${IF}.1`, `${IF}.10`];
  const indexes = new Set(columns.flatMap((c) => [...(reading.columns.get(c)?.keys() ?? [])]));
  return [...indexes]
    .filter((index) => /^\d+$/.test(index))
    .sort(compareOids)
    .map((index) => rowOf((column) => cellOf(reading, column, index), Number(index)));
}

type Get = (column: string) => VarBind | undefined;

function rowOf(get: Get, ifIndex: number): InterfaceFacts {
  const text = (column: string): string | undefined => {
    const value = get(column);
    return value && (toText(value) || undefined);
  };
  const address = get(`${IF}.6`);
  const fields = {
    ifName: text(`${IFX}.1`),
    ifDescr: text(`${IF}.2`),
    ifAlias: text(`${IFX}.18`),
    ifType: number(get(`${IF}.3`)),
    mtu: number(get(`${IF}.4`)),
    speed_bps: speed(get),
    physAddress: address && (toHex(address) || undefined),
    adminStatus: named(ADMIN, get(`${IF}.7`)),
    operStatus: named(OPER, get(`${IF}.8`)),
    duplex: named(DUPLEX, get(`${DOT3}.19`)),
    lastChange_ticks: number(get(`${IF}.9`)),
    ...Object.fromEntries(Object.entries(COUNTERS).map(([name, of]) => [name, counter(get, of)])),
  };
  return { ifIndex, ...known(fields) };
}

/** The wide column, or the narrow one where the wide one is absent, or stands still at 0 while the narrow one counts. */
function counter(get: Get, columns: readonly string[]): number | undefined {
  const [wide, narrow] = columns.map((c) => number(get(c)));
  return wide === undefined || (wide === 0 && narrow) ? (narrow ?? wide) : wide;
}

function speed(get: Get): number | undefined {
  const high = number(get(`${IFX}.15`));
  if (high && high < 2 ** 31) return high * 1e6;
  const plain = number(get(`${IF}.5`));
  return plain === IF_SPEED_LIMIT ? undefined : plain;
}

function named(names: readonly string[], value: VarBind | undefined): string | undefined {
  const n = number(value);
  return n === undefined ? undefined : names[n - 1];
}

/** Counters over 2^53 lose their last digits here: this is what people and JSON readers see, never what rates are made of. */
function number(value: VarBind | undefined): number | undefined {
  const n = value && toInteger(value);
  if (n !== undefined) return Number(n);
  // Some agents (GBN's) give ifSpeed as a text of digits.
  const text = value?.value instanceof Uint8Array ? toText(value) : undefined;
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}
