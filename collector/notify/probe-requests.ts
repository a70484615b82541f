import type { DeviceRef } from '../alert/topology.ts';

/** Names in one answer; further ones come with the next. */
const NAMES_LIMIT = 20;
/** Devices asked for at once in all schools together; what is more waits for its regular ping. */
const WANTED_LIMIT = 10_000;
/** As agents do not ask a device more often than this, asking for it more often is of no use. */
const AGAIN_MS = 5_000;

interface Wanted {
  readonly until: number;
  /** When it was last handed out. */
  askedAt: number;
}

/** Devices of which a fresh ping is wanted, until the answer to their agent's next write can carry the request. */
export class ProbeRequests {
  readonly #sites = new Map<string, Map<string, Wanted>>();
  #count = 0;

  /** Asks for `of` until `until` (ms). */
  want(school: string, of: readonly DeviceRef[], until: number): void {
    for (const { site, device } of of) {
      const key = `${school}/${site}`;
      const wanted = this.#sites.get(key) ?? new Map<string, Wanted>();
      this.#sites.set(key, wanted);
      const before = wanted.get(device);
      if (!before && this.#count >= WANTED_LIMIT) continue;
      if (!before) this.#count++;
      wanted.set(device, { until: Math.max(until, before?.until ?? 0), askedAt: before?.askedAt ?? -Infinity });
    }
  }

  /** It has answered, or kept silent. */
  heard(school: string, site: string, device: string): void {
    this.#drop(`${school}/${site}`, device);
  }

  /** What the agent of a site is to ping now, at most 20. */
  take(school: string, site: string, now: number): string[] {
    const key = `${school}/${site}`;
    const names: string[] = [];
    for (const [device, wanted] of this.#sites.get(key) ?? []) {
      if (wanted.until <= now) this.#drop(key, device);
      else if (names.length < NAMES_LIMIT && now - wanted.askedAt >= AGAIN_MS) {
        wanted.askedAt = now;
        names.push(device);
      }
    }
    return names;
  }

  #drop(key: string, device: string): void {
    const wanted = this.#sites.get(key);
    if (!wanted?.delete(device)) return;
    this.#count--;
    if (wanted.size === 0) this.#sites.delete(key);
  }
}
