import type { Service } from './service.ts';

/** How many attempts are looked back on. */
const ATTEMPTS = 5;

/** After so long without an attempt (the night, where a window says so) the count begins anew. */
const FORGET_MS = 3_600_000;

/** Of each service, which of its last five attempts failed. Attempts that say nothing of it do not count. Outlives a reload. */
export class FailureHistory {
  readonly #recent = new Map<string, { readonly failed: readonly boolean[]; readonly at: number }>();

  /** Takes an attempt in, made `at` (monotonic ms); how many of the last five, this one included, failed. */
  note(service: Service, failed: boolean, at: number): number {
    const key = keyOf(service);
    const before = this.#recent.get(key);
    const kept = before && at - before.at < FORGET_MS ? before.failed : [];
    const recent = [...kept, failed].slice(-ATTEMPTS);
    this.#recent.set(key, { failed: recent, at });
    return recent.filter(Boolean).length;
  }

  /** Forgets what is configured no more, or otherwise. */
  keepOnly(services: readonly Service[]): void {
    const known = new Set(services.map(keyOf));
    for (const key of this.#recent.keys()) if (!known.has(key)) this.#recent.delete(key);
  }
}

/** What is asked otherwise is another service, whatever it is called. */
function keyOf({ name, check }: Service): string {
  return JSON.stringify([name, check]);
}
