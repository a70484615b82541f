import { type BackoffPolicy, backoffDelay } from '../../core/backoff.ts';

/** Silent polls in a row after which a device is no longer asked in full. */
const OPENS_AFTER = 2;
/** The longest that a device which came back may stay unseen, in intervals, and in ms. */
const MOST_INTERVALS = 4;
const MOST_MS = 300_000;

/** `all`: poll as usual. `probe`: ask for sysUpTime only, once, and go on if it answers. `none`: nothing is sent. */
export type BreakerVerdict = { readonly ask: 'all' | 'probe' } | { readonly ask: 'none'; readonly againInMs: number };

/**
 * Spares a silent device, and everybody's sockets, the full poll: it is asked for one value, at growing intervals, until it answers.
 * A ping that comes back is reason to ask at once. Pure but for what it remembers; times in monotonic ms.
 */
export class Breaker {
  readonly #policy: BackoffPolicy;
  #silent = 0;
  #nextAt = 0;
  #pinged = true;

  constructor(intervalMs: number) {
    const max = Math.max(intervalMs, Math.min(MOST_INTERVALS * intervalMs, MOST_MS));
    this.#policy = { initial: intervalMs, max, factor: 2 };
  }

  get isOpen(): boolean {
    return this.#silent >= OPENS_AFTER;
  }

  /** @param alive what ping says: undefined when it says nothing */
  verdict(now: number, alive: boolean | undefined): BreakerVerdict {
    if (!this.isOpen) return { ask: 'all' };
    const cameBack = alive === true && !this.#pinged;
    this.#pinged = alive ?? this.#pinged;
    if (cameBack || now >= this.#nextAt) return { ask: 'probe' };
    return { ask: 'none', againInMs: this.#nextAt - now };
  }

  answered(): void {
    this.#silent = 0;
    this.#pinged = true;
  }

  /** @param random in [0, 1) */
  wasSilent(now: number, random: number): void {
    this.#silent++;
    if (this.isOpen) this.#nextAt = now + backoffDelay(this.#silent - OPENS_AFTER + 1, this.#policy, random);
  }
}
