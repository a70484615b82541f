import type { Clock } from '../../core/clock.ts';
import type { DeviceFacts, InterfaceFacts, NeighborFacts } from '../../core/device-facts.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp.ts';
import { joinRows, type Row } from '../normalise/table.ts';
import { type Column, toInteger, toText } from '../normalise/varbind.ts';
import { Conversation } from '../poll/conversation.ts';
import { ReplySize } from '../poll/reply-size.ts';
import { walkColumns } from '../poll/walk.ts';
import type { ProbeOne } from './probe-one.ts';

const SYSTEM = {
  sysDescr: '1.3.6.1.2.1.1.1.0',
  sysObjectID: '1.3.6.1.2.1.1.2.0',
  sysName: '1.3.6.1.2.1.1.5.0',
  sysLocation: '1.3.6.1.2.1.1.6.0',
} as const;
/** IF-MIB (RFC 2863), LLDP-MIB (IEEE 802.1AB), CISCO-CDP-MIB, ENTITY-MIB (RFC 6933). */
const IF_TABLE = {
  ifDescr: '1.3.6.1.2.1.2.2.1.2',
  ifType: '1.3.6.1.2.1.2.2.1.3',
  physAddress: '1.3.6.1.2.1.2.2.1.6',
  ifName: '1.3.6.1.2.1.31.1.1.1.1',
};
const LLDP_PORTS = { id: '1.0.8802.1.1.2.1.3.7.1.3', descr: '1.0.8802.1.1.2.1.3.7.1.4' };
const LLDP = {
  chassisIdSubtype: '1.0.8802.1.1.2.1.4.1.1.4',
  chassisId: '1.0.8802.1.1.2.1.4.1.1.5',
  portIdSubtype: '1.0.8802.1.1.2.1.4.1.1.6',
  portId: '1.0.8802.1.1.2.1.4.1.1.7',
  portDesc: '1.0.8802.1.1.2.1.4.1.1.8',
  sysName: '1.0.8802.1.1.2.1.4.1.1.9',
  sysDesc: '1.0.8802.1.1.2.1.4.1.1.10',
};
const CDP = {
  address: '1.3.6.1.4.1.9.9.23.1.2.1.1.4',
  deviceId: '1.3.6.1.4.1.9.9.23.1.2.1.1.6',
  portId: '1.3.6.1.4.1.9.9.23.1.2.1.1.7',
  platform: '1.3.6.1.4.1.9.9.23.1.2.1.1.8',
};
const ENTITY = {
  serial: '1.3.6.1.2.1.47.1.1.1.1.11.1',
  model: '1.3.6.1.2.1.47.1.1.1.1.13.1',
  version: '1.3.6.1.2.1.47.1.1.1.1.10.1',
};
const LLDP_CHASSIS_ID = '1.0.8802.1.1.2.1.3.2.0';
const MAX_ROWS = 2000;

/** What discovery needs of a device and the standard MIBs tell, without profiles: its name, its interfaces and its neighbours. */
export function createSmallProbe(options: { clock: Clock; resolve: Resolve; open: OpenSnmpSession }): ProbeOne {
  const { clock, resolve, open } = options;
  return async ({ host, credentials }, signal) => {
    const session = open({ address: await resolve(host, signal), credentials, clock, onFault: () => {} });
    try {
      const size = new ReplySize(credentials.max_repetitions);
      return await readFacts(new Conversation({ session, credentials, size, clock, signal }));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      return { fault: error.message };
    } finally {
      session.close();
    }
  };
}

