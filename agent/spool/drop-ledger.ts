import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { Episode } from './episode.ts';
import { DROP_REASONS, type DropReason } from './spool.ts';

const BEGINS: Readonly<Record<DropReason, string>> = {
  full: 'the spool is full: the oldest records are dropped',
  age: 'records in the spool are past their age: they are dropped',
  disk: 'the spool cannot be written: new data is lost until it can',
  corrupt: 'the spool file is damaged: what it held is not delivered',
};

/** Counts every line that is lost before delivery, and says so once when it begins and once when it is over. */
export class DropLedger {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #counter;
  readonly #totals: Record<DropReason, number> = { full: 0, age: 0, disk: 0, corrupt: 0 };
  readonly #episodes = new Map<DropReason, Episode>(DROP_REASONS.map((reason) => [reason, new Episode()]));

  constructor(clock: Clock, log: Logger, metrics: SelfMetrics) {
    this.#clock = clock;
    this.#log = log;
    this.#counter = metrics.counter(
      'bellwether_agent_spool_dropped_lines_total',
      'Lines lost before delivery: full, age (bounds), disk (write refused), corrupt (file damaged)',
      ['reason'],
    );
    for (const reason of DROP_REASONS) this.#counter.inc({ reason }, 0);
  }

  /** Lines dropped since the process started. */
  get totals(): Readonly<Record<DropReason, number>> {
    return { ...this.#totals };
  }

  /** `details` go into the log line that opens the episode. */
  drop(reason: DropReason, lines: number, details: Readonly<Record<string, unknown>> = {}): void {
    if (lines === 0) return;
    this.#totals[reason] += lines;
    this.#counter.inc({ reason }, lines);
    if (this.#episodes.get(reason)?.hit(this.#clock.now(), lines))
      this.#log.error({ reason, lines, ...details }, BEGINS[reason]);
  }

  /** Reports the episodes that are over; to be called now and then. */
  settle(): void {
    const now = this.#clock.now();
    for (const [reason, episode] of this.#episodes) {
      const lines = episode.over(now);
      if (lines !== undefined) this.#log.warn({ reason, lines }, 'the spool has stopped dropping; this much was lost');
    }
  }
}
