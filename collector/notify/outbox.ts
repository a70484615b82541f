import { DEFAULT_BACKOFF } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { retry } from '../../runtime/retry.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { StateDb } from '../state/database.ts';
import { countWaiting, type DueMessage, dueMessages, nextDueAt } from '../state/outbox.ts';
import type { ChannelRegistry, DeliveryResult, Endpoint } from './channels/channel.ts';
import type { Directory } from './directory.ts';
import { isDown, probeWait } from './endpoint-health.ts';
import { Pager } from './pager.ts';
import type { Parcel } from './parcel.ts';
import { type Claimed, type HealthChange, Settlement } from './settlement.ts';
import { isTest } from './test-message.ts';

/** Deliveries under way at once, over all receivers; one at a time to each. */
const MAX_IN_FLIGHT = 64;
/** Due messages held in memory for one contact and channel; the rest stays in the database until these are through. */
const LOAD_LIMIT = 100;
const IDLE_MS = 60_000;
/** After a database error. */
const PAUSE_MS = 1_000;
const DISABLED: DeliveryResult = {
  ok: false,
  retryable: false,
  reason: 'disabled: the receiver said that it is gone for good (410). Test it, or change its settings',
};
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
  /** What follows a message to the same contact, channel and site within this time is told together, ms; asked each time. Default 0: each by itself. */
  readonly groupMs?: () => number;
  /** Told when an endpoint dies, is disabled, or is well again. */
  readonly onHealth?: (change: HealthChange) => void;
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
  readonly #settlement: Settlement;
  readonly #maxInFlight: number;
  readonly #graceMs: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #held = new Set<string>();
  readonly #active = new Set<Promise<void>>();
  #wake = new AbortController();
  /** When the loop looks at the database again by itself, ms. While it is looking: never, since it may have looked too early. */
  #asleepUntil = Number.POSITIVE_INFINITY;
  readonly #attempts;
  readonly #seconds;
  readonly #waiting;
  readonly #repeated;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#settlement = new Settlement({ ...options, pager: new Pager(options) });
    this.#maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;
    this.#graceMs = options.graceMs ?? GRACE_MS;
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
    this.#repeated = metrics.counter(
      'bellwether_collector_deliveries_repeated_total',
      'Messages sent again because the process ended while they were under way: a receiver that knows no ids may have them twice.',
      ['channel'],
    );
  }

  /** There may be something new to send: looks at once. */
  notify(): void {
    this.#wake.abort();
  }

  /** Runs until `signal` aborts; then deliveries under way get a moment to finish and the rest stays for the next start. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const cut = new AbortController();
    await this.#guarded('recovery', () => this.#persistently(() => this.#settlement.recover(), signal));
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
    const now = clock.now();
    for (const row of await dueMessages(db, now, LOAD_LIMIT)) {
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
    const next = await nextDueAt(db, now);
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
    const endpoint = this.#endpoint(row);
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
    const { clock, channels } = this.#options;
    const endpoint = this.#endpoint(due);
    const together = endpoint !== undefined && !channels.get(endpoint.type)?.perAlert;
    const parcel = await this.#settlement.claim(due.id, endpoint, together);
    if (!parcel) return;
    const channel = endpoint?.type ?? 'none';
    const again = parcel.rows.filter(({ interrupted }) => interrupted);
    if (again.length > 0) this.#tellRepeated(parcel, channel, again.length);
    const started = clock.monotonic();
    const off = parcel.disabled && !isTest(due);
    const result = off ? DISABLED : await this.#send(parcel, endpoint, cut);
    this.#seconds.observe({ channel }, (clock.monotonic() - started) / 1000);
    this.#attempts.inc({ channel, result: result.ok ? 'ok' : result.retryable ? 'retry' : 'failed' });
    this.#tell(parcel, result);
    await this.#record(parcel, result, off ? undefined : endpoint, lane, cut);
  }

  #tellRepeated({ id, rows }: Parcel, channel: string, messages: number): void {
    this.#repeated.inc({ channel }, messages);
    const { school, contact } = rows[0]!;
    const references = rows.map((row) => row.id);
    this.#options.log.warn(
      { id, school, contact, channel, references },
      'sent again: it was under way when the process ended',
    );
  }

  #tell({ id, rows }: Parcel, result: DeliveryResult): void {
    const { log } = this.#options;
    const { alertId: alert, school, contact, channel, kind, attempts: attempt, groupId } = rows[0]!;
    const detail = {
      id,
      alert,
      school,
      contact,
      channel,
      kind,
      attempt,
      ...(groupId !== null && { alerts: rows.length }),
    };
    if (result.ok) log.info(detail, 'notified');
    else log.warn({ ...detail, reason: result.reason }, 'notification failed');
  }

  /** Until it is written: the message stays `sending`, and its receiver's lane shut, while the database cannot be. */
  async #record(
    parcel: Claimed,
    result: DeliveryResult,
    endpoint: Endpoint | undefined,
    lane: Lane,
    cut: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    if (!result.ok && cut.aborted) return this.#settlement.release(parcel, result);
    const { due, health } = await this.#persistently(() => this.#settlement.settle(parcel, result, endpoint), cut);
    if (health) {
      lane.shutUntil = clock.monotonic() + probeWait(health.after);
      if (isDown(health.before) !== isDown(health.after)) this.#options.onHealth?.(health);
    }
    if (due < this.#asleepUntil || lane.shutUntil > clock.monotonic()) this.notify();
  }

  #persistently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock } = this.#options;
    return retry(work, { clock, policy: DEFAULT_BACKOFF, attempts: Number.POSITIVE_INFINITY, signal });
  }

  async #send({ id, body }: Parcel, endpoint: Endpoint | undefined, cut: AbortSignal): Promise<DeliveryResult> {
    if (!endpoint) return { ok: false, retryable: false, reason: 'the contact or its channel is no longer configured' };
    const channel = this.#options.channels.get(endpoint.type);
    if (!channel) return { ok: false, retryable: false, reason: `no channel of type ${endpoint.type}` };
    try {
      return await channel.deliver({ id, body, endpoint }, cut);
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
      this.#options.log.error({ err: errorMessage(error) }, `outbox: ${what} failed`);
      await this.#options.clock.sleep(PAUSE_MS);
      return undefined;
    }
  }
}
