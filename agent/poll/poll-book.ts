import type { PollingRow } from '../../core/polling-api.ts';
import { DeviceStats } from './device-stats.ts';
import { pollingRow } from './polling-row.ts';

/** What a ping cycle said of one device. */
export type PingResultName = 'alive' | 'silent' | 'unknown' | 'pending' | 'cut';

/** SNMP polls of all devices since the process started: complete ones, and those with a fault. */
export interface PollTotals {
  readonly ok: number;
  readonly failed: number;
}

/** A target as far as it matters here. */
interface Polled {
  readonly name: string;
  readonly intervalMs: number;
  readonly snmp: object | undefined;
}

/** What is counted of each device, from one poller to the next: one that is still configured after a reload goes on, one that is not is forgotten. */
export class PollBook {
  readonly #devices = new Map<string, DeviceStats>();
  readonly #pings = new Map<string, Map<PingResultName, number>>();
  readonly #gone = { ok: 0, failed: 0 };

  /** A poller begins with these targets; none may be going on. */
  begin(targets: readonly Polled[]): void {
    const named = new Map(targets.map((t) => [t.name, t]));
    for (const [name, stats] of this.#devices) {
      if (named.get(name)?.snmp) continue;
      this.#gone.ok += stats.ok;
      this.#gone.failed += failedOf(stats);
      this.#devices.delete(name);
    }
    for (const name of this.#pings.keys()) if (!named.has(name)) this.#pings.delete(name);
    for (const { name, intervalMs, snmp } of targets) if (snmp) this.#of(name).begin(intervalMs);
  }

  /** @throws Error for one that is not polled over SNMP */
  of(device: string): DeviceStats {
    const stats = this.#devices.get(device);
    if (!stats) throw new Error(`${device} is not among the devices polled`);
    return stats;
  }

  get devices(): Iterable<DeviceStats> {
    return this.#devices.values();
  }

  get pings(): Iterable<readonly [string, ReadonlyMap<PingResultName, number>]> {
    return this.#pings;
  }

  pinged(device: string, result: PingResultName): void {
    let counts = this.#pings.get(device);
    if (!counts) {
      counts = new Map();
      this.#pings.set(device, counts);
    }
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }

  totals(): PollTotals {
    let { ok, failed } = this.#gone;
    for (const stats of this.#devices.values()) {
      ok += stats.ok;
      failed += failedOf(stats);
    }
    return { ok, failed };
  }

  /** One a device that is polled over SNMP, in no order. @param now wall clock ms */
  rows(now: number): PollingRow[] {
    return Array.from(this.#devices.values(), (stats) => pollingRow(stats, now));
  }

  #of(device: string): DeviceStats {
    const known = this.#devices.get(device);
    if (known) return known;
    const made = new DeviceStats(device);
    this.#devices.set(device, made);
    return made;
  }
}

function failedOf({ failed }: DeviceStats): number {
  let sum = 0;
  for (const n of failed?.values() ?? []) sum += n;
  return sum;
}
