import type { Clock } from '../../core/clock.ts';

/**
 * Lets packets go at a steady rate, whoever sends them. What was missed while the process slept is not made up for beyond one `BURST_MS`.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #gapMs: number;
  #next = Number.NEGATIVE_INFINITY;
  #taken = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#gapMs = 1000 / perSecond;
  }

  /** Packets let go until now. */
  get taken(): number {
    return this.#taken;
  }

  /** Waits for the turn of the first of `packets`, which take as many turns. Returns at once, and lets nothing go, when the signal aborts. */
  async take(packets: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const turn = Math.max(this.#next, now - BURST_MS);
    this.#next = turn + packets * this.#gapMs;
    if (turn > now) await this.#clock.sleep(turn - now, signal);
    if (!signal.aborted) this.#taken += packets;
  }
}

/** Timers of the system come a few ms late. */
const BURST_MS = 20;
