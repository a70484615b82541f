import type { Service } from './service.ts';

/** How many attempts are looked back on. */
const ATTEMPTS = 5;

/** Of each service, which of its last five attempts failed. Attempts that say nothing of it do not count. Outlives a reload. */
export class FailureHistory {
  readonly #recent = new Map<string, boolean[]>();

  /** Takes an attempt in; how many of the last five, this one included, failed. */
  note(service: Service, failed: boolean): number {
    const key = keyOf(service);
    const recent = [...(this.#recent.get(key) ?? []), failed].slice(-ATTEMPTS);
    this.#recent.set(key, recent);
    return count(recent);
  }

  failures(service: Service): number {
    return count(this.#recent.get(keyOf(service)) ?? []);
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

function count(recent: readonly boolean[]): number {
  return recent.filter(Boolean).length;
}
