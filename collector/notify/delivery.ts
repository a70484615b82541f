import { DEFAULT_BACKOFF } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { retry } from '../../runtime/retry.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { StateDb } from '../state/database.ts';
import { type DueMessage, interruptedSchools } from '../state/outbox.ts';
import { isLost, type SchoolTransaction } from '../state/school-transaction.ts';
import type { ChannelRegistry, DeliveryResult, Endpoint } from './channels/channel.ts';
import type { Directory } from './directory.ts';
import { isDown, probeWait } from './endpoint-health.ts';
import { Pager } from './pager.ts';
import type { Parcel } from './parcel.ts';
import { type Claimed, type HealthChange, Settlement } from './settlement.ts';
import { isTest } from './test-message.ts';

const DISABLED: DeliveryResult = {
  ok: false,
  retryable: false,
  reason: 'disabled: the receiver said that it is gone for good (410). Test it, or change its settings',
};

export interface DeliveryOptions {
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
  /** What follows a message to the same contact, channel and site within this time is told together, ms; asked each time. Default 0: each by itself. */
  readonly groupMs?: () => number;
  /** Told when an endpoint dies, is disabled, or is well again. */
  readonly onHealth?: (change: HealthChange) => void;
  /** Transactions of a school; default: any, whoever answers for the school. */
  readonly inSchool?: SchoolTransaction;
  /** Where several collectors share the schools: those this one answers for now, each told of by `takeUp` and `drop`. Default: all, from the start. */
  readonly schools?: () => readonly string[];
}

/** What follows from an attempt. */
export interface Attempt {
  /** When the first message that came of it is due, ms; Infinity: none. */
  readonly due: number;
  /** How long the receiver, which is dead, is not tried, ms; undefined: the attempt says nothing about it. */
  readonly shutMs: number | undefined;
}

/** One message from the database to its receiver and back: claimed, sent, settled. Knows what this process is in the middle of. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #settlement: Settlement;
  /** Messages that this process is in the middle of. */
  readonly #underWay = new Set<string>();
  /** Schools with messages that may be marked as under way although nobody sends them; all, at a start of its own. */
  #unsure: Set<string> | undefined;
  readonly #attempts;
  readonly #seconds;
  readonly #repeated;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#settlement = new Settlement({ ...options, pager: new Pager(options) });
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
    this.#repeated = metrics.counter(
      'bellwether_collector_deliveries_repeated_total',
      'Messages sent again because the process ended while they were under way: a receiver that knows no ids may have them twice.',
      ['channel'],
    );
  }

  /** What the last collector of a school was in the middle of is sent again. */
  recover(school: string): Promise<void> {
    return this.#settlement.recover(school, this.#underWay);
  }

  /** The same for every school of which that is not known. */
  async recoverUnsure(): Promise<void> {
    this.#unsure ??= new Set(await interruptedSchools(this.#options.db));
    for (const school of this.#unsure) {
      await this.recover(school).catch((error: unknown) => {
        if (!isLost(error)) throw error;
      });
      this.#unsure.delete(school);
    }
  }

  forget(school: string): void {
    this.#unsure?.delete(school);
  }

  endpoint(row: DueMessage): Endpoint | undefined {
    const endpoints = this.#options.directory(row.school)?.endpoints(row.contact) ?? [];
    return endpoints.find((endpoint) => endpoint.id === row.channel);
  }

  /** Tries a message that is due; undefined when there was nothing to try. `cut` ends it. */
  async attempt(due: DueMessage, cut: AbortSignal): Promise<Attempt | undefined> {
    const endpoint = this.endpoint(due);
    const together = endpoint !== undefined && !this.#options.channels.get(endpoint.type)?.perAlert;
    const parcel = await this.#claim(due, endpoint, together);
    if (!parcel) return undefined;
    try {
      return await this.#carry(parcel, isTest(due), endpoint, cut);
    } finally {
      for (const { id } of parcel.rows) this.#underWay.delete(id);
    }
  }

  /** Where the answer of the database was lost, the message may be marked as under way: it is freed before the next look. */
  async #claim(due: DueMessage, endpoint: Endpoint | undefined, together: boolean): Promise<Claimed | undefined> {
    this.#underWay.add(due.id);
    try {
      const parcel = await this.#settlement.claim(due, endpoint, together);
      for (const { id } of parcel?.rows ?? []) this.#underWay.add(id);
      if (!parcel) this.#underWay.delete(due.id);
      return parcel;
    } catch (error) {
      this.#underWay.delete(due.id);
      if (isLost(error)) return undefined;
      this.#unsure?.add(due.school);
      throw error;
    }
  }

  async #carry(
    parcel: Claimed,
    test: boolean,
    endpoint: Endpoint | undefined,
    cut: AbortSignal,
  ): Promise<Attempt | undefined> {
    const { clock, schools } = this.#options;
    const { school } = parcel.rows[0]!;
    // It may have taken long enough for another collector to have taken over.
    if (schools && !schools().includes(school)) {
      this.#unsure?.add(school);
      return undefined;
    }
    const channel = endpoint?.type ?? 'none';
    this.#tellRepeated(parcel, channel);
    const started = clock.monotonic();
    const off = parcel.disabled && !test;
    const result = off ? DISABLED : await this.#send(parcel, endpoint, cut);
    this.#seconds.observe({ channel }, (clock.monotonic() - started) / 1000);
    this.#attempts.inc({ channel, result: result.ok ? 'ok' : result.retryable ? 'retry' : 'failed' });
    this.#tell(parcel, result);
    return this.#record(parcel, result, off ? undefined : endpoint, cut).catch((error: unknown) => {
      // Another collector frees the message when it takes the school up; this one, if it has it again by now.
      if (isLost(error)) this.#unsure?.add(school);
      throw error;
    });
  }

  #tellRepeated({ id, rows }: Parcel, channel: string): void {
    const again = rows.filter(({ interrupted }) => interrupted);
    if (again.length === 0) return;
    this.#repeated.inc({ channel }, again.length);
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
    cut: AbortSignal,
  ): Promise<Attempt | undefined> {
    if (!result.ok && cut.aborted) {
      await this.#settlement.release(parcel, result);
      return undefined;
    }
    const { clock, onHealth } = this.#options;
    const { due, health } = await retry(() => this.#settlement.settle(parcel, result, endpoint), {
      clock,
      policy: DEFAULT_BACKOFF,
      attempts: Number.POSITIVE_INFINITY,
      signal: cut,
    });
    if (health && isDown(health.before) !== isDown(health.after)) onHealth?.(health);
    return { due, shutMs: health && probeWait(health.after) };
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
}
