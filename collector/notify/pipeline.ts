import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { Alert, AlertChange, AlertEventType } from '../alert/alert.ts';
import type { Decision, Responsibility, RouteAlert } from '../engagement/decision.ts';
import { appendEvent, findActiveAlert, findAlert, listAlerts, type StoredAlert, saveAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { cancelWaiting, dropExcess } from '../state/outbox.ts';
import { alertSample, changeSamples } from './alert-sample.ts';
import { enqueueClosings } from './closing.ts';
import type { Directory } from './directory.ts';
import { enqueueLadder } from './paging.ts';

/** Messages one school may have waiting. */
const WAITING_LIMIT = 5_000;
const HEARTBEAT_LIMIT = 100_000;

export interface PipelineOptions {
  readonly db: StateDb;
  /** Who decides for a school; undefined for one that is not configured. */
  readonly responsibility: (school: string) => Responsibility | undefined;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Wakes the outbox after messages were added. */
  readonly outbox: { notify(): void };
  /** Default 5,000. */
  readonly waitingLimit?: number;
}

/**
 * From what the evaluator decided to what is stored and who is told: alert, event log and messages change together or not at all.
 * Applying a change twice has no second effect, so after a failure (BW_STATE, or a crash before the evaluator saved its own state)
 * the caller applies again.
 */
export class AlertPipeline {
  readonly #options: PipelineOptions;
  readonly #limit: number;
  readonly #changes;
  readonly #unreachable;
  readonly #dropped;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#limit = options.waitingLimit ?? WAITING_LIMIT;
    const { metrics } = options;
    this.#changes = metrics.counter('bellwether_collector_alert_changes_total', 'Alert changes applied, by type.', [
      'type',
    ]);
    this.#unreachable = metrics.counter(
      'bellwether_collector_unreachable_contacts_total',
      'Ladder steps that named a contact without any channel, or alerts without anybody to tell.',
    );
    this.#dropped = metrics.counter(
      'bellwether_collector_outbox_dropped_total',
      'Messages dropped because a school had too many waiting.',
      ['school'],
    );
  }

  /** Applies changes in order, each in a transaction of its own. Returns the samples of measurement `alert` to store. */
  async apply(changes: readonly AlertChange[]): Promise<Sample[]> {
    const samples: Sample[] = [];
    for (const change of changes) {
      samples.push(...(await this.#applyOne(change)));
      // The first page of many goes out while the rest is still being written.
      this.#options.outbox.notify();
    }
    return samples;
  }

  /** One sample per open alert, for boards; due once a minute. */
  async heartbeat(now: number): Promise<Sample[]> {
    const alerts = await listAlerts(this.#options.db, { states: ['open'], limit: HEARTBEAT_LIMIT });
    return alerts.map((alert) => alertSample(alert, now));
  }

  async #applyOne(change: AlertChange): Promise<Sample[]> {
    const now = this.#options.clock.now();
    const result = await this.#options.db.transaction().execute(async (tx) => {
      const before = await this.#current(tx, change.alert);
      const after = await this.#transition(tx, change, before, now);
      return after && { before, after };
    });
    if (!result) return [];
    const { before, after } = result;
    this.#changes.inc({ type: change.type });
    this.#options.log.info(
      {
        alert: after.id,
        school: after.school,
        rule: after.rule,
        owner: after.owner,
        why: after.why,
        reason: change.reason,
      },
      `alert ${change.type}: ${after.summary}`,
    );
    return changeSamples(before, after, now);
  }

  /**
   * The stored form of the evaluator's alert. When the evaluator lost its state it names an alert that is still there by a new id: there is
   * one unresolved alert per key, and the stored id is the one people were told about.
   */
  async #current(tx: StateDb, alert: Alert): Promise<StoredAlert | undefined> {
    return (await findAlert(tx, alert.id)) ?? (await findActiveAlert(tx, alert.key));
  }

  /** The new form, or undefined when the change has been applied before or has nothing to act on. */
  async #transition(
    tx: StateDb,
    change: AlertChange,
    before: StoredAlert | undefined,
    now: number,
  ): Promise<StoredAlert | undefined> {
    switch (change.type) {
      case 'pending':
        return before ? undefined : this.#pending(tx, change, now);
      case 'opened':
        return !before || before.state === 'pending' ? this.#opened(tx, change, before, now) : undefined;
      case 'resolved':
      case 'cancelled':
        // By the stored state: an evaluator that lost its own may see only "pending, cancelled" of an alert people were told about.
        if (before?.state === 'open') return this.#resolved(tx, change, before, now);
        return before?.state === 'pending' ? this.#cancelled(tx, change, before, now) : undefined;
    }
  }

  async #pending(tx: StateDb, change: AlertChange, now: number): Promise<StoredAlert> {
    const snapshot: Alert = { ...change.alert, state: 'pending', openedAt: null, resolvedAt: null };
    const alert: StoredAlert = { ...snapshot, owner: null, why: null, decision: null };
    await saveAlert(tx, alert);
    await this.#event(tx, alert, 'pending', alert.pendingAt, now, { reason: change.reason, alert: snapshot });
    return alert;
  }

  async #opened(tx: StateDb, change: AlertChange, before: StoredAlert | undefined, now: number): Promise<StoredAlert> {
    const snapshot: Alert = {
      ...change.alert,
      id: before?.id ?? change.alert.id,
      pendingAt: before?.pendingAt ?? change.alert.pendingAt,
      openedAt: change.alert.openedAt ?? now,
      resolvedAt: null,
      state: 'open',
    };
    const decision = this.#decide(snapshot, now);
    const alert: StoredAlert = { ...snapshot, owner: decision?.owner ?? null, why: decision?.why ?? null, decision };
    await saveAlert(tx, alert);
    await this.#event(tx, alert, 'opened', snapshot.openedAt ?? now, now, {
      reason: change.reason,
      alert: snapshot,
      decision,
    });
    await this.#page(tx, alert, now);
    return alert;
  }

  async #resolved(tx: StateDb, change: AlertChange, before: StoredAlert, now: number): Promise<StoredAlert> {
    const at = change.alert.resolvedAt ?? now;
    const alert: StoredAlert = { ...before, state: 'resolved', value: change.alert.value, resolvedAt: at };
    await saveAlert(tx, alert);
    await this.#event(tx, alert, 'resolved', at, now, { reason: change.reason, value: alert.value });
    await cancelWaiting(tx, alert.id, 'the alert resolved before this was sent');
    await enqueueClosings(tx, alert, this.#options.directory(alert.school), now);
    return alert;
  }

  async #cancelled(tx: StateDb, change: AlertChange, before: StoredAlert, now: number): Promise<StoredAlert> {
    const at = change.alert.resolvedAt ?? now;
    const alert: StoredAlert = { ...before, state: 'resolved', resolvedAt: at };
    await saveAlert(tx, alert);
    await this.#event(tx, alert, 'cancelled', at, now, { reason: change.reason });
    return alert;
  }

  #decide(alert: Alert, now: number): Decision | null {
    try {
      return this.#options.responsibility(alert.school)?.route(routeAlert(alert), now) ?? null;
    } catch (error) {
      this.#options.log.error({ alert: alert.id, school: alert.school, err: errorMessage(error) }, 'routing failed');
      return null;
    }
  }

  /** Fills the outbox; an alert that reaches nobody is an error of its own, in the log, the event log and the metrics. */
  async #page(tx: StateDb, alert: StoredAlert, now: number): Promise<void> {
    const directory = this.#options.directory(alert.school);
    const ladder =
      alert.decision && directory ? await enqueueLadder(tx, alert, alert.decision, directory, now) : undefined;
    this.#unreachable.inc(ladder?.unreachable.length ?? 1);
    for (const { contact, step } of ladder?.unreachable ?? []) {
      this.#options.log.warn({ alert: alert.id, school: alert.school, contact, step }, 'contact has no channel');
    }
    if (!ladder || ladder.rungs.length === 0) {
      const reason = ladder ? 'no step reaches anybody' : 'the school has no responsibility configured';
      this.#options.log.error({ alert: alert.id, school: alert.school, reason }, 'alert reaches nobody');
      await this.#event(tx, alert, 'notify_failed', now, now, { reason, final: true });
      return;
    }
    const dropped = await dropExcess(tx, alert.school, this.#limit);
    if (dropped === 0) return;
    this.#dropped.inc({ school: alert.school }, dropped);
    this.#options.log.error(
      { school: alert.school, dropped, limit: this.#limit },
      'too many messages waiting, dropped',
    );
  }

  #event(
    tx: StateDb,
    alert: Alert,
    type: AlertEventType,
    at: number,
    decidedAt: number,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return appendEvent(tx, { alertId: alert.id, school: alert.school, type, at, decidedAt, detail });
  }
}

/** What the router looks at: the alert, and the places and models its labels name. */
function routeAlert(alert: Alert): RouteAlert {
  const { id, domain, severity, site, rule, labels } = alert;
  const known = ['zone', 'device', 'vendor', 'model'].filter((name) => labels[name] !== undefined);
  return { id, domain, severity, site, rule, ...Object.fromEntries(known.map((name) => [name, labels[name]!])) };
}
