import { type FlowName, IF_TYPE, type SimulatedInterface } from './interface.ts';
import type { OidTable, SimSource, SimValue } from './oid-table.ts';

const SYSTEM = '1.3.6.1.2.1.1';
const INTERFACES = '1.3.6.1.2.1.2';
const IF_ENTRY = `${INTERFACES}.2.1`;
const IF_X_ENTRY = '1.3.6.1.2.1.31.1.1.1';
const UPS = '1.3.6.1.2.1.33.1';
const LLDP = '1.0.8802.1.1.2.1';

const integer = (value: number): SimValue => ({ type: 'integer', value });
const text = (value: string): SimValue => ({ type: 'octets', value });
const gauge = (value: number): SimValue => ({ type: 'gauge32', value });
/** TimeTicks wrap after 497 days. */
const ticks = (ms: number): SimValue => ({ type: 'timeticks', value: Math.floor(ms / 10) % 2 ** 32 });

export interface SystemGroup {
  readonly descr: string;
  readonly objectId: string;
  readonly contact: string;
  readonly name: string;
  readonly location: string;
  /** sysServices: the sum of 2^(layer - 1). */
  readonly services: number;
  /** Time since the device booted, ms. */
  readonly uptime: (at: number) => number;
}

/** SNMPv2-MIB system group (RFC 3418). */
export function addSystem(table: OidTable, group: SystemGroup): void {
  const scalars: SimSource[] = [
    text(group.descr),
    { type: 'oid', value: group.objectId },
    (at) => ticks(group.uptime(at)),
    text(group.contact),
    text(group.name),
    text(group.location),
    integer(group.services),
  ];
  scalars.forEach((source, i) => {
    table.set(`${SYSTEM}.${i + 1}`, '0', source);
  });
}

/** Columns of ifTable and the flow each shows; all Counter32, the low 32 bits of the 64-bit counter. */
const COUNTER32: Readonly<Record<string, FlowName>> = {
  [`${IF_ENTRY}.10`]: 'inOctets',
  [`${IF_ENTRY}.11`]: 'inUnicast',
  [`${IF_ENTRY}.13`]: 'inDiscards',
  [`${IF_ENTRY}.14`]: 'inErrors',
  [`${IF_ENTRY}.16`]: 'outOctets',
  [`${IF_ENTRY}.17`]: 'outUnicast',
  [`${IF_ENTRY}.19`]: 'outDiscards',
  [`${IF_ENTRY}.20`]: 'outErrors',
  [`${IF_X_ENTRY}.2`]: 'inMulticast',
  [`${IF_X_ENTRY}.3`]: 'inBroadcast',
  [`${IF_X_ENTRY}.4`]: 'outMulticast',
  [`${IF_X_ENTRY}.5`]: 'outBroadcast',
};
const COUNTER64: Readonly<Record<string, FlowName>> = {
  [`${IF_X_ENTRY}.6`]: 'inOctets',
  [`${IF_X_ENTRY}.7`]: 'inUnicast',
  [`${IF_X_ENTRY}.8`]: 'inMulticast',
  [`${IF_X_ENTRY}.9`]: 'inBroadcast',
  [`${IF_X_ENTRY}.10`]: 'outOctets',
  [`${IF_X_ENTRY}.11`]: 'outUnicast',
  [`${IF_X_ENTRY}.12`]: 'outMulticast',
  [`${IF_X_ENTRY}.13`]: 'outBroadcast',
};

/** ifNumber, ifTable and ifXTable (IF-MIB, RFC 2863), and dot3StatsFCSErrors (RFC 3635), which here is what ifInErrors counts. */
export function addInterfaces(
  table: OidTable,
  interfaces: readonly SimulatedInterface[],
  mac: (index: number) => Buffer,
  uptime: (at: number) => number,
): void {
  table.set(`${INTERFACES}.1`, '0', integer(interfaces.length));
  table.set('1.3.6.1.2.1.31.1.5', '0', ticks(0));
  for (const each of interfaces) {
    const { spec, flows } = each;
    const instance = String(spec.index);
    const put = (object: string, source: SimSource): void => void table.set(object, instance, source);
    put(`${IF_ENTRY}.1`, integer(spec.index));
    put(`${IF_ENTRY}.2`, text(spec.descr));
    put(`${IF_ENTRY}.3`, integer(spec.type));
    put(`${IF_ENTRY}.4`, integer(1500));
    // ifSpeed says 2^32-1 where ifHighSpeed has to be read.
    put(`${IF_ENTRY}.5`, gauge(Math.min(spec.speedMbps * 1e6, 2 ** 32 - 1)));
    put(`${IF_ENTRY}.6`, { type: 'octets', value: mac(spec.index) });
    put(`${IF_ENTRY}.7`, integer(1));
    put(`${IF_ENTRY}.8`, () => integer(each.up ? 1 : 2));
    // sysUpTime at the last change; 0 when that was before the last boot.
    put(`${IF_ENTRY}.9`, (at) => ticks(Math.max(0, uptime(at) - (at - each.lastChange))));
    put(`${IF_X_ENTRY}.1`, text(spec.name));
    put(`${IF_X_ENTRY}.14`, integer(1));
    put(`${IF_X_ENTRY}.15`, gauge(spec.speedMbps));
    put(`${IF_X_ENTRY}.16`, integer(2));
    put(`${IF_X_ENTRY}.17`, integer(spec.type === IF_TYPE.ieee80211 ? 2 : 1));
    put(`${IF_X_ENTRY}.18`, text(spec.alias));
    put(`${IF_X_ENTRY}.19`, ticks(0));
    put('1.3.6.1.2.1.10.7.2.1.3', (at) => counter32(flows.inErrors.at(at)));
    for (const [object, flow] of Object.entries(COUNTER32)) put(object, (at) => counter32(flows[flow].at(at)));
    for (const [object, flow] of Object.entries(COUNTER64))
      put(object, (at) => ({ type: 'counter64', value: flows[flow].at(at) }));
  }
}

