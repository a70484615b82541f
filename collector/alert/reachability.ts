import type { FieldValue, Sample } from '../../core/sample.ts';
import { type DeviceRef, refKey } from './topology.ts';

/** The newest answer, or silence, of a device to ping. */
export interface Sighting {
  /** Event time, ms. */
  readonly time: number;
  readonly alive: boolean;
}

/** Devices remembered in one school. */
const DEVICES_LIMIT = 20_000;

interface Known extends Sighting {
  readonly ref: DeviceRef;
}

/**
 * What ping last said about each device, from the samples that come in; nothing survives a restart, since only what is fresh counts. Ping alone:
 * the state of a device is made of evidence of different age.
 */
export class Reachability {
  readonly #schools = new Map<string, Map<string, Known>>();

  /** Returns the devices of which something newer came. */
  observe(samples: readonly Sample[]): (DeviceRef & { readonly school: string })[] {
    const news: (DeviceRef & { readonly school: string })[] = [];
    for (const sample of samples) {
      if (sample.measurement !== 'ping') continue;
      const { school, site, device } = sample.tags;
      const alive = answered(sample.fields);
      if (school === undefined || site === undefined || device === undefined || alive === undefined) continue;
      if (this.#take(school, { ref: { site, device }, time: sample.time, alive })) news.push({ school, site, device });
    }
    return news;
  }

  #take(school: string, seen: Known): boolean {
    let devices = this.#schools.get(school);
    if (!devices) {
      devices = new Map();
      this.#schools.set(school, devices);
    }
    const key = refKey(seen.ref);
    const before = devices.get(key);
    if (before ? before.time >= seen.time : devices.size >= DEVICES_LIMIT) return false;
    devices.set(key, seen);
    return true;
  }

  last(school: string, ref: DeviceRef): Sighting | undefined {
    return this.#schools.get(school)?.get(refKey(ref));
  }

  /** Every device of a school that was asked since the start. */
  devices(school: string): DeviceRef[] {
    return [...(this.#schools.get(school)?.values() ?? [])].map(({ ref }) => ref);
  }
}

/** Undefined: it could not be asked (no address, no ping here), which says nothing. */
function answered(fields: Readonly<Record<string, FieldValue>>): boolean | undefined {
  const received = fields['packets_received'];
  if (received !== undefined) return Number(received) > 0;
  const loss = fields['percent_packet_loss'];
  return typeof loss === 'number' ? loss < 100 : undefined;
}
