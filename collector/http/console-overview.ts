import type {
  AlertView,
  DeviceState,
  Overview,
  PartyView,
  SchoolView,
  SuppressedCount,
  ToldView,
} from '../../core/page-api.ts';
import type { StoredAlert } from '../alert/life.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import { lastSeenBySite } from '../state/agents.ts';
import { listAlerts } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { type ToldRow, toldRows } from '../state/told.ts';

const RESOLVED_FOR_MS = 24 * 3600_000;
const RESOLVED_LIMIT = 50;

export interface OverviewSchool {
  readonly school: string;
  readonly tz: string;
  readonly parties: ReadonlyMap<string, PartyView>;
}

export interface OverviewSources {
  readonly db: StateDb;
  readonly schools: readonly OverviewSchool[];
  /** Null while the metrics store cannot be read; alerts are shown all the same. */
  readonly devices: (school: string) => Promise<Record<DeviceState, number> | null>;
}

/** Everything the first screen shows. Each query names the school; what belongs to a school no longer configured is not shown. */
export async function readOverview({ db, schools, devices }: OverviewSources, now: number): Promise<Overview> {
  const parts = await Promise.all(
    schools.map(async ({ school, tz, parties }) => {
      const open = await alertsOf(db, school, 'open');
      const suppressed = suppressedCounts(
        school,
        await listAlerts(db, { school, states: ['suppressed'], limit: 10_000 }),
      );
      // What ended while nobody was told of it is no news either.
      const resolved = (await alertsOf(db, school, 'resolved')).filter(
        ({ resolvedAt, suppression, told }) =>
          resolvedAt !== null && resolvedAt > now - RESOLVED_FOR_MS && (suppression === null || told.length > 0),
      );
      const view: SchoolView = {
        school,
        tz,
        parties: [...parties.values()].map(({ id, name }) => ({ id, name })),
        openAlerts: countBySeverity(open),
        devices: await devices(school),
        agents: await lastSeenBySite(db, school),
      };
      return { view, open, suppressed, resolved };
    }),
  );
  return {
    schools: parts.map((part) => part.view),
    open: parts.flatMap((part) => part.open).sort(worstFirst),
    suppressed: parts.flatMap((part) => part.suppressed).sort((a, b) => b.alerts - a.alerts),
    resolved: parts
      .flatMap((part) => part.resolved)
      .sort((a, b) => b.resolvedAt! - a.resolvedAt! || (a.id < b.id ? -1 : 1))
      .slice(0, RESOLVED_LIMIT),
  };
}

const DEVICES_SHOWN = 5;

/** Pure: what is suppressed by what. */
export function suppressedCounts(school: string, alerts: readonly StoredAlert[]): SuppressedCount[] {
  return [...Map.groupBy(alerts, suppressionKey).values()].map((group) => {
    const { by, of, reason } = group[0]!.suppression!;
    const devices = [...new Set(group.flatMap(({ labels }) => labels['device'] ?? []))].sort();
    return { school, by, of, reason, alerts: group.length, devices: devices.slice(0, DEVICES_SHOWN) };
  });
}

/** What waits for a cause to show stands by itself, under what it waits for. */
export function suppressionKey({ suppression }: StoredAlert): string {
  const { by, of, reason } = suppression!;
  return JSON.stringify(of === null ? [by, reason] : [by, of]);
}

async function alertsOf(db: StateDb, school: string, state: 'open' | 'resolved'): Promise<AlertView[]> {
  const alerts = await listAlerts(db, { school, states: [state], ...(state === 'resolved' ? { limit: 200 } : {}) });
  const told = Map.groupBy(
    await toldRows(
      db,
      school,
      alerts.map((alert) => alert.id),
    ),
    (row) => row.alert_id,
  );
  return alerts.map((alert) => alertView(alert, told.get(alert.id) ?? []));
}

/** Pure: one alert as the page shows it. */
export function alertView(alert: StoredAlert, told: readonly ToldRow[]): AlertView {
  const { decision, owner, why } = alert;
  // The decision's words explain the owner it chose; after a ladder step moved the alert, only the step explains the new one.
  const reason = decision !== null && decision.owner === owner ? decision.text : why;
  return {
    id: alert.id,
    school: alert.school,
    site: alert.site,
    rule: alert.rule,
    domain: alert.domain,
    severity: alert.severity,
    summary: alert.summary,
    condition: alert.condition,
    device: alert.labels['device'] ?? null,
    openedAt: alert.openedAt ?? alert.pendingAt,
    resolvedAt: alert.resolvedAt,
    owner,
    reason,
    why,
    ackedBy: alert.ackedBy,
    ackedAt: alert.ackedAt,
    heldUntil: alert.heldUntil,
    suppression: alert.suppression,
    told: toldViews(told),
  };
}

/** Pure: one line a contact, channel and kind of message; of repeats the last that was sent, or the next to be. */
export function toldViews(rows: readonly ToldRow[]): ToldView[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.kind, row.party, row.contact, row.channel]));
  return [...groups.values()].map((group) => {
    const row = group.findLast((r) => r.status === 'sent') ?? group.find((r) => r.status !== 'cancelled') ?? group[0]!;
    return {
      kind: row.kind,
      party: row.party,
      contact: row.contact,
      channel: row.channel,
      status: row.status as ToldView['status'],
      at: Number(row.sent_at ?? row.due_at),
      attempts: Number(row.attempts),
      error: row.last_error,
    };
  });
}

function countBySeverity(alerts: readonly AlertView[]): SchoolView['openAlerts'] {
  const counts = { critical: 0, warning: 0, info: 0 };
  for (const alert of alerts) counts[alert.severity]++;
  return counts;
}

function worstFirst(a: AlertView, b: AlertView): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1)
  );
}
