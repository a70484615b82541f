import { errorMessage } from '../../core/errors.ts';
import { countWaiting, type DueMessage, dueMessages, nextDueAt } from '../state/outbox.ts';
import { isLost } from '../state/school-transaction.ts';
import { Delivery, type DeliveryOptions } from './delivery.ts';
import { isTest } from './test-message.ts';

/** Deliveries under way at once, over all receivers; one at a time to each. */
const MAX_IN_FLIGHT = 64;
/** Due messages held in memory for one contact and channel; the rest stays in the database until these are through. */
const LOAD_LIMIT = 100;
const IDLE_MS = 60_000;
/** After a database error. */
const PAUSE_MS = 1_000;
/** What deliveries under way get to finish when the process stops. */
const GRACE_MS = 3_000;

export interface OutboxOptions extends DeliveryOptions {
  readonly maxInFlight?: number;
  readonly graceMs?: number;
  /** Looks at the database at least this often, whatever the timers say. Default 60,000. */
  readonly idleMs?: number;
}

/** The messages to one receiver, one at a time and in order: an alert's end never overtakes its beginning. */
interface Lane {
  readonly queue: DueMessage[];
  busy: boolean;
  /** Its receiver is dead and not tried before then, on the monotonic clock, ms. */
  shutUntil: number;
}

/**
 * Delivers what the pipeline wrote, at least once, with the same id each time. The rows are the only state: the lanes in memory hold what
 * is due, and each message is claimed in the database before it is sent, so a row that was withdrawn meanwhile is not.
 * One receiver that is dead or slow holds up its own lane only.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #delivery: Delivery;
  readonly #maxInFlight: number;
  readonly #graceMs: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #held = new Set<string>();
  readonly #active = new Set<Promise<void>>();
  #wake = new AbortController();
  /** When the loop looks at the database again by itself, ms. While it is looking: never, since it may have looked too early. */
  #asleepUntil = Number.POSITIVE_INFINITY;
  readonly #waiting;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options);
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;
    this.#graceMs = options.graceMs ?? GRACE_MS;
    this.#waiting = options.metrics.gauge(
      'bellwether_collector_outbox_waiting',
      'Messages waiting for their time or for a retry.',
    );
  }

  /** There may be something new to send: looks at once. */
  notify(): void {
    this.#wake.abort();
  }

  /** From now on this collector sends what a school has to say; what its last one was in the middle of first. */
  async takeUp(school: string): Promise<void> {
    await this.#delivery.recover(school);
    this.notify();
  }

  /** Another collector does. What is under way ends without a word. */
  drop(school: string): void {
    for (const lane of this.#lanes.values()) {
      for (const row of lane.queue) if (row.school === school) this.#held.delete(row.id);
      lane.queue.splice(0, lane.queue.length, ...lane.queue.filter((row) => row.school !== school));
    }
    this.#delivery.forget(school);
  }

  /** Runs until `signal` aborts; then deliveries under way get a moment to finish and the rest stays for the next start. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const cut = new AbortController();
    while (!signal.aborted) {
      this.#wake = new AbortController();
      this.#asleepUntil = Number.POSITIVE_INFINITY;
      const wait = (await this.#guarded('loading', () => this.#load())) ?? PAUSE_MS;
      this.#pump(signal, cut.signal);
      this.#asleepUntil = clock.now() + wait;
      await clock.sleep(wait, AbortSignal.any([signal, this.#wake.signal]));
    }
    const done = new AbortController();
    void clock.sleep(this.#graceMs, done.signal).then(() => cut.abort());
    while (this.#active.size > 0) await Promise.all(this.#active);
    done.abort();
    this.#lanes.clear();
    this.#held.clear();
  }

  /** Puts due messages into their lanes; returns how long nothing more comes due, ms. */
  async #load(): Promise<number> {
    const { db, clock } = this.#options;
    await this.#delivery.recoverUnsure();
    const now = clock.now();
    const schools = this.#options.schools?.();
    for (const row of await dueMessages(db, now, LOAD_LIMIT, schools)) {
      if (this.#held.has(row.id)) continue;
      this.#held.add(row.id);
      const lane = this.#lane(row);
      if (isTest(row)) {
        // Somebody waits for the answer.
        lane.queue.unshift(row);
        lane.shutUntil = 0;
      } else lane.queue.push(row);
    }
    this.#waiting.set(await countWaiting(db));
    const next = await nextDueAt(db, now, schools);
    const idle = Math.min(this.#options.idleMs ?? IDLE_MS, this.#nextOpening());
    return next === undefined ? idle : Math.min(idle, Math.max(0, next - clock.now()));
  }

  /** How long until the first lane that is shut may be tried again, ms. */
  #nextOpening(): number {
    const now = this.#options.clock.monotonic();
    const shut = [...this.#lanes.values()].filter(({ queue, shutUntil }) => queue.length > 0 && shutUntil > now);
    return Math.min(...shut.map(({ shutUntil }) => shutUntil - now));
  }

  #lane(row: DueMessage): Lane {
    const endpoint = this.#delivery.endpoint(row);
    const key = endpoint === undefined ? 'no endpoint' : `${endpoint.type} ${endpoint.address}`;
    const lane = this.#lanes.get(key) ?? { queue: [], busy: false, shutUntil: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Starts what may start; lanes whose first message was never tried go first, so that retries to dead receivers do not take all places. */
  #pump(signal: AbortSignal, cut: AbortSignal): void {
    const now = this.#options.clock.monotonic();
    const ready = [...this.#lanes].filter(
      ([, { busy, queue, shutUntil }]) => !busy && queue.length > 0 && shutUntil <= now,
    );
    ready.sort(([, a], [, b]) => a.queue[0]!.attempts - b.queue[0]!.attempts || a.queue[0]!.dueAt - b.queue[0]!.dueAt);
    for (const [key, lane] of ready) {
      if (signal.aborted || this.#active.size >= this.#maxInFlight) return;
      const row = lane.queue.shift()!;
      lane.busy = true;
      const task = this.#guarded('delivery', () => this.#deliver(row, lane, cut)).then(() => {
        this.#active.delete(task);
        this.#held.delete(row.id);
        lane.busy = false;
        if (lane.queue.length === 0 && lane.shutUntil <= this.#options.clock.monotonic()) this.#lanes.delete(key);
        this.#pump(signal, cut);
        if (lane.queue.length === 0) this.notify();
      });
      this.#active.add(task);
    }
  }

  async #deliver(due: DueMessage, lane: Lane, cut: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const attempt = await this.#delivery.attempt(due, cut);
    if (!attempt) return;
    if (attempt.shutMs !== undefined) lane.shutUntil = clock.monotonic() + attempt.shutMs;
    if (attempt.due < this.#asleepUntil || lane.shutUntil > clock.monotonic()) this.notify();
  }

  /** A database that cannot be written now must not end the loop: the rows are there when it can. */
  async #guarded<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isLost(error)) return undefined;
      this.#options.log.error({ err: errorMessage(error) }, `outbox: ${what} failed`);
      await this.#options.clock.sleep(PAUSE_MS);
      return undefined;
    }
  }
}