async function readFacts(talk: Conversation): Promise<DeviceFacts> {
  const scalars = await talk.get([...Object.values(SYSTEM), ...Object.values(ENTITY), LLDP_CHASSIS_ID]);
  const byOid = new Map(scalars.map((v) => [v.oid, v]));
  const text = (oid: string): string | undefined => {
    const value = byOid.get(oid);
    return value && (toText(value) || undefined);
  };
  const texts = (oids: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(oids).flatMap(([name, oid]) => (text(oid) ? [[name, text(oid)!]] : [])));
  const { model, ...entity } = texts(ENTITY);
  const interfaces = (await readTable(talk, IF_TABLE)).map(interfaceOf);
  const ports = new Map((await readTable(talk, LLDP_PORTS)).map((row) => [row.index, row]));
  const lldp = (await readTable(talk, LLDP)).map((row) => lldpNeighbor(row, ports, interfaces));
  const cdp = (await readTable(talk, CDP)).map((row) => cdpNeighbor(row, interfaces));
  const chassis = hex(byOid.get(LLDP_CHASSIS_ID)?.value);
  return {
    ...texts(SYSTEM),
    ...(model === undefined ? {} : { hardware: model }),
    ...entity,
    profiles: [],
    interfaces,
    cpu: [],
    memory: [],
    sensors: [],
    wireless: [],
    poe: { pse: [], ports: [] },
    inventory: [],
    neighbors: [...lldp, ...cdp],
    chassisIds: chassis?.length === 12 ? [chassis] : [],
  };
}

async function readTable(talk: Conversation, columns: Readonly<Record<string, string>>): Promise<Row[]> {
  const walk = await walkColumns((select) => talk.next(select), Object.values(columns), MAX_ROWS);
  const named = Object.entries(columns).map(([name, oid]): [string, Column] => [
    name,
    walk.columns.get(oid) ?? new Map(),
  ]);
  return joinRows(new Map(named));
}

function textOf(row: Row | undefined, name: string): string | undefined {
  const value = row?.cells[name]?.value;
  return value && (toText(value) || undefined);
}

function numberOf(row: Row, name: string): number | undefined {
  const value = row.cells[name] && toInteger(row.cells[name].value);
  return value === undefined ? undefined : Number(value);
}

function hex(value: unknown): string | undefined {
  return value instanceof Uint8Array && value.length > 0 ? Buffer.from(value).toString('hex') : undefined;
}

function interfaceOf(row: Row): InterfaceFacts {
  const physAddress = hex(row.cells['physAddress']?.value.value);
  return defined({
    ifIndex: Number(row.index),
    ifName: textOf(row, 'ifName'),
    ifDescr: textOf(row, 'ifDescr'),
    ifType: numberOf(row, 'ifType'),
    physAddress: physAddress?.length === 12 ? physAddress : undefined,
  });
}

/** Index of lldpRemTable: time mark, local port, a number. */
function lldpNeighbor(row: Row, ports: ReadonlyMap<string, Row>, interfaces: readonly InterfaceFacts[]): NeighborFacts {
  const localPortNum = Number(row.index.split('.')[1]);
  const port = ports.get(String(localPortNum));
  const byIndex = interfaces.find((i) => i.ifIndex === localPortNum);
  const chassisIdSubtype = numberOf(row, 'chassisIdSubtype');
  const portIdSubtype = numberOf(row, 'portIdSubtype');
  return defined({
    protocol: 'lldp' as const,
    localPortNum,
    localPort: byIndex?.ifName ?? textOf(port, 'descr') ?? textOf(port, 'id'),
    chassisIdSubtype,
    chassisId: chassisIdSubtype === 4 ? hex(row.cells['chassisId']?.value.value) : textOf(row, 'chassisId'),
    portIdSubtype,
    portId: portIdSubtype === 3 ? hex(row.cells['portId']?.value.value) : textOf(row, 'portId'),
    portDesc: textOf(row, 'portDesc'),
    sysName: textOf(row, 'sysName'),
    sysDesc: textOf(row, 'sysDesc'),
  });
}

/** Index of cdpCacheTable: ifIndex, a number. */
function cdpNeighbor(row: Row, interfaces: readonly InterfaceFacts[]): NeighborFacts {
  const ifIndex = Number(row.index.split('.')[0]);
  const octets = row.cells['address']?.value.value;
  return defined({
    protocol: 'cdp' as const,
    ifIndex,
    localPort: interfaces.find((i) => i.ifIndex === ifIndex)?.ifName,
    deviceId: textOf(row, 'deviceId'),
    portId: textOf(row, 'portId'),
    platform: textOf(row, 'platform'),
    address: octets instanceof Uint8Array && octets.length === 4 ? [...octets].join('.') : undefined,
  });
}

/** Without the keys that have no value. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
