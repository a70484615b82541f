import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { Alert, AlertChange } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Decision, Responsibility } from '../engagement/decision.ts';
import { findActiveAlert, findAlert, listAlerts, record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import { alertSample, changeSamples } from './alert-sample.ts';
import { enqueueClosings } from './closing.ts';
import type { Directory } from './directory.ts';
import { Pager } from './pager.ts';
import { decideFor } from './router.ts';
import { changeSeverity } from './severity.ts';
import type { Suppression } from './suppression.ts';

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
  /** Messages one school may have waiting. Default 5,000. */
  readonly waitingLimit?: number;
  /** Transactions of a school; default: any, whoever answers for the school. */
  readonly inSchool?: SchoolTransaction;
  /** Told when routing failed and the base owner stands in. */
  readonly onFault?: (school: string, problem: string) => void;
  /** Decides of which alerts nobody is told; without it everybody is. */
  readonly suppression?: Pick<Suppression, 'begin' | 'admit' | 'applied' | 'follow' | 'devicesBehind'>;
}

/**
 * From what the evaluator decided to what is stored and who is told: alert, event log and messages change together or not at all.
 * Applying a change twice has no second effect, so after a failure (BW_STATE, or a crash before the evaluator saved its own state)
 * the caller applies again.
 */
export class AlertPipeline {
  readonly #options: PipelineOptions;
  readonly #pager: Pager;
  readonly #changes;
  readonly #inSchool: SchoolTransaction;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#pager = new Pager(options);
    this.#inSchool = options.inSchool ?? schoolTransactions(options.db);
    this.#changes = options.metrics.counter(
      'bellwether_collector_alert_changes_total',
      'Alert changes applied, by type.',
      ['type'],
    );
  }

  /** Applies changes in order, each in a transaction of its own. Returns the samples of measurement `alert` to store. */
  async apply(changes: readonly AlertChange[]): Promise<Sample[]> {
    const samples: Sample[] = [];
    this.#options.suppression?.begin();
    for (const change of changes) {
      samples.push(...(await this.#applyOne(change)));
      // The first page of many goes out while the rest is still being written.
      this.#options.outbox.notify();
    }
    samples.push(...((await this.#options.suppression?.follow(changes)) ?? []));
    return samples;
  }

  /** One sample per open alert of these schools, for boards; due once a minute. */
  async heartbeat(now: number, schools: readonly string[]): Promise<Sample[]> {
    const alerts = await listAlerts(this.#options.db, { states: ['open', 'suppressed'], limit: HEARTBEAT_LIMIT });
    const own = new Set(schools);
    return alerts.filter(({ school }) => own.has(school)).map((alert) => alertSample(alert, now));
  }

  async #applyOne(change: AlertChange): Promise<Sample[]> {
    const now = this.#options.clock.now();
    const result = await this.#inSchool(change.alert.school, async (tx) => {
      const before = await this.#current(tx, change.alert);
      const after = await this.#transition(tx, change, before, now);
      return after && { before, after };
    });
    if (!result) return [];
    const { before, after } = result;
    this.#options.suppression?.applied(after);
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
      case 'severity_changed':
        return before && before.state !== 'resolved' ? this.#severity(tx, change, before, now) : undefined;
      case 'resolved':
      case 'cancelled':
        // By the stored state: an evaluator that lost its own may see only "pending, cancelled" of an alert people were told about.
        if (before?.state === 'open' || before?.state === 'suppressed') return this.#resolved(tx, change, before, now);
        return before?.state === 'pending' ? this.#cancelled(tx, change, before, now) : undefined;
    }
  }

  #pending(tx: StateDb, change: AlertChange, now: number): Promise<StoredAlert> {
    const alert: Alert = { ...change.alert, state: 'pending', openedAt: null, resolvedAt: null };
    const detail = { reason: change.reason, alert };
    return record(tx, undefined, { type: 'pending', at: alert.pendingAt, decidedAt: now, detail });
  }

  async #opened(tx: StateDb, change: AlertChange, before: StoredAlert | undefined, now: number): Promise<StoredAlert> {
    const openedAt = change.alert.openedAt ?? now;
    const snapshot: Alert = {
      ...this.#spoken(change.alert),
      id: before?.id ?? change.alert.id,
      pendingAt: before?.pendingAt ?? change.alert.pendingAt,
      openedAt,
      resolvedAt: null,
      state: 'open',
    };
    const detail = { reason: change.reason, alert: snapshot, decision: this.#decide(snapshot, now) };
    const alert = await record(tx, before, { type: 'opened', at: openedAt, decidedAt: now, detail });
    const quiet = await this.#options.suppression?.admit(tx, alert, now);
    return quiet ?? this.#pager.page(tx, alert, now);
  }

  #severity(tx: StateDb, change: AlertChange, before: StoredAlert, now: number): Promise<StoredAlert | undefined> {
    const parts = {
      directory: this.#options.directory,
      pager: this.#pager,
      decide: (alert: StoredAlert) => this.#decide(alert, now),
    };
    return changeSeverity(tx, parts, { ...change, alert: this.#spoken(change.alert) }, before, now);
  }

  async #resolved(tx: StateDb, change: AlertChange, before: StoredAlert, now: number): Promise<StoredAlert> {
    const at = change.alert.resolvedAt ?? now;
    const detail = { reason: change.reason, value: change.alert.value };
    const alert = await record(tx, before, { type: 'resolved', at, decidedAt: now, detail });
    await this.#pager.stop(tx, alert, 'the alert resolved before this was sent');
    await enqueueClosings(tx, alert, this.#options.directory(alert.school), now);
    return alert;
  }

  #cancelled(tx: StateDb, change: AlertChange, before: StoredAlert, now: number): Promise<StoredAlert> {
    const at = change.alert.resolvedAt ?? now;
    return record(tx, before, { type: 'cancelled', at, decidedAt: now, detail: { reason: change.reason } });
  }

  #spoken(alert: Alert): Alert {
    return { ...alert, summary: withBehind(alert.summary, this.#options.suppression?.devicesBehind(alert) ?? 0) };
  }

  #decide(alert: Alert, now: number): Decision | null {
    const { responsibility, log, onFault } = this.#options;
    let decision: Decision | null = null;
    let fault: string | undefined;
    try {
      decision = decideFor(responsibility, alert, now);
      fault = decision?.fault;
    } catch (error) {
      fault = errorMessage(error);
    }
    if (fault !== undefined) {
      log.error({ alert: alert.id, school: alert.school, err: fault }, 'routing failed');
      onFault?.(alert.school, fault);
    }
    return decision;
  }
}

/** What is told of the root cause speaks for those that are not told of. */
function withBehind(summary: string, devices: number): string {
  return devices === 0 ? summary : `${summary}, and ${devices} ${devices === 1 ? 'device' : 'devices'} behind it`;
}
