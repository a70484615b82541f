import type { InterfaceFacts } from '../../core/device-facts.ts';
import type { Sample } from '../../core/sample.ts';

export interface InterfaceName {
  readonly ifIndex?: string;
  readonly ifName?: string;
  readonly ifDescr?: string;
  readonly ifAlias?: string;
}

/** Rows of one device; of more than this (dial-in interfaces that come and go) the oldest are forgotten, and learned again by the next poll if they are still there. */
const MAX_ROWS = 4_096;
const FIELDS = ['ifName', 'ifDescr', 'ifAlias'] as const;

/** What polls said of the interfaces of each device: a trap often gives an index alone, or a name alone. */
export class InterfaceNames {
  readonly #devices = new Map<string, Map<string, InterfaceName>>();

  /** Learns from the samples of a poll, which it leaves as they are. */
  learn(samples: readonly Sample[]): void {
    for (const { measurement, tags } of samples) {
      const { device, ifIndex } = tags;
      if (measurement === 'interface' && device !== undefined && ifIndex !== undefined)
        this.#put(device, ifIndex, tags);
    }
  }

  /** Learns from what a pass over everything found. */
  learnRows(device: string, interfaces: readonly InterfaceFacts[]): void {
    for (const row of interfaces) this.#put(device, String(row.ifIndex), row);
  }

  #put(device: string, ifIndex: string, names: Pick<InterfaceName, (typeof FIELDS)[number]>): void {
    const rows = this.#devices.get(device) ?? new Map<string, InterfaceName>();
    this.#devices.set(device, rows);
    const known = rows.get(ifIndex);
    if (known && FIELDS.every((field) => known[field] === names[field])) return;
    rows.set(ifIndex, {
      ifIndex,
      ...Object.fromEntries(FIELDS.flatMap((field) => (names[field] ? [[field, names[field]]] : []))),
    });
    if (rows.size > MAX_ROWS) rows.delete(rows.keys().next().value!);
  }

  /** Forgets devices that are no longer polled. */
  keep(devices: ReadonlySet<string>): void {
    for (const device of this.#devices.keys()) if (!devices.has(device)) this.#devices.delete(device);
  }

  byIndex(device: string, ifIndex: string): InterfaceName | undefined {
    return this.#devices.get(device)?.get(ifIndex);
  }

  byName(device: string, name: string): InterfaceName | undefined {
    const rows = [...(this.#devices.get(device)?.values() ?? [])];
    return rows.find((row) => row.ifName === name) ?? rows.find((row) => row.ifDescr === name);
  }
}
