import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import { appendEvent, findAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { type EndpointKey, findEndpoint, saveEndpoint } from '../state/endpoints.ts';
import { changeMessage, findMessage, interruptedMessages, type OutboxRow } from '../state/outbox.ts';
import { hastenRetries, waitingPages } from '../state/outbox-groups.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import { advance, downTargets } from './advance.ts';
import { changeSamples } from './alert-sample.ts';
import type { DeliveryResult, Endpoint } from './channels/channel.ts';
import { enqueueClosings } from './closing.ts';
import type { Directory } from './directory.ts';
import { afterAttempt, type EndpointRecord, fingerprintOf, isDown } from './endpoint-health.ts';
import { ATTEMPTS_BEFORE_ADVANCE, hopelessAt } from './ledger.ts';
import { moveOwner } from './moves.ts';
import type { Pager } from './pager.ts';
import { enqueueRepeat } from './paging.ts';
import { companions, hold, type Parcel, parcelOf } from './parcel.ts';
import { retryDelay } from './retry-schedule.ts';
import { isTest } from './test-message.ts';

export interface SettlementOptions {
  readonly db: StateDb;
  readonly directory: Directory;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly record?: (samples: readonly Sample[]) => void;
  readonly random?: () => number;
  /** What follows a message within this time is told together, ms; asked each time. Default 0: each by itself. */
  readonly groupMs?: () => number;
  /** Transactions of a school; default: any, whoever answers for the school. */
  readonly inSchool?: SchoolTransaction;
}

/** What an attempt changed in what is known of its endpoint; `before` under the same settings. */
export interface HealthChange {
  readonly before: EndpointRecord | undefined;
  readonly after: EndpointRecord;
}

export interface Claimed extends Parcel {
  /** The receiver said that the endpoint, as it is configured now, is gone for good. */
  readonly disabled: boolean;
}

export interface Settled {
  /** When the first message that came of it is due, ms; Infinity: none. */
  readonly due: number;
  readonly health: HealthChange | undefined;
}

/** Waiting pages that are looked at when an endpoint dies; the rest finds out when its turn comes. */
const PAGES_PASSED_BY = 500;

type Success = Extract<DeliveryResult, { ok: true }>;
type Failure = Extract<DeliveryResult, { ok: false }>;

/** What a delivery changes in the database: each step is one transaction, so a crash leaves a message either before or after it. */
export class Settlement {
  readonly #options: SettlementOptions;

  readonly #inSchool: SchoolTransaction;

  constructor(options: SettlementOptions) {
    this.#options = options;
    this.#inSchool = options.inSchool ?? schoolTransactions(options.db);
  }

  /**
   * Of a school that is taken up: what was under way when its collector ended may have arrived. It is sent again with the same id, at once;
   * where the alert resolved meanwhile, only the news of that is. `but`: what this process itself has under way.
   */
  async recover(school: string, but: ReadonlySet<string> = new Set()): Promise<void> {
    await this.#inSchool(school, async (tx) => {
      const rows = (await interruptedMessages(tx, school)).filter((row) => !but.has(row.id));
      for (const row of rows)
        await changeMessage(tx, row.id, { status: 'waiting', uncertain: true, interrupted: true });
      for (const row of rows) await this.#withdrawIfOver(tx, row);
    });
  }

  /**
   * Takes a due message for sending, with those that are told together with it, or undefined when it is not to be sent now. A step that moves
   * ownership moves it here. `together`: the channel tells several alerts in one message.
   */
  async claim(
    { id, school }: Pick<OutboxRow, 'id' | 'school'>,
    endpoint: Endpoint | undefined,
    together: boolean,
  ): Promise<Claimed | undefined> {
    const { clock, directory, record, groupMs = () => 0 } = this.#options;
    const now = clock.now();
    const samples: Sample[] = [];
    const parcel = await this.#inSchool(school, async (tx) => {
      const found = await findMessage(tx, id);
      if (found?.status !== 'waiting' || found.dueAt > now) return undefined;
      const row = together ? found : { ...found, groupId: null };
      if (row.groupId !== found.groupId) await changeMessage(tx, id, { groupId: null });
      const wanted = async (member: OutboxRow): Promise<boolean> => {
        if (await this.#withdrawIfOver(tx, member)) return false;
        if (member.transfer && member.attempts === 0) samples.push(...(await this.#transfer(tx, member, now)));
        return true;
      };
      const rows = await companions(tx, row, wanted);
      if (together && row.groupId === null && rows.length === 1 && (await hold(tx, row, groupMs(), now)))
        return undefined;
      const taken = rows.map((member) => ({ ...member, status: 'sending' as const, attempts: member.attempts + 1 }));
      for (const { id, attempts } of taken)
        await changeMessage(tx, id, { status: 'sending', attempts, interrupted: false });
      const claimed = parcelOf(taken, directory(row.school));
      return claimed && { ...claimed, disabled: await isDisabled(tx, row, endpoint) };
    });
    if (samples.length > 0) record?.(samples);
    return parcel;
  }

  /** Records how an attempt ended, and what follows from it. */
  async settle({ rows, disabled }: Claimed, result: DeliveryResult, endpoint: Endpoint | undefined): Promise<Settled> {
    const { clock, random = Math.random } = this.#options;
    const [first] = rows;
    // What is told together is tried again together.
    const wait =
      !result.ok && result.retryable ? retryDelay(first!.attempts, random(), result.retryAfterMs) : undefined;
    return this.#inSchool(first!.school, async (tx) => {
      // Written down already (its answer was lost on the way), or taken over by another collector.
      const open = await underWay(tx, rows);
      if (open.length === 0) return { due: Number.POSITIVE_INFINITY, health: undefined };
      const now = clock.now();
      const health = await this.#health(tx, first!, result, endpoint, now);
      const due: number[] = [];
      for (const row of open)
        due.push(
          result.ok
            ? await this.#delivered(tx, row, result, now)
            : await this.#failed(tx, row, result, isTest(row) ? undefined : wait, !disabled, now),
        );
      if (endpoint && health) due.push(await this.#passBy(tx, { ...first!, channel: endpoint.id }, health, now));
      return { due: Math.min(...due), health };
    });
  }

  /** An attempt that was cut short by the process stopping: it does not count. */
  async release({ rows }: Parcel, result: Failure): Promise<void> {
    await this.#inSchool(rows[0]!.school, async (tx) => {
      for (const row of await underWay(tx, rows)) {
        const interrupted = result.uncertain === true;
        const uncertain = row.uncertain || interrupted;
        await changeMessage(tx, row.id, { status: 'waiting', uncertain, interrupted, attempts: row.attempts - 1 });
        await this.#withdrawIfOver(tx, { ...row, uncertain });
      }
    });
  }

  /** How the endpoint does after this attempt; undefined where that says nothing about it. */
  async #health(
    tx: StateDb,
    row: OutboxRow,
    result: DeliveryResult,
    endpoint: Endpoint | undefined,
    now: number,
  ): Promise<HealthChange | undefined> {
    if (!endpoint || (result.ok && result.skipped !== undefined)) return undefined;
    const { school, contact } = row;
    const identity = {
      school,
      contact,
      channel: endpoint.id,
      type: endpoint.type,
      fingerprint: fingerprintOf(endpoint),
    };
    const stored = await findEndpoint(tx, identity);
    const before = stored?.fingerprint === identity.fingerprint ? stored : undefined;
    const after = afterAttempt(before, identity, result, now);
    await saveEndpoint(tx, after);
    return { before, after };
  }

  /** An endpoint that has just died is not waited for by anything; one that answers again gets at once what it missed. Returns what is due then. */
  async #passBy(tx: StateDb, key: EndpointKey, { before, after }: HealthChange, now: number): Promise<number> {
    if (isDown(after) && !isDown(before)) {
      const down = await downTargets(tx, key.school, this.#options.directory(key.school));
      const due: number[] = [];
      for (const page of await waitingPages(tx, key, PAGES_PASSED_BY))
        due.push(await advance(tx, page, down, false, now));
      return Math.min(...due);
    }
    if (isDown(before) && !isDown(after) && (await hastenRetries(tx, key, now)) > 0) return now;
    return Number.POSITIVE_INFINITY;
  }

  async #delivered(tx: StateDb, row: OutboxRow, { skipped }: Success, now: number): Promise<number> {
    await changeMessage(tx, row.id, { status: 'sent', sentAt: now, lastError: null });
    // What a channel has no use for is done with, but nobody was told.
    if (skipped === undefined) await this.#event(tx, row, 'notified', now, row.interrupted ? { again: true } : {});
    const alert = await findAlert(tx, row.alertId);
    if (!alert || row.kind !== 'open') return Number.POSITIVE_INFINITY;
    const directory = this.#options.directory(row.school);
    if (alert.state === 'open') return enqueueRepeat(tx, alert, row, directory, now);
    // What became suppressed meanwhile is not over: its one "closed" is owed when it is.
    if (alert.state !== 'resolved') return Number.POSITIVE_INFINITY;
    await enqueueClosings(tx, alert, directory, now);
    return now;
  }

  /** `wait`: until the next attempt, ms; undefined: there is none. `news`: that it cannot arrive is not known since an earlier message. */
  async #failed(
    tx: StateDb,
    row: OutboxRow,
    result: Failure,
    wait: number | undefined,
    news: boolean,
    now: number,
  ): Promise<number> {
    const final = wait === undefined;
    const uncertain = row.uncertain || result.uncertain === true;
    const next = final ? { status: 'failed' as const } : { status: 'waiting' as const, dueAt: now + wait };
    await changeMessage(tx, row.id, { ...next, uncertain, lastError: result.reason });
    const failed = { ...row, ...next, uncertain };
    if (await this.#withdrawIfOver(tx, failed)) return now;
    const directory = this.#options.directory(row.school);
    const down = await downTargets(tx, row.school, directory);
    const hopeless = hopelessAt(now, down)(failed);
    if (final || row.attempts === ATTEMPTS_BEFORE_ADVANCE || (hopeless && row.attempts === 1))
      await this.#event(tx, row, 'notify_failed', now, { reason: result.reason, final });
    const due = [final ? Number.POSITIVE_INFINITY : now + wait];
    if (row.kind === 'open' && hopeless) {
      due.push(await advance(tx, failed, down, news && !result.retryable, now));
      const alert = final ? await findAlert(tx, row.alertId) : undefined;
      if (alert) due.push(await enqueueRepeat(tx, alert, row, directory, now));
    }
    return Math.min(...due);
  }

  /** For a page that nobody waits for any more: withdraws it, and tells that the alert is over where the page may have arrived. */
  async #withdrawIfOver(tx: StateDb, row: OutboxRow): Promise<boolean> {
    if (row.kind !== 'open') return false;
    const alert = await findAlert(tx, row.alertId);
    // A page of a ladder that was acknowledged or begun anew meanwhile is as idle as one of an alert that is over.
    const over = alert === undefined || alert.state === 'resolved';
    const silent = alert?.state === 'suppressed';
    if (!over && !silent && alert.ackedBy === null && alert.round === row.round) return false;
    const lastError = over
      ? 'the alert resolved before this was sent'
      : silent
        ? `suppressed before this was sent: ${alert.suppression?.reason}`
        : 'acknowledged or handed over before this was sent';
    await changeMessage(tx, row.id, { status: 'cancelled', lastError });
    if (alert && over) await enqueueClosings(tx, alert, this.#options.directory(row.school), this.#options.clock.now());
    return true;
  }

  /** A rung that nobody answered before it: ownership moves, while the ladder goes on. A pinned alert stays, and is told all the same. */
  async #transfer(tx: StateDb, row: OutboxRow, now: number): Promise<Sample[]> {
    const before = await findAlert(tx, row.alertId);
    if (!before || before.owner === row.party) return [];
    const move = {
      to: row.party,
      why: `ladder step ${row.step + 1}`,
      reason: 'nobody acknowledged',
      detail: { step: row.step },
    };
    const after = await moveOwner(tx, this.#options, before, move, now);
    return after ? changeSamples(before, after, now) : [];
  }

  #event(
    tx: StateDb,
    row: OutboxRow,
    type: 'notified' | 'notify_failed',
    now: number,
    more: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    // A test is about no alert.
    if (isTest(row)) return Promise.resolve();
    const { id, kind, party, contact, channel, step, repeat, attempts, groupId } = row;
    const group = groupId === null ? {} : { group: groupId };
    const detail = { message: id, kind, party, contact, channel, step, repeat, attempts, ...group, ...more };
    return appendEvent(tx, { alertId: row.alertId, school: row.school, type, at: now, decidedAt: now, detail });
  }
}

/** Those of the rows that stand as this attempt left them. */
async function underWay(tx: StateDb, rows: readonly OutboxRow[]): Promise<OutboxRow[]> {
  const still: OutboxRow[] = [];
  for (const row of rows) {
    const stored = await findMessage(tx, row.id);
    if (stored?.status === 'sending' && stored.attempts === row.attempts) still.push(row);
  }
  return still;
}

async function isDisabled(
  tx: StateDb,
  { school, contact }: OutboxRow,
  endpoint: Endpoint | undefined,
): Promise<boolean> {
  const record = endpoint && (await findEndpoint(tx, { school, contact, channel: endpoint.id }));
  return record !== undefined && record.disabledAt !== null && record.fingerprint === fingerprintOf(endpoint!);
}