function counter32(value: bigint): SimValue {
  return { type: 'counter32', value: Number(value & 0xffff_ffffn) };
}

/** What hangs on a port, as it says of itself over LLDP. */
export interface LldpNeighbor {
  /** Of the local port; here also its LLDP port number. */
  readonly ifIndex: number;
  readonly chassis: Buffer;
  readonly port: string;
  readonly name: string;
  readonly descr: string;
}

/** LLDP-MIB (IEEE 802.1AB): the own chassis address and ports, and the neighbours. */
export function addLldp(
  table: OidTable,
  chassis: Buffer,
  ports: readonly { readonly index: number; readonly name: string }[],
  neighbors: readonly LldpNeighbor[],
): void {
  table.set(`${LLDP}.3.1`, '0', integer(4)); // lldpLocChassisIdSubtype: macAddress
  table.set(`${LLDP}.3.2`, '0', { type: 'octets', value: chassis });
  for (const { index, name } of ports) {
    table.set(`${LLDP}.3.7.1.2`, String(index), integer(5)); // lldpLocPortIdSubtype: interfaceName
    table.set(`${LLDP}.3.7.1.3`, String(index), text(name));
    table.set(`${LLDP}.3.7.1.4`, String(index), text(name));
  }
  for (const { ifIndex, chassis: value, port, name, descr } of neighbors) {
    const put = (column: number, source: SimSource): void =>
      void table.set(`${LLDP}.4.1.1.${column}`, `0.${ifIndex}.1`, source);
    put(4, integer(4));
    put(5, { type: 'octets', value });
    put(6, integer(5));
    put(7, text(port));
    put(8, text(port));
    put(9, text(name));
    put(10, text(descr));
  }
}

export interface UpsState {
  readonly model: string;
  readonly chargePercent: number;
  readonly minutesRemaining: number;
  /** Percent of the rated power, at an instant. */
  readonly load: (at: number) => number;
  readonly ratedWatts: number;
}

/** UPS-MIB (RFC 1628): identification, battery, input, output; on mains. */
export function addUps(table: OidTable, ups: UpsState, name: string): void {
  const scalar = (object: string, source: SimSource): void => void table.set(`${UPS}.${object}`, '0', source);
  scalar('1.1', text('Example Power'));
  scalar('1.2', text(ups.model));
  scalar('1.3', text('2.4'));
  scalar('1.4', text('1.1'));
  scalar('1.5', text(name));
  scalar('1.6', text('Network core, edge router, PoE switches'));
  scalar('2.1', integer(2)); // upsBatteryStatus: batteryNormal
  scalar('2.2', integer(0)); // upsSecondsOnBattery
  scalar('2.3', integer(ups.minutesRemaining));
  scalar('2.4', integer(ups.chargePercent));
  scalar('2.5', integer(545)); // 0.1 V
  scalar('2.7', integer(24)); // degrees Celsius
  scalar('3.1', { type: 'counter32', value: 3 }); // upsInputLineBads
  scalar('3.2', integer(1));
  table.set(`${UPS}.3.3.1.2`, '1', integer(600)); // 0.1 Hz
  table.set(`${UPS}.3.3.1.3`, '1', integer(121)); // V
  scalar('4.1', integer(3)); // upsOutputSource: normal
  scalar('4.2', integer(600));
  scalar('4.3', integer(1));
  const watts = (at: number): number => Math.round((ups.load(at) * ups.ratedWatts) / 100);
  table.set(`${UPS}.4.4.1.2`, '1', integer(120));
  table.set(`${UPS}.4.4.1.3`, '1', (at) => integer(Math.round((watts(at) * 10) / 120))); // 0.1 A
  table.set(`${UPS}.4.4.1.4`, '1', (at) => integer(watts(at)));
  table.set(`${UPS}.4.4.1.5`, '1', (at) => integer(ups.load(at)));
  scalar('6.1', gauge(0)); // upsAlarmsPresent
}
