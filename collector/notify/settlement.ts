import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import { SAFETY_NET } from '../engagement/ladder.ts';
import { appendEvent, findAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { changeMessage, findMessage, interruptedMessages, messagesOf, type OutboxRow } from '../state/outbox.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import { changeSamples } from './alert-sample.ts';
import type { DeliveryResult } from './channels/channel.ts';
import { enqueueClosings } from './closing.ts';
import type { Directory } from './directory.ts';
import { nextRung } from './ledger.ts';
import { moveOwner } from './moves.ts';
import type { Pager } from './pager.ts';
import { enqueueRepeat } from './paging.ts';
import { ATTEMPTS_BEFORE_ADVANCE, retryDelay } from './retry-schedule.ts';

export interface SettlementOptions {
  readonly db: StateDb;
  readonly directory: Directory;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly record?: (samples: readonly Sample[]) => void;
  readonly random?: () => number;
  /** Transactions of a school; default: any, whoever answers for the school. */
  readonly inSchool?: SchoolTransaction;
}

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
      for (const row of rows) await changeMessage(tx, row.id, { status: 'waiting', uncertain: true });
      for (const row of rows) await this.#withdrawIfOver(tx, row);
    });
  }

  /** Takes a due message for sending, or undefined when it is not to be sent (any more). A step that moves ownership moves it here. */
  async claim({ id, school }: Pick<OutboxRow, 'id' | 'school'>): Promise<OutboxRow | undefined> {
    const { clock, record } = this.#options;
    const now = clock.now();
    const samples: Sample[] = [];
    const claimed = await this.#inSchool(school, async (tx) => {
      const row = await findMessage(tx, id);
      if (row?.status !== 'waiting' || row.dueAt > now) return undefined;
      if (await this.#withdrawIfOver(tx, row)) return undefined;
      if (row.transfer && row.attempts === 0) samples.push(...(await this.#transfer(tx, row, now)));
      const taken = { status: 'sending', attempts: row.attempts + 1 } as const;
      await changeMessage(tx, id, taken);
      return { ...row, ...taken };
    });
    if (samples.length > 0) record?.(samples);
    return claimed;
  }

  /** Records how an attempt ended, and what follows from it. Returns when the first message that came of it is due, ms; Infinity: none. */
  async settle(row: OutboxRow, result: DeliveryResult): Promise<number> {
    return this.#inSchool(row.school, async (tx) => {
      // Written down already (its answer was lost on the way), or taken over by another collector.
      if (!(await isUnderWay(tx, row))) return Number.POSITIVE_INFINITY;
      const now = this.#options.clock.now();
      return result.ok ? this.#delivered(tx, row, result, now) : this.#failed(tx, row, result, now);
    });
  }

  /** An attempt that was cut short by the process stopping: it does not count. */
  async release(row: OutboxRow, result: Failure): Promise<void> {
    await this.#inSchool(row.school, async (tx) => {
      if (!(await isUnderWay(tx, row))) return;
      const uncertain = row.uncertain || result.uncertain === true;
      await changeMessage(tx, row.id, { status: 'waiting', uncertain, attempts: row.attempts - 1 });
      await this.#withdrawIfOver(tx, { ...row, uncertain });
    });
  }

  async #delivered(tx: StateDb, row: OutboxRow, { skipped }: Success, now: number): Promise<number> {
    await changeMessage(tx, row.id, { status: 'sent', sentAt: now, lastError: null });
    // What a channel has no use for is done with, but nobody was told.
    if (skipped === undefined) await this.#event(tx, row, 'notified', now, {});
    const alert = await findAlert(tx, row.alertId);
    if (!alert || row.kind !== 'open') return Number.POSITIVE_INFINITY;
    const directory = this.#options.directory(row.school);
    if (alert.state === 'open') return enqueueRepeat(tx, alert, row, directory, now);
    await enqueueClosings(tx, alert, directory, now);
    return now;
  }

  async #failed(tx: StateDb, row: OutboxRow, result: Failure, now: number): Promise<number> {
    const random = (this.#options.random ?? Math.random)();
    const wait = result.retryable ? retryDelay(row.attempts, random, result.retryAfterMs) : undefined;
    const uncertain = row.uncertain || result.uncertain === true;
    const next = wait === undefined ? { status: 'failed' as const } : { status: 'waiting' as const, dueAt: now + wait };
    await changeMessage(tx, row.id, { ...next, uncertain, lastError: result.reason });
    if (await this.#withdrawIfOver(tx, { ...row, uncertain })) return now;
    const final = wait === undefined;
    if (final || row.attempts === ATTEMPTS_BEFORE_ADVANCE) {
      await this.#event(tx, row, 'notify_failed', now, { reason: result.reason, final });
    }
    const due = [final ? Number.POSITIVE_INFINITY : now + wait];
    if (row.kind === 'open' && (final || row.attempts >= ATTEMPTS_BEFORE_ADVANCE)) {
      if (await this.#advance(tx, row, !result.retryable, now)) due.push(now);
      const alert = final ? await findAlert(tx, row.alertId) : undefined;
      if (alert) due.push(await enqueueRepeat(tx, alert, row, this.#options.directory(row.school), now));
    }
    return Math.min(...due);
  }

  /** A page that does not get through is no reason to wait out the ladder: the next rung is told now, and with `all` the safety net too. */
  async #advance(tx: StateDb, row: OutboxRow, all: boolean, now: number): Promise<boolean> {
    const rows = await messagesOf(tx, row.alertId);
    const waits = (r: OutboxRow): boolean => r.status === 'waiting' && r.attempts === 0 && r.dueAt > now;
    const net = all
      ? rows.filter((r) => r.kind === 'open' && r.round === row.round && r.party === SAFETY_NET && r.step > row.step)
      : [];
    const early = [...nextRung(rows, row, ATTEMPTS_BEFORE_ADVANCE), ...net].filter(waits);
    for (const other of early) await changeMessage(tx, other.id, { dueAt: now });
    return early.length > 0;
  }

  /** For a page that nobody waits for any more: withdraws it, and tells that the alert is over where the page may have arrived. */
  async #withdrawIfOver(tx: StateDb, row: OutboxRow): Promise<boolean> {
    if (row.kind !== 'open') return false;
    const alert = await findAlert(tx, row.alertId);
    // A page of a ladder that was acknowledged or begun anew meanwhile is as idle as one of an alert that is over.
    const over = alert?.state !== 'open';
    if (!over && alert.ackedBy === null && alert.round === row.round) return false;
    const lastError = over
      ? 'the alert resolved before this was sent'
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
    const { id, kind, party, contact, channel, step, repeat, attempts } = row;
    const detail = { message: id, kind, party, contact, channel, step, repeat, attempts, ...more };
    return appendEvent(tx, { alertId: row.alertId, school: row.school, type, at: now, decidedAt: now, detail });
  }
}

/** Whether the attempt that `row` was claimed for is the one that the database knows of. */
async function isUnderWay(tx: StateDb, row: OutboxRow): Promise<boolean> {
  const now = await findMessage(tx, row.id);
  return now?.status === 'sending' && now.attempts === row.attempts;
}
