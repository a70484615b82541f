import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Nudge } from './nudge.ts';
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
  /** Asks for runs out of turn. */
  readonly nudge?: Nudge;
}

/** Runs `work` on its own grid of ticks until stopped, each run with a signal that ends it when its budget is spent. */
export async function every(options: EveryOptions, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { name, intervalMs, clock, log, stop, onSkipped, nudge } = options;
  let due = firstTick(name, clock.monotonic(), intervalMs);
  while (!stop.aborted) {
    await (nudge ? nudge.wait(due, stop) : clock.sleep(due - clock.monotonic(), stop));
    if (stop.aborted) break;
    nudge?.begin();
    const run = new AbortController();
    const end = (): void => run.abort();
    const timer = new AbortController();
    stop.addEventListener('abort', end, { once: true });
    void clock.sleep(budgetOf(intervalMs), timer.signal).then(end);
    try {
      await work(run.signal);
    } catch (error) {
      // A defect of ours, not of what is asked: the others go on, and so does this one at its next tick.
      log.error({ loop: name, err: errorMessage(error), stack: (error as Error).stack }, 'a poll failed unexpectedly');
    } finally {
      timer.abort();
      stop.removeEventListener('abort', end);
    }
    // A run that was asked for leaves the grid as it is; the regular one is left out where it was still going on.
    if (nudge && clock.monotonic() < due) continue;
    const next = nextTick(due, intervalMs, clock.monotonic());
    if (next.skipped > 0) onSkipped(next.skipped);
    due = next.due;
  }
}
