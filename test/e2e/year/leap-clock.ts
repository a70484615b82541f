import type { Clock } from '../../../core/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Loops that look this often look when something else goes off, and where the leap ends, instead. */
const LAZY_MS = 60_000;
/** What looks once a minute looks every ten. */
const MINUTELY_MS = 60_000;

/** A clock that leaps. Timers go off at their time, in order, on the way; what only looks every few seconds looks where the leap ends. */
export class LeapClock implements Clock {
  #now: number;
  #exact: Sleeper[] = [];
  #lazy: Sleeper[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const drop = (): void => this.#drop(sleeper);
      const wake = (): void => {
        signal?.removeEventListener('abort', drop);
        resolve();
      };
      const sleeper = { due: this.#now + Math.max(0, ms === MINUTELY_MS ? 10 * ms : ms), wake };
      const lazy = ms > 0 && ms <= LAZY_MS;
      if (lazy) this.#lazy.push(sleeper);
      else this.#exact.push(sleeper);
      signal?.addEventListener('abort', drop, { once: true });
    });
  }

  #drop(sleeper: Sleeper): void {
    this.#exact = this.#exact.filter((other) => other !== sleeper);
    this.#lazy = this.#lazy.filter((other) => other !== sleeper);
    sleeper.wake();
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#exact = this.#exact.filter((sleeper) => sleeper !== next);
      // First what has to be done all the time, as the renewal of leases.
      await this.#reach(Math.max(this.#now, next.due));
      next.wake();
      await settle();
    }
    await this.#reach(end);
  }

  async #reach(time: number): Promise<void> {
    this.#now = time;
    const due = this.#lazy.filter((sleeper) => sleeper.due <= time);
    this.#lazy = this.#lazy.filter((sleeper) => sleeper.due > time);
    for (const { wake } of due.sort((a, b) => a.due - b.due)) {
      wake();
      await settle();
    }
    await settle();
  }

  #next(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#exact)
      if (sleeper.due <= end && (first === undefined || sleeper.due < first.due)) first = sleeper;
    return first;
  }
}

/** Lets everything that is already resolved run: the database answers at once, so that a few turns are enough. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
