import { DEFAULT_BACKOFF } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { retry } from '../../runtime/retry.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { StateDb } from '../state/database.ts';
import {
  countWaiting,
  type DueMessage,
  dueMessages,
  interruptedSchools,
  nextDueAt,
  type OutboxRow,
} from '../state/outbox.ts';
import { isLost, type SchoolTransaction } from '../state/school-transaction.ts';
import type { ChannelRegistry, DeliveryResult, Endpoint } from './channels/channel.ts';
import type { Directory } from './directory.ts';
import { Pager } from './pager.ts';
import { Settlement } from './settlement.ts';

/** Deliveries under way at once, over all receivers; one at a time to each. */
const MAX_IN_FLIGHT = 64;
/** Due messages held in memory for one contact and channel; the rest stays in the database until these are through. */
const LOAD_LIMIT = 100;
const IDLE_MS = 60_000;
/** After a database error. */
const PAUSE_MS = 1_000;
/** What deliveries under way get to finish when the process stops. */
const GRACE_MS = 3_000;

export interface OutboxOptions {
  readonly db: StateDb;
  readonly channels: ChannelRegistry;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Takes the samples of measurement `alert` that come from ownership moving along the ladder. */
  readonly record?: (samples: readonly Sample[]) => void;
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
  readonly maxInFlight?: number;
  readonly graceMs?: number;
  /** Looks at the database at least this often, whatever the timers say. Default 60,000. */
  readonly idleMs?: number;
  /** Transactions of a school; default: any, whoever answers for the school. */
  readonly inSchool?: SchoolTransaction;
  /** Where several collectors share the schools: those this one answers for now, each told of by `takeUp` and `drop`. Default: all, from the start. */
  readonly schools?: () => readonly string[];
}

/** The messages to one receiver, one at a time and in order: an alert's end never overtakes its beginning. */
interface Lane {
  readonly queue: DueMessage[];
  busy: boolean;
}

