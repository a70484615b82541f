/** No further hit for this long ends an episode. */
const QUIET_MS = 10 * 60_000;

/** Turns a stream of equal troubles into two log lines: one when it begins, one with the total when it is over. */
export class Episode {
  #last: number | undefined;
  #total = 0;

  /** Counts `amount` at `now` (ms); true when this begins an episode. */
  hit(now: number, amount: number): boolean {
    const begins = this.#last === undefined;
    this.#last = now;
    this.#total += amount;
    return begins;
  }

  /** The total of an episode that has been quiet long enough, once; undefined otherwise. */
  over(now: number): number | undefined {
    if (this.#last === undefined || now - this.#last < QUIET_MS) return undefined;
    const total = this.#total;
    this.#last = undefined;
    this.#total = 0;
    return total;
  }
}
