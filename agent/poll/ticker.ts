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

/**
 * Begun before what they asked for is looked at: more at once only makes all of them wait longer, and what waits is garbage that lives long enough to be
 * expensive.
 */
const BEGUN_AT_ONCE = 8;
/** Between the starts of two runs of one job, of which at least one was asked for out of turn. */
const APART_MS = 5_000;

const AT_ONCE = 0;
/** Without a reason of its own each abort makes an error with a stack. */
const EARLIER = 'something is due earlier';

interface Entry {
  readonly job: TickerJob;
  /** Its next tick, or, while it runs, the end of its budget: when somebody has to look at it. */
  at: number;
  due: number;
  isRunning: boolean;
  startedAt: number;
  /** A run out of turn was asked for and has not begun. */
  isAsked: boolean;
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
  readonly #jobs: number;
  readonly #entries: Entry[] = [];
  readonly #byName = new Map<string, Entry>();
  #running = 0;
  #onIdle: () => void = () => {};
  #wake = new AbortController();
  #wakeAt = 0;

  /** @param jobs how many there will be */
  constructor(clock: Clock, log: Logger, jobs: number) {
    this.#clock = clock;
    this.#log = log;
    this.#jobs = jobs;
  }

  add(job: TickerJob): void {
    const due = firstSlot(job.name, this.#clock.monotonic(), job.intervalMs, this.#jobs);
    const entry: Entry = {
      job,
      at: due,
      due,
      isRunning: false,
      startedAt: Number.NEGATIVE_INFINITY,
      isAsked: false,
      control: new AbortController(),
    };
    this.#entries.push(entry);
    this.#byName.set(job.name, entry);
  }

  /**
   * Asks for one run out of turn: at once, or as soon as the one that goes on is over and its start is far enough away. The grid stays where it is.
   * False when one is asked for already, undefined for a job that is not there.
   */
  ask(name: string): boolean | undefined {
    const entry = this.#byName.get(name);
    if (!entry) return undefined;
    if (entry.isAsked) return false;
    entry.isAsked = true;
    if (!entry.isRunning) this.#schedule(entry);
    return true;
  }

  /** Until `stop` aborts; then ends what is running and waits for it. */
  async run(stop: AbortSignal): Promise<void> {
    const end = (): void => this.#wake.abort();
    stop.addEventListener('abort', end, { once: true });
    while (!stop.aborted) {
      this.#wakeAt = this.#look(this.#clock.monotonic());
      if (this.#wakeAt === AT_ONCE) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const ms = this.#wakeAt - this.#clock.monotonic();
      await this.#clock.sleep(ms, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
    stop.removeEventListener('abort', end);
    for (const entry of this.#entries) entry.control.abort();
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#running === 0) resolve();
    });
  }

  /** Begins what is due, or a part of it, and ends what is over its budget. Returns when to look again. */
  #look(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    let begun = 0;
    for (const entry of this.#entries) {
      if (entry.at <= now) {
        if (entry.isRunning) {
          entry.control.abort();
          entry.at = Number.POSITIVE_INFINITY;
        } else {
          if (++begun > BEGUN_AT_ONCE) return AT_ONCE;
          this.#begin(entry, now);
        }
      }
      if (entry.at < next) next = entry.at;
    }
    return next;
  }

  #begin(entry: Entry, now: number): void {
    entry.isRunning = true;
    // What was asked for until now is answered by it.
    entry.isAsked = false;
    entry.startedAt = now;
    if (entry.control.signal.aborted) entry.control = new AbortController();
    entry.at = now + budgetOf(entry.job.intervalMs);
    this.#running++;
    void this.#run(entry).finally(() => {
      if (--this.#running === 0) this.#onIdle();
    });
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
    // One that was asked for and is over before its turn leaves the grid as it is.
    if (this.#clock.monotonic() >= entry.due) {
      const next = nextTick(entry.due, intervalMs, this.#clock.monotonic());
      if (next.skipped > 0) onSkipped(next.skipped);
      entry.due = next.due;
    }
    entry.isRunning = false;
    this.#schedule(entry);
  }

  #schedule(entry: Entry): void {
    const soon = Math.max(this.#clock.monotonic(), entry.startedAt + APART_MS);
    entry.at = entry.isAsked ? Math.min(entry.due, soon) : entry.due;
    if (entry.at < this.#wakeAt) this.#wake.abort(EARLIER);
  }
}
