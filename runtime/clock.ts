import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';

/** The longest a timer of Node's can wait, 24.8 days; it would take more as 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The one place that reads the machine's clocks (a law test looks for others). */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; ; left -= LONGEST_TIMER_MS) {
        await delay(Math.min(Math.max(0, left), LONGEST_TIMER_MS), undefined, signal ? { signal } : undefined);
        if (left <= LONGEST_TIMER_MS) return;
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
