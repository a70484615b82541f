import { WriteError } from './write-error.ts';

export interface InFlightLimits {
  /** Requests being read or written at once. */
  readonly batches: number;
  /** Bytes they hold in memory, as received and decompressed. */
  readonly bytes: number;
}

/** One request's share; `leave` gives back all of it and is safe to call twice. */
export interface Slot {
  /** Claims memory before it is used. @throws WriteError overload */
  reserve(bytes: number): void;
  leave(): void;
}

/**
 * How much is being worked on. Above the bounds senders are told to come back, which costs nothing, instead of memory running out. One token
 * gets at most a quarter of the places: a school whose agents send slowly, or too much, does not shut out the others.
 */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #perToken: number;
  readonly #byToken = new Map<string, number>();
  #batches = 0;
  #bytes = 0;

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
    this.#perToken = Math.max(2, Math.ceil(limits.batches / 4));
  }

  get batches(): number {
    return this.#batches;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws WriteError overload */
  enter(tokenId: string): Slot {
    const own = this.#byToken.get(tokenId) ?? 0;
    if (this.#batches >= this.#limits.batches) throw new WriteError('overload', 'too many batches at once, try later');
    if (own >= this.#perToken) throw new WriteError('overload', 'too many batches of this token at once, try later');
    this.#batches++;
    this.#byToken.set(tokenId, own + 1);
    let held = 0;
    let left = false;
    return {
      reserve: (bytes) => {
        if (this.#bytes + bytes > this.#limits.bytes)
          throw new WriteError('overload', 'too many bytes at once, try later');
        this.#bytes += bytes;
        held += bytes;
      },
      leave: () => {
        if (left) return;
        left = true;
        this.#batches--;
        this.#bytes -= held;
        const rest = this.#byToken.get(tokenId)! - 1;
        if (rest > 0) this.#byToken.set(tokenId, rest);
        else this.#byToken.delete(tokenId);
      },
    };
  }
}
