import type { TrapDelivery, TrapOutcome, TrapReport } from '../drivers/trap-channel.ts';
import type { RateLimit } from './rate-limit.ts';
import { REFUSALS, type TrapReceiving } from './receive.ts';

export interface InboxOptions {
  readonly receiving: TrapReceiving;
  readonly limit: RateLimit;
  readonly known: readonly string[];
  /** Deliveries that may wait. */
  readonly capacity: number;
}

/** Most deliveries in one report: the main thread deals with a report without a pause. */
const BATCH = 50;

/** What the receiver's thread keeps: counts, and what waits for the main thread. Bounded; what does not fit is counted and dropped, the newest first. */
export class Inbox {
  readonly #options: InboxOptions;
  #known: ReadonlySet<string>;
  #queue: TrapDelivery[] = [];
  #counts: Partial<Record<TrapOutcome, number>> = {};
  #defect: string | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#known = new Set(options.known);
  }

  set known(addresses: readonly string[]) {
    this.#known = new Set(addresses);
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** What to answer, if anything. `monotonic` and `time` are now by the two clocks. */
  take(bytes: Uint8Array, source: string, monotonic: number, time: number): Uint8Array | undefined {
    if (!this.#options.limit.admits(source, this.#known.has(source), monotonic)) {
      this.#count('rate_limited');
      return undefined;
    }
    const { outcome, notification, reply } = this.#options.receiving.receive(bytes, monotonic);
    const tell = notification !== undefined || REFUSALS.includes(outcome);
    if (tell && this.#queue.length >= this.#options.capacity) {
      this.#count('queue_full');
      // An inform that is not answered comes again, when there may be room.
      return undefined;
    }
    this.#count(outcome);
    if (tell) this.#queue.push({ source, time, outcome, ...(notification ? { notification } : {}) });
    return reply;
  }

  /** Our own mistake in dealing with a datagram. */
  failed(reason: string): void {
    this.#count('failed');
    this.#defect = reason;
  }

  /** What has come since the last report, as much of it as one report holds. */
  report(): Omit<TrapReport, 'kind'> {
    const deliveries = this.#queue.splice(0, BATCH);
    const [counts, defect] = [this.#counts, this.#defect];
    this.#counts = {};
    this.#defect = undefined;
    return { deliveries, counts, ...(defect === undefined ? {} : { defect }) };
  }

  #count(outcome: TrapOutcome): void {
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
  }
}
