import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { budgetOf, firstSlot, nextTick } from './tick.ts';

export interface TickerJob {
  /** Its place in the interval comes from it. */
  readonly name: string;
  readonly intervalMs: number;
  /** `signal` ends it when its budget is spent, or when the ticker stops. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly onSkipped: (ticks: number) => void;
}

interface Entry {
  readonly job: TickerJob;
  /** Its next tick, or, while it runs, the end of its budget: when somebody has to look at it. */
  at: number;
  due: number;
  isRunning: boolean;
  /** Made anew only after it was used. */
  control: AbortController;
}

/**
 * Runs many jobs, each on its own grid of ticks, with one timer for them all: a timer and a signal of its own for each costs as much as the poll itself
 * at a thousand devices. A job waits for itself only; one that outlasts its budget is told to end.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #entries: Entry[] = [];
  readonly #running = new Set<Promise<void>>();
  #wake = new AbortController();
  #wakeAt = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  add(job: TickerJob): void {
    const due = firstSlot(job.name, this.#clock.monotonic(), job.intervalMs);
    this.#entries.push({ job, at: due, due, isRunning: false, control: new AbortController() });
  }

  /** Until `stop` aborts; then ends what is running and waits for it. */
  async run(stop: AbortSignal): Promise<void> {
    const end = (): void => this.#wake.abort();
    stop.addEventListener('abort', end, { once: true });
    while (!stop.aborted) {
      this.#wakeAt = this.#look(this.#clock.monotonic());
      const ms = this.#wakeAt - this.#clock.monotonic();
      await this.#clock.sleep(ms, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
    stop.removeEventListener('abort', end);
    for (const entry of this.#entries) entry.control.abort();
    await Promise.all(this.#running);
  }

  /** Begins what is due and ends what is over its budget. Returns when to look again. */
  #look(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) {
      if (entry.at <= now) {
        if (entry.isRunning) {
          entry.control.abort();
          entry.at = Number.POSITIVE_INFINITY;
        } else this.#begin(entry, now);
      }
      if (entry.at < next) next = entry.at;
    }
    return next;
  }

  #begin(entry: Entry, now: number): void {
    entry.isRunning = true;
    if (entry.control.signal.aborted) entry.control = new AbortController();
    entry.at = now + budgetOf(entry.job.intervalMs);
    const task = this.#run(entry);
    this.#running.add(task);
    void task.then(() => this.#running.delete(task));
  }

  async #run(entry: Entry): Promise<void> {
    const { name, intervalMs, work, onSkipped } = entry.job;
    try {
      await work(entry.control.signal);
    } catch (error) {
      // A defect of ours, not of what is asked: the others go on, and so does this one at its next tick.
      this.#log.error(
        { loop: name, err: errorMessage(error), stack: (error as Error).stack },
        'a poll failed unexpectedly',
      );
    }
    const next = nextTick(entry.due, intervalMs, this.#clock.monotonic());
    if (next.skipped > 0) onSkipped(next.skipped);
    entry.due = next.due;
    entry.at = next.due;
    entry.isRunning = false;
    if (entry.at < this.#wakeAt) this.#wake.abort();
  }
}
