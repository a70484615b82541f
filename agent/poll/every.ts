import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { budgetOf, firstTick, nextTick } from './tick.ts';

export interface EveryOptions {
  /** Its place in the interval comes from it. */
  readonly name: string;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the loop, and the run that is going on. */
  readonly stop: AbortSignal;
  readonly onSkipped: (ticks: number) => void;
}

/** Runs `work` on its own grid of ticks until stopped, each run with a signal that ends it when its budget is spent. */
export async function every(options: EveryOptions, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { name, intervalMs, clock, log, stop, onSkipped } = options;
  let due = firstTick(name, clock.monotonic(), intervalMs);
  let run = new AbortController();
  stop.addEventListener('abort', () => run.abort(), { once: true });
  while (!stop.aborted) {
    await clock.sleep(due - clock.monotonic(), stop);
    if (stop.aborted) break;
    // A signal is made anew only after it was used up.
    if (run.signal.aborted) run = new AbortController();
    const timer = new AbortController();
    const current = run;
    void clock.sleep(budgetOf(intervalMs), timer.signal).then(() => {
      if (!timer.signal.aborted) current.abort();
    });
    try {
      await work(run.signal);
    } catch (error) {
      // A defect of ours, not of what is asked: the others go on, and so does this one at its next tick.
      log.error({ loop: name, err: errorMessage(error), stack: (error as Error).stack }, 'a poll failed unexpectedly');
    } finally {
      timer.abort();
    }
    const next = nextTick(due, intervalMs, clock.monotonic());
    if (next.skipped > 0) onSkipped(next.skipped);
    due = next.due;
  }
}
