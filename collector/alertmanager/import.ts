import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { AlertChange } from '../alert/alert.ts';
import { findActiveAlert, listAlerts } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import {
  findImported,
  forgetImported,
  importedOfKeys,
  openImported,
  purgeImported,
  saveImported,
} from '../state/imported-alerts.ts';
import { listTokens } from '../state/tokens.ts';
import type { AlertmanagerMapping } from './mapping.ts';
import { importedAlert, importedKey, watchdogKey } from './mapping.ts';
import type { Notification, NotifiedAlert } from './notification.ts';
import { SILENT_RULE, silentAlert, silentSites } from './silence.ts';

export interface AlertmanagerImportParts {
  readonly db: StateDb;
  readonly pipeline: { apply(changes: readonly AlertChange[]): Promise<Sample[]> };
  /** Asked at each notification, so that a reloaded configuration takes effect. */
  readonly mapping: () => AlertmanagerMapping;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
  readonly newId: () => string;
  /** Takes the samples of measurement `alert`. */
  readonly record: (samples: readonly Sample[]) => void;
}

interface Of {
  readonly school: string;
  readonly site: string;
}

/** What became of the alerts of a notification. */
export interface Imported {
  readonly opened: number;
  readonly resolved: number;
  /** Told before, or the end of something that is not open. */
  readonly unchanged: number;
}

const WATCH_MS = 60_000;
/** Ended by people and not heard of since: forgotten after this long. */
const KEPT_MS = 90 * 86_400_000;
const SILENT_LIMIT = 10_000;

/**
 * Alerts that a Prometheus Alertmanager tells of, as alerts of ours: they go the way of those that rules open. One notification at a time, each
 * alert in a transaction of its own; what was told before changes nothing, so a notification that broke off is simply told again.
 */
export class AlertmanagerImport {
  readonly #parts: AlertmanagerImportParts;
  readonly #startedAt: number;
  readonly #alerts;
  readonly #truncated;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: AlertmanagerImportParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#alerts = parts.metrics.counter(
      'bellwether_collector_alertmanager_alerts_total',
      'Alerts told by an Alertmanager, by what became of them (opened, resolved, unchanged, unreadable).',
      ['result'],
    );
    this.#truncated = parts.metrics.counter(
      'bellwether_collector_alertmanager_truncated_total',
      'Alerts that an Alertmanager left out of its notifications (max_alerts of the receiver).',
    );
  }

  /** Resolves once all of it is on disk. @throws when the database does not take it now: to be told again */
  take(of: Of, notification: Notification): Promise<Imported> {
    const work = this.#last.then(() => this.#take(of, notification));
    this.#last = work.catch(() => {});
    return work;
  }

  /** Looks every minute for open alerts that are told of no more. Runs until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'looking for silent Alertmanagers failed, tried again', every: WATCH_MS },
      () => this.look(),
      signal,
    );
  }

  /** Opens and ends the alerts about Alertmanagers that are silent (silence.ts). */
  async look(): Promise<void> {
    const { db, clock, mapping, pipeline, newId, record, holds = () => true } = this.#parts;
    const now = clock.now();
    const sites = new Set(
      (await listTokens(db)).filter((t) => t.revokedAt === null).map((t) => watchdogKey(t.school, t.site)),
    );
    const [open, watchdogs] = [await openImported(db), await importedOfKeys(db, [...sites])];
    const silent = silentSites(open, watchdogs, mapping().silent_after, this.#startedAt, now).filter(({ school }) =>
      holds(school),
    );
    const asked = (await listAlerts(db, { unresolved: true, rule: SILENT_RULE, limit: SILENT_LIMIT })).filter(
      ({ school }) => holds(school),
    );
    const alerts = silent.map((of) => silentAlert(of, now, newId()));
    const over = asked.filter((old) => !alerts.some(({ key }) => key === old.key));
    record(
      await pipeline.apply([
        ...alerts.map((alert) => ({ type: 'opened' as const, alert, reason: alert.condition })),
        ...over.map((alert) => ({
          type: 'resolved' as const,
          alert: { ...alert, state: 'resolved' as const, resolvedAt: now },
          reason: 'heard of again, or over',
        })),
      ]),
    );
    await purgeImported(db, now - KEPT_MS, [...sites]);
  }

  async #take(of: Of, { alerts, truncated, problems }: Notification): Promise<Imported> {
    const counts = { opened: 0, resolved: 0, unchanged: 0 };
    for (const alert of alerts) {
      const result = await this.#one(of, alert);
      counts[result]++;
      this.#alerts.inc({ result });
    }
    this.#alerts.inc({ result: 'unreadable' }, problems.length);
    this.#truncated.inc(truncated);
    const { log } = this.#parts;
    if (truncated > 0) log.warn({ ...of, truncated }, 'an Alertmanager leaves alerts out: its receiver has max_alerts');
    if (problems.length > 0) log.warn({ ...of, problems: problems.slice(0, 5) }, 'alerts of an Alertmanager not taken');
    return counts;
  }

  #one(of: Of, alert: NotifiedAlert): Promise<keyof Imported> {
    if (this.#parts.mapping().watchdogs.includes(alert.labels['alertname'] ?? '')) return this.#watchdog(of, alert);
    return alert.status === 'firing' ? this.#firing(of, alert) : this.#resolved(of, alert);
  }

  /** Its end means that whoever should keep it firing is gone. */
  async #watchdog(of: Of, { status, startsAt }: NotifiedAlert): Promise<'unchanged'> {
    const { db, clock } = this.#parts;
    const heardAt = status === 'firing' ? clock.now() : 0;
    await saveImported(db, { ...of, key: watchdogKey(of.school, of.site), startsAt, heardAt });
    return 'unchanged';
  }

  async #firing(of: Of, notified: NotifiedAlert): Promise<'opened' | 'unchanged'> {
    const { db, clock, mapping, newId } = this.#parts;
    const now = clock.now();
    const alert = importedAlert(notified, of, mapping(), now, newId());
    const known = await findActiveAlert(db, alert.key);
    if (!known) await this.#apply({ type: 'opened', alert, reason: 'firing, says Alertmanager' });
    await saveImported(db, { ...of, key: alert.key, startsAt: notified.startsAt, heardAt: now });
    return known ? 'unchanged' : 'opened';
  }

  async #resolved(of: Of, notified: NotifiedAlert): Promise<'resolved' | 'unchanged'> {
    const { db, clock } = this.#parts;
    const key = importedKey(of.school, of.site, notified);
    const [known, told] = [await findActiveAlert(db, key), await findImported(db, key)];
    const now = clock.now();
    const end = notified.endsAt === undefined || notified.endsAt > now ? now : notified.endsAt;
    // Of two Alertmanagers the slower one may tell the end of a time before this one.
    const earlier = told !== undefined && notified.startsAt < told.startsAt && end <= told.startsAt;
    if (earlier) return 'unchanged';
    if (known) {
      const resolvedAt = Math.max(end, known.openedAt ?? known.pendingAt);
      const alert = { ...known, state: 'resolved' as const, resolvedAt };
      await this.#apply({ type: 'resolved', alert, reason: 'resolved, says Alertmanager' });
    }
    await forgetImported(db, key);
    return known ? 'resolved' : 'unchanged';
  }

  async #apply(change: AlertChange): Promise<void> {
    this.#parts.record(await this.#parts.pipeline.apply([change]));
  }
}