/**
 * Delivers what the pipeline wrote, at least once, with the same id each time. The rows are the only state: the lanes in memory hold what
 * is due, and each message is claimed in the database before it is sent, so a row that was withdrawn meanwhile is not.
 * One receiver that is dead or slow holds up its own lane only.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #settlement: Settlement;
  readonly #maxInFlight: number;
  readonly #graceMs: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #held = new Set<string>();
  readonly #active = new Set<Promise<void>>();
  /** Schools with messages that may be marked as under way although nobody sends them; all, at a start of its own. */
  #unsure: Set<string> | undefined;
  #wake = new AbortController();
  /** When the loop looks at the database again by itself, ms. While it is looking: never, since it may have looked too early. */
  #asleepUntil = Number.POSITIVE_INFINITY;
  readonly #attempts;
  readonly #seconds;
  readonly #waiting;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#settlement = new Settlement({ ...options, pager: new Pager(options) });
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;
    this.#graceMs = options.graceMs ?? GRACE_MS;
    if (options.schools) this.#unsure = new Set();
    const { metrics } = options;
    this.#attempts = metrics.counter(
      'bellwether_collector_delivery_attempts_total',
      'Attempts to deliver a message, by channel type and result (ok, retry, failed).',
      ['channel', 'result'],
    );
    this.#seconds = metrics.histogram(
      'bellwether_collector_delivery_seconds',
      'Duration of one attempt to deliver a message.',
      [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
      ['channel'],
    );
    this.#waiting = metrics.gauge(
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
    await this.#settlement.recover(school, this.#held);
    this.notify();
  }

  /** Another collector does. What is under way ends without a word. */
  drop(school: string): void {
    for (const lane of this.#lanes.values()) {
      for (const row of lane.queue) if (row.school === school) this.#held.delete(row.id);
      lane.queue.splice(0, lane.queue.length, ...lane.queue.filter((row) => row.school !== school));
    }
    this.#unsure?.delete(school);
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
    await this.#recover();
    const now = clock.now();
    const schools = this.#options.schools?.();
    for (const row of await dueMessages(db, now, LOAD_LIMIT, schools)) {
      if (this.#held.has(row.id)) continue;
      this.#held.add(row.id);
      this.#lane(row).queue.push(row);
    }
    this.#waiting.set(await countWaiting(db));
    const next = await nextDueAt(db, now, schools);
    const idle = this.#options.idleMs ?? IDLE_MS;
    return next === undefined ? idle : Math.min(idle, Math.max(0, next - clock.now()));
  }

  async #recover(): Promise<void> {
    this.#unsure ??= new Set(await interruptedSchools(this.#options.db));
    for (const school of this.#unsure) {
      await this.#settlement.recover(school, this.#held).catch((error: unknown) => {
        if (!isLost(error)) throw error;
      });
      this.#unsure.delete(school);
    }
  }

  #lane(row: DueMessage): Lane {
    const endpoint = this.#endpoint(row);
    const key = endpoint === undefined ? 'no endpoint' : `${endpoint.type} ${endpoint.address}`;
    const lane = this.#lanes.get(key) ?? { queue: [], busy: false };
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Starts what may start; lanes whose first message was never tried go first, so that retries to dead receivers do not take all places. */
  #pump(signal: AbortSignal, cut: AbortSignal): void {
    const ready = [...this.#lanes].filter(([, lane]) => !lane.busy && lane.queue.length > 0);
    ready.sort(([, a], [, b]) => a.queue[0]!.attempts - b.queue[0]!.attempts || a.queue[0]!.dueAt - b.queue[0]!.dueAt);
    for (const [key, lane] of ready) {
      if (signal.aborted || this.#active.size >= this.#maxInFlight) return;
      const row = lane.queue.shift()!;
      lane.busy = true;
      const task = this.#guarded('delivery', () => this.#deliver(row, cut)).then(() => {
        this.#active.delete(task);
        this.#held.delete(row.id);
        lane.busy = false;
        if (lane.queue.length === 0) this.#lanes.delete(key);
        this.#pump(signal, cut);
        if (lane.queue.length === 0) this.notify();
      });
      this.#active.add(task);
    }
  }

  async #deliver(due: DueMessage, cut: AbortSignal): Promise<void> {
    const { clock, log, schools } = this.#options;
    const row = await this.#claim(due);
    if (!row) return;
    // It may have taken long enough for another collector to have taken over.
    if (schools && !schools().includes(row.school)) return void this.#unsure?.add(row.school);
    const endpoint = this.#endpoint(row);
    const started = clock.monotonic();
    const result = await this.#send(row, endpoint, cut);
    const channel = endpoint?.type ?? 'none';
    this.#seconds.observe({ channel }, (clock.monotonic() - started) / 1000);
    this.#attempts.inc({ channel, result: result.ok ? 'ok' : result.retryable ? 'retry' : 'failed' });
    const about = { id: row.id, alert: row.alertId, school: row.school, contact: row.contact, channel: row.channel };
    const detail = { ...about, kind: row.kind, attempt: row.attempts };
    if (result.ok) log.info(detail, 'notified');
    else log.warn({ ...detail, reason: result.reason }, 'notification failed');
    await this.#record(row, result, cut).catch((error: unknown) => {
      // Another collector frees the message when it takes the school up; this one, if it has it again by now.
      if (isLost(error)) this.#unsure?.add(row.school);
      throw error;
    });
  }

  /** Where the answer of the database was lost, the message may be marked as under way: it is freed before the next look. */
  async #claim(due: DueMessage): Promise<OutboxRow | undefined> {
    try {
      return await this.#settlement.claim(due);
    } catch (error) {
      if (isLost(error)) return undefined;
      this.#unsure?.add(due.school);
      throw error;
    }
  }

  /** Until it is written: the message stays `sending`, and its receiver's lane shut, while the database cannot be. */
  async #record(row: OutboxRow, result: DeliveryResult, cut: AbortSignal): Promise<void> {
    if (!result.ok && cut.aborted) return this.#settlement.release(row, result);
    const due = await this.#persistently(() => this.#settlement.settle(row, result), cut);
    if (due < this.#asleepUntil) this.notify();
  }

  #persistently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#options;
    return retry(work, { clock, policy: DEFAULT_BACKOFF, attempts: Number.POSITIVE_INFINITY, signal });
  }

  async #send(row: OutboxRow, endpoint: Endpoint | undefined, cut: AbortSignal): Promise<DeliveryResult> {
    if (!endpoint) return { ok: false, retryable: false, reason: 'the contact or its channel is no longer configured' };
    const channel = this.#options.channels.get(endpoint.type);
    if (!channel) return { ok: false, retryable: false, reason: `no channel of type ${endpoint.type}` };
    try {
      return await channel.deliver({ id: row.id, body: row.body, endpoint }, cut);
    } catch (error) {
      return { ok: false, retryable: true, uncertain: true, reason: errorMessage(error) };
    }
  }

  #endpoint(row: DueMessage): Endpoint | undefined {
    const endpoints = this.#options.directory(row.school)?.endpoints(row.contact) ?? [];
    return endpoints.find((endpoint) => endpoint.id === row.channel);
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
