import { type BackoffPolicy, backoffDelay, DEFAULT_BACKOFF } from '../../core/backoff.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Logger } from '../../runtime/logger.ts';

/** For what only a person can mend: asking once a second would not help and would fill the collector's log. */
const OPERATOR_BACKOFF: BackoffPolicy = { initial: 30_000, max: 300_000, factor: 2 };

export interface Failure {
  readonly reason: string;
  readonly needsOperator: boolean;
  readonly afterMs?: number;
}

/** Whether deliveries get through: says so once per change, and how long to wait before the next try. Times in ms. */
export class Link {
  readonly #log: Logger;
  #downSince: number | undefined;
  #operator = false;
  #attempt = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  get up(): boolean {
    return this.#downSince === undefined;
  }

  /** Returns the wait until the next try. `random` is in [0, 1). */
  failed(failure: Failure, waiting: number, now: number, random: number): number {
    // Another kind of trouble is news, and starts its own back-off.
    const news = this.up || this.#operator !== failure.needsOperator;
    if (news) this.#attempt = 0;
    this.#downSince ??= now;
    this.#operator = failure.needsOperator;
    this.#attempt++;
    const details = { reason: failure.reason, since: new Date(this.#downSince).toISOString(), records: waiting };
    if (news && failure.needsOperator)
      this.#log.error(
        details,
        'the collector refuses deliveries until someone mends this; records are kept in the spool',
      );
    else if (news) this.#log.warn(details, 'deliveries do not get through; records wait in the spool');
    else this.#log.debug(details, 'still no delivery');
    const policy = failure.needsOperator ? OPERATOR_BACKOFF : DEFAULT_BACKOFF;
    return backoffDelay(this.#attempt, policy, random, failure.afterMs);
  }

  succeeded(waiting: number, now: number): void {
    if (this.#downSince === undefined) return;
    const after = formatDuration(now - this.#downSince);
    this.#log.info({ records: waiting }, `deliveries get through again after ${after}, catching up`);
    this.#downSince = undefined;
    this.#attempt = 0;
  }
}
