import { performance } from 'node:perf_hooks';
import type { Clock } from '../core/clock.ts';

/** The longest a timer of Node's can wait, 24.8 days; it would take more as 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The one place that reads the machine's clocks (a law test looks for others). */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  // By hand, as node:timers/promises makes an error with a stack for each sleep that is cut short, and that is most of them: each poll's time limit.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      let left = Math.max(0, ms);
      let timer: NodeJS.Timeout;
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const go = (): void => {
        const part = Math.min(left, LONGEST_TIMER_MS);
        left -= part;
        timer = setTimeout(left > 0 ? go : end, part);
      };
      signal?.addEventListener('abort', end, { once: true });
      go();
    }),
};
