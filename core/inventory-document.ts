import type { DeviceFacts, InterfaceFacts, InventoryItem, NeighborFacts } from './device-facts.ts';
import type { DeviceIdentity, InterfaceBrief, InventoryDocument } from './inventory-api.ts';

/** What the agent knows of a device besides what it found on it. */
export interface InventoryTarget {
  readonly device: string;
  /** As configured; else what the facts say. */
  readonly role?: string;
  readonly host?: string;
  /** False: some of it could not be read. Default true. */
  readonly complete?: boolean;
}

/** Most of each that a document holds; a device with more than that is told of in part, and says so. */
export const DOCUMENT_LIMITS = {
  interfaces: 4_000,
  parts: 4_000,
  neighbors: 4_000,
  chassisIds: 64,
  text: 255,
} as const;

/**
 * The inventory document of what was found: in one order whatever order it was read in, without counters, sensors, times and states. Equal facts make
 * equal text (`JSON.stringify`).
 */
export function inventoryDocument(facts: DeviceFacts, target: InventoryTarget): InventoryDocument {
  const role = target.role ?? facts.role;
  const cut =
    facts.interfaces.length > DOCUMENT_LIMITS.interfaces ||
    facts.inventory.length > DOCUMENT_LIMITS.parts ||
    facts.neighbors.length > DOCUMENT_LIMITS.neighbors;
  return {
    format: 1,
    device: target.device,
    ...texts({ role, host: target.host }),
    complete: target.complete !== false && !cut,
    identity: identityOf(facts),
    chassisIds: [...new Set(facts.chassisIds.map((id) => id.toLowerCase()))]
      .sort()
      .slice(0, DOCUMENT_LIMITS.chassisIds),
    interfaces: ordered(facts.interfaces.map(briefOf), DOCUMENT_LIMITS.interfaces, (one) => [one.ifIndex]),
    parts: ordered(facts.inventory.map(partOf), DOCUMENT_LIMITS.parts, (part) => [part.class ?? '', part.index]),
    neighbors: ordered(facts.neighbors.map(neighborOf), DOCUMENT_LIMITS.neighbors, (one) => [
      one.protocol,
      one.ifIndex ?? one.localPortNum ?? 0,
      one.localPort ?? '',
    ]),
  };
}

function identityOf(facts: DeviceFacts): DeviceIdentity {
  const { vendor, hardware, version, serial, sysName, sysObjectID, sysLocation } = facts;
  return texts({ vendor, hardware, version, serial, sysName, sysObjectID, sysLocation });
}

/** Speed and duplex go with whatever is plugged in: they are measurements. */
function briefOf({ ifIndex, ifName, ifAlias, physAddress }: InterfaceFacts): InterfaceBrief {
  return { ifIndex, ...texts({ ifName, ifAlias, physAddress: physAddress?.toLowerCase() }) };
}

function partOf(item: InventoryItem): InventoryItem {
  const { index, descr, containedIn, name, hardwareRev, firmwareRev, softwareRev, serial, manufacturer, model } = item;
  const rest = { name, hardwareRev, firmwareRev, softwareRev, serial, manufacturer, model };
  return { index, ...texts({ class: item.class, descr, containedIn, ...rest }) };
}

function neighborOf(one: NeighborFacts): NeighborFacts {
  const numbers = { localPortNum: one.localPortNum, ifIndex: one.ifIndex };
  const subtypes = { chassisIdSubtype: one.chassisIdSubtype, portIdSubtype: one.portIdSubtype };
  const { localPort, chassisId, portId, portDesc, sysName, sysDesc, deviceId, platform, address } = one;
  return {
    protocol: one.protocol,
    ...present({ ...numbers, ...subtypes }),
    ...texts({ localPort, chassisId, portId, portDesc, sysName, sysDesc, deviceId, platform, address }),
  };
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends Readonly<Record<string, unknown>>>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** Those that say something, without what surrounds them, cut to a length. */
function texts<T extends Readonly<Record<string, string | undefined>>>(values: T): Present<T> {
  const said = Object.entries(values).flatMap(([name, value]) => {
    const text = value
      ?.replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, DOCUMENT_LIMITS.text);
    return text === undefined || text === '' ? [] : [[name, text]];
  });
  return Object.fromEntries(said) as Present<T>;
}

/** By `key`, then by all of it: rows that a device lists in another order each time are the same rows. */
function ordered<T>(rows: readonly T[], limit: number, key: (row: T) => readonly (string | number)[]): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row), text: JSON.stringify(row) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key) || compareText(a.text, b.text));
  return keyed.slice(0, limit).map(({ row }) => row);
}

function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, left] of a.entries()) {
    const order = compareText(sortable(left), sortable(b[i]!));
    if (order !== 0) return order;
  }
  return 0;
}

/** Indexes such as `2` and `10`, or `1.2` and `1.10`, are text and go by their numbers. */
function sortable(key: string | number): string {
  return String(key).replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
