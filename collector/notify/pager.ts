import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { StoredAlert } from '../alert/life.ts';
import { record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { cancelWaiting, dropExcess, enqueue } from '../state/outbox.ts';
import type { Directory } from './directory.ts';
import { messageId } from './ledger.ts';
import type { Message } from './message.ts';
import { enqueueLadder } from './paging.ts';

/** Messages one school may have waiting. */
const WAITING_LIMIT = 5_000;

export interface PagerOptions {
  readonly directory: Directory;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Default 5,000. */
  readonly waitingLimit?: number;
}

/** Something told once to one contact, about an alert or a hand-over (`about`: its id). */
export interface Note {
  readonly about: string;
  readonly school: string;
  readonly party: string;
  readonly contact: string;
  readonly message: Message;
}

/** Fills the outbox, in the caller's transaction. An alert that reaches nobody is an error of its own, in the log, the event log and the metrics. */
export class Pager {
  readonly #options: PagerOptions;
  readonly #unreachable;
  readonly #dropped;

  constructor(options: PagerOptions) {
    this.#options = options;
    this.#unreachable = options.metrics.counter(
      'bellwether_collector_unreachable_contacts_total',
      'Ladder steps that named a contact without any channel, or alerts without anybody to tell.',
    );
    this.#dropped = options.metrics.counter(
      'bellwether_collector_outbox_dropped_total',
      'Messages dropped because a school had too many waiting.',
      ['school'],
    );
  }

  /** Begins the ladder of the alert's decision. Returns the alert after: it may be held. */
  async page(tx: StateDb, alert: StoredAlert, now: number): Promise<StoredAlert> {
    await this.#enqueue(tx, alert, now);
    const until = heldUntil(alert, now);
    if (until === undefined) return alert;
    const detail = { until, reason: 'nobody of its owner is on duty' };
    return record(tx, alert, { type: 'held', at: now, decidedAt: now, detail });
  }

  async #enqueue(tx: StateDb, alert: StoredAlert, now: number): Promise<void> {
    const { log, waitingLimit = WAITING_LIMIT } = this.#options;
    const directory = this.#options.directory(alert.school);
    const ladder =
      alert.decision && directory ? await enqueueLadder(tx, alert, alert.decision, directory, now) : undefined;
    this.#unreachable.inc(ladder?.unreachable.length ?? 1);
    for (const { contact, step } of ladder?.unreachable ?? []) {
      log.warn({ alert: alert.id, school: alert.school, contact, step }, 'contact has no channel');
    }
    if (!ladder || ladder.rungs.length === 0) {
      const reason = ladder ? 'no step reaches anybody' : 'the school has no responsibility configured';
      log.error({ alert: alert.id, school: alert.school, reason }, 'alert reaches nobody');
      await record(tx, alert, { type: 'notify_failed', at: now, decidedAt: now, detail: { reason, final: true } });
      return;
    }
    const dropped = await dropExcess(tx, alert.school, waitingLimit);
    if (dropped === 0) return;
    this.#dropped.inc({ school: alert.school }, dropped);
    log.error({ school: alert.school, dropped, limit: waitingLimit }, 'too many messages waiting, dropped');
  }

  /** Ends the running ladder: what waits is withdrawn, what is under way may still arrive. */
  async stop(tx: StateDb, alert: StoredAlert, reason: string): Promise<void> {
    await cancelWaiting(tx, alert.id, reason);
  }

  /** Tells a contact something once, on every channel it has, at `dueAt`. */
  async note(tx: StateDb, { about, school, party, contact, message }: Note, now: number, dueAt = now): Promise<void> {
    const endpoints = this.#options.directory(school)?.endpoints(contact) ?? [];
    const body = JSON.stringify(message);
    await enqueue(
      tx,
      endpoints.map(({ id: channel }) => ({
        id: messageId(`${about} ${message.type} ${now}`, 'note', 0, -1, 0, { party, contact, channel }),
        alertId: about,
        school,
        kind: 'note' as const,
        round: 0,
        party,
        contact,
        channel,
        step: -1,
        repeat: 0,
        repeatMs: null,
        transfer: false,
        body,
        dueAt,
        createdAt: now,
      })),
    );
  }
}

/** When the first page of a decision that waits for its owner's duty is due; undefined: it waits for nobody. */
function heldUntil({ decision }: StoredAlert, now: number): number | undefined {
  const first = decision?.steps[0];
  return decision?.held == null || first === undefined || first.after_s <= 0 ? undefined : now + first.after_s * 1000;
}
