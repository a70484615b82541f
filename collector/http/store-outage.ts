import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Logger } from '../../runtime/logger.ts';

/** However many senders are refused, the log hears of it this often. */
const REMIND_MS = 60_000;
/** After this long without a batch nobody knows whether the store would take one. */
const FORGET_MS = 60_000;

/** Tells the log that batches cannot be stored and why: when it begins, once a minute while it lasts, and when it is over. */
export class StoreOutage {
  readonly #clock: Clock;
  readonly #log: Logger;
  #since: number | undefined;
  #last = 0;
  #refused = 0;
  #due = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** A batch was refused for `reason`. */
  refused(reason: string): void {
    const now = this.#clock.monotonic();
    this.#since ??= now;
    this.#last = now;
    this.#refused++;
    if (now < this.#due) return;
    this.#due = now + REMIND_MS;
    this.#log.error(
      { err: reason, refused: this.#refused },
      'batches cannot be stored; their senders keep them and retry',
    );
  }

  /** @throws while batches are refused: a disk that is nearly full may take the little that a check writes. */
  check(): void {
    if (this.#since !== undefined && this.#clock.monotonic() - this.#last < FORGET_MS)
      throw new Error('the newest batch could not be stored');
  }

  /** A batch was stored. */
  stored(): void {
    if (this.#since === undefined) return;
    const lasted = formatDuration(this.#clock.monotonic() - this.#since);
    this.#log.info({ refused: this.#refused, lasted }, 'batches are stored again');
    this.#since = undefined;
    this.#refused = 0;
  }
}
