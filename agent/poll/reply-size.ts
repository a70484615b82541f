/** Varbinds of 20 to 25 octets that fit into one reply of about 1,400 octets, which no network fragments, per row asked for. */
const COLUMNS_AT_FULL = 3;
/** Good answers after which a smaller size is doubled again: one lost packet must not make a device slow for ever. */
const GROW_AFTER = 500;

/**
 * How much to ask of one device at once. Starts at its `max_repetitions`, halves when a large request fails, grows back slowly, and
 * asks for no more rows than the device is known to have.
 */
export class ReplySize {
  readonly #max: number;
  #repetitions: number;
  #good = 0;
  /** Rows of the longest table seen in the last poll; undefined before the first. */
  rows: number | undefined;

  constructor(maxRepetitions: number) {
    this.#max = maxRepetitions;
    this.#repetitions = maxRepetitions;
  }

  /** Repetitions and columns of the next request: their product stays under what fits into one reply. */
  shape(): { repetitions: number; columns: number } {
    // One more than the rows known, so that the end of the column is seen in the same answer.
    const repetitions = this.rows === undefined ? this.#repetitions : Math.min(this.#repetitions, this.rows + 1);
    const columns = this.#repetitions === 1 ? 1 : Math.floor((COLUMNS_AT_FULL * this.#repetitions) / repetitions);
    return { repetitions, columns };
  }

  /** Rows to ask for at once, and which share of the configured number that is. */
  get repetitions(): number {
    return this.#repetitions;
  }

  get share(): number {
    return this.#repetitions / this.#max;
  }

  failed(): void {
    this.#good = 0;
    this.#repetitions = Math.max(1, this.#repetitions >> 1);
  }

  succeeded(): void {
    if (this.#repetitions === this.#max || ++this.#good < GROW_AFTER) return;
    this.#good = 0;
    this.#repetitions = Math.min(this.#max, this.#repetitions * 2);
  }
}
