import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from './logger.ts';

export interface Repeat {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is said of a step that failed; the next one comes all the same. */
  readonly failure: string;
  /** From the end of a step to the beginning of the next, ms; asked each time where it changes. */
  readonly every: number | (() => number);
}

/** One step after another until `signal` aborts; a step that fails is logged. */
export async function repeat({ clock, log, failure, every }: Repeat, step: () => Promise<void>, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      await step();
    } catch (error) {
      log.error({ err: errorMessage(error) }, failure);
    }
    await clock.sleep(typeof every === 'number' ? every : every(), signal);
  }
}
