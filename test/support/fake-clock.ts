import type { Clock } from '../../core/clock.ts';
import { nextEnd } from './outside.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that only moves when told. `advance` wakes sleepers in order of their due time, letting promises run in between. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(start = Date.UTC(2026, 9, 5, 14, 0, 0)) {
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
      const sleeper: Sleeper = { due: this.#now + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((s) => s !== sleeper);
          resolve();
        },
        { once: true },
      );
    });
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.filter((s) => s.due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((s) => s !== next);
      this.#now = Math.max(this.#now, next.due);
      next.wake();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything run that is already resolved, and what waits for a database server. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    for (let end = nextEnd(); end; end = nextEnd()) {
      await end;
      i = 0;
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
