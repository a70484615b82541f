import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { StoredAlert } from '../alert/life.ts';
import { findAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import {
  dropOldReceipts,
  dueReceipts,
  forgetReceipt,
  type PushoverReceipt,
  postponeReceipt,
  saveReceipts,
} from '../state/pushover-receipts.ts';
import { inSchool } from '../state/school-transaction.ts';
import type { AlertActions } from './actions.ts';
import { type AlertData, toldAlerts } from './channels/answer-links.ts';
import type { Delivery, Endpoint } from './channels/channel.ts';
import { EMERGENCY_EXPIRES_MS, type ReceiptKeeper } from './channels/pushover.ts';
import type { ReceiptCall, ReceiptState } from './channels/pushover-receipt.ts';
import type { Directory } from './directory.ts';
import { partyOfContact } from './link-party.ts';
import type { Router } from './router.ts';

export interface PushoverReceiptsParts {
  readonly db: StateDb;
  readonly calls: Pick<ReceiptCall, 'look' | 'cancel'>;
  readonly router: Router;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
  /** Takes the samples of measurement `alert` that come of an acknowledgement. */
  readonly record: (samples: readonly Sample[]) => void;
  /** Rows kept. Default 2,000. */
  readonly limit?: number;
}

/** Pushover asks for 5 s at least between two looks at a receipt. A press within the first minutes is what stops the ladder in time. */
const SOON_MS = 10_000;
const LATER_MS = 30_000;
const SOON_FOR_MS = 10 * 60_000;
/** After a failure, unless Pushover says how long. */
const PAUSE_MS = 30_000;
const STEP_MS = 5_000;
const AT_ONCE = 8;
const BATCH = 64;
const ROWS_LIMIT = 2_000;
/** Past its end a receipt is looked at a little longer: a press in its last seconds counts. */
const GRACE_MS = 60_000;

/**
 * Emergency notifications are repeated by Pushover until somebody presses; the press is seen by looking at the receipt, and acknowledges the
 * alert as the contact who was told. When the alert is acknowledged otherwise, or over, the notification is ended there. The rows are the only state.
 */
export class PushoverReceipts implements ReceiptKeeper {
  readonly #parts: PushoverReceiptsParts;
  readonly #dropped;

  constructor(parts: PushoverReceiptsParts) {
    this.#parts = parts;
    this.#dropped = parts.metrics.counter(
      'bellwether_collector_pushover_receipts_dropped_total',
      'Receipts of Pushover no longer looked at because there were too many.',
    );
  }

  /** Called by the channel when Pushover took an emergency. Never throws: it was delivered, whatever becomes of the receipt. */
  async keep({ body, endpoint }: Delivery, receipt: string): Promise<void> {
    const { db, clock, log, limit = ROWS_LIMIT } = this.#parts;
    const alerts = toldAlerts(dataOf(body));
    const now = clock.now();
    try {
      const [told] = alerts;
      if (!told) return;
      await inSchool(db, told.school, async (tx) => {
        const rows: PushoverReceipt[] = [];
        for (const { id, school, contact } of alerts) {
          const round = (await findAlert(tx, id))?.round ?? 0;
          const times = { createdAt: now, expiresAt: now + EMERGENCY_EXPIRES_MS };
          rows.push({
            receipt,
            alertId: id,
            school,
            contact,
            channel: endpoint.id,
            round,
            superseded: false,
            ...times,
          });
        }
        await saveReceipts(tx, rows, now + SOON_MS);
        this.#dropped.inc(await dropOldReceipts(tx, limit));
      });
    } catch (error) {
      log.error(
        { err: errorMessage(error), alert: alerts[0]?.id },
        'a press on a notification of Pushover will not be seen',
      );
    }
  }

  /** Runs until `signal` aborts. */
  async run(actions: AlertActions, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'receipts of Pushover not looked at, tried again', every: STEP_MS },
      () => this.step(actions, signal),
      signal,
    );
  }

  /** Looks at every receipt that is due. */
  async step(actions: AlertActions, signal: AbortSignal): Promise<void> {
    const { db, clock, holds } = this.#parts;
    const due = (await dueReceipts(db, clock.now(), BATCH)).filter(([row]) => row && holds?.(row.school) !== false);
    for (let i = 0; i < due.length && !signal.aborted; i += AT_ONCE)
      await Promise.all(due.slice(i, i + AT_ONCE).map((rows) => this.#look(rows, actions, signal)));
  }

  async #look(rows: readonly PushoverReceipt[], actions: AlertActions, signal: AbortSignal): Promise<void> {
    const { db, calls, clock, log } = this.#parts;
    const { receipt, contact, school, createdAt, expiresAt } = rows[0]!;
    const now = clock.now();
    const endpoint = this.#endpoint(rows[0]!);
    if (!endpoint || now > expiresAt + GRACE_MS) return forgetReceipt(db, receipt);
    const state = await calls.look(endpoint, receipt, signal);
    if (signal.aborted) return;
    if (state.kind === 'failed') {
      log.warn({ school, contact, reason: state.reason }, 'pushover: receipt not read');
      if (state.final) return forgetReceipt(db, receipt);
      return postponeReceipt(db, receipt, now + (state.retryAfterMs ?? PAUSE_MS));
    }
    const alerts = await Promise.all(rows.map((row) => findAlert(db, row.alertId)));
    if (state.kind === 'acknowledged') {
      for (const [i, row] of rows.entries()) await this.#acknowledge(row, alerts[i], state, actions);
      return forgetReceipt(db, receipt);
    }
    if (state.kind === 'expired') return forgetReceipt(db, receipt);
    if (rows.some((row, i) => isAwaited(row, alerts[i])))
      return postponeReceipt(db, receipt, now + (now - createdAt < SOON_FOR_MS ? SOON_MS : LATER_MS));
    if (await calls.cancel(endpoint, receipt, signal)) return forgetReceipt(db, receipt);
    return postponeReceipt(db, receipt, now + PAUSE_MS);
  }

  async #acknowledge(
    { alertId, school, contact, round }: PushoverReceipt,
    alert: StoredAlert | undefined,
    { at }: Extract<ReceiptState, { kind: 'acknowledged' }>,
    actions: AlertActions,
  ): Promise<void> {
    const { router, directory, record, log } = this.#parts;
    const known = router.school(school);
    const party = known && partyOfContact(known, contact);
    // A press that came before the ladder began anew answered the old one.
    const before = alert !== undefined && alert.round !== round && at < (alert.decidedAt ?? 0);
    if (alert?.state !== 'open' || alert.ackedBy !== null || party === undefined || before) return;
    const by = directory(school)?.nameOf(contact) ?? contact;
    const outcome = await actions.act(school, alertId, { action: 'ack', party, by, via: 'pushover' });
    if (outcome.ok) record(outcome.samples);
    else log.info({ alert: alertId, contact, reason: outcome.reason }, 'pushover: pressed too late');
  }

  #endpoint({ school, contact, channel }: PushoverReceipt): Endpoint | undefined {
    const endpoints = this.#parts.directory(school)?.endpoints(contact) ?? [];
    return endpoints.find(({ id, type }) => id === channel && type === 'pushover');
  }
}

/** Of a body that the channel has read already. */
function dataOf(body: string): AlertData {
  return (JSON.parse(body) as { readonly data: AlertData }).data;
}

/** Whether a press still would tell something. */
function isAwaited({ round, superseded }: PushoverReceipt, alert: StoredAlert | undefined): boolean {
  return !superseded && alert?.state === 'open' && alert.ackedBy === null && alert.round === round;
}
