import type {
  AlertView,
  DeviceState,
  Overview,
  PartyView,
  SchoolView,
  SuppressedCount,
  ToldView,
} from '../../core/page-api.ts';
import type { TenantId } from '../access/access.ts';
import { maySee } from '../access/informed.ts';
import type { StoredAlert } from '../alert/life.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import type { School } from '../engagement/school.ts';
import { lastSeenBySite } from '../state/agents.ts';
import type { StateDb } from '../state/database.ts';
import { tenantAlerts } from '../state/tenant-reads.ts';
import { type ToldRow, toldRows } from '../state/told.ts';

const RESOLVED_FOR_MS = 24 * 3600_000;
const RESOLVED_LIMIT = 50;
const RESOLVED_READ = 200;
const SUPPRESSED_READ = 10_000;

export interface OverviewSchool {
  readonly school: string;
  readonly tz: string;
  readonly parties: ReadonlyMap<string, PartyView>;
}

export interface OverviewSources {
  readonly db: StateDb;
  /** Null while the metrics store cannot be read; alerts are shown all the same. */
  readonly devices: (tenant: TenantId) => Promise<Record<DeviceState, number> | null>;
}

/** What there is to show of one school, for whoever may see all of it. */
export interface SchoolPart {
  readonly view: SchoolView;
  readonly open: readonly StoredAlert[];
  readonly suppressed: readonly StoredAlert[];
  readonly resolved: readonly StoredAlert[];
  /** By alert. */
  readonly told: ReadonlyMap<string, readonly ToldRow[]>;
}

/** Each query names the school; what belongs to a school no longer configured is not shown. */
export async function readSchoolPart(
  { db, devices }: OverviewSources,
  { school, tz, parties }: OverviewSchool,
  tenant: TenantId,
  now: number,
): Promise<SchoolPart> {
  const open = await tenantAlerts(db, tenant, 'open');
  const suppressed = await tenantAlerts(db, tenant, 'suppressed', SUPPRESSED_READ);
  const ended = (await tenantAlerts(db, tenant, 'resolved', RESOLVED_READ)).filter(
    (alert) => alert.resolvedAt !== null && alert.resolvedAt > now - RESOLVED_FOR_MS,
  );
  const ids = [...open, ...ended].map((alert) => alert.id);
  const told = Map.groupBy(await toldRows(db, tenant, ids), (row) => row.alert_id);
  // What ended while nobody was told of it is no news either.
  const resolved = ended.filter(({ id, suppression }) => suppression === null || told.has(id));
  const view: SchoolView = {
    school,
    tz,
    parties: [...parties.values()].map(({ id, name }) => ({ id, name })),
    openAlerts: countBySeverity(open),
    devices: await devices(tenant),
    agents: await lastSeenBySite(db, tenant),
  };
  return { view, open, suppressed, resolved, told };
}

/** A part with who looks at it. */
export interface Looked {
  readonly part: SchoolPart;
  /** Null: for no party, who reads everything. */
  readonly party: string | null;
  readonly school: Pick<School, 'engagements'> | undefined;
}

/** Pure: everything the first screen shows to somebody. */
export function overviewOf(parts: readonly Looked[]): Overview {
  const views = (looked: Looked, of: 'open' | 'resolved') => looked.part[of].map((alert) => viewFor(alert, looked));
  return {
    schools: parts.map(({ part }) => part.view),
    open: parts.flatMap((looked) => views(looked, 'open')).sort(worstFirst),
    suppressed: parts.flatMap(suppressedFor).sort((a, b) => b.alerts - a.alerts),
    resolved: parts
      .flatMap((looked) => views(looked, 'resolved'))
      .sort((a, b) => b.resolvedAt! - a.resolvedAt! || (a.id < b.id ? -1 : 1))
      .slice(0, RESOLVED_LIMIT),
  };
}

const DEVICES_SHOWN = 5;

function suppressedFor({ part, party, school }: Looked): SuppressedCount[] {
  const seen = part.suppressed.filter((alert) => maySee(alert, [], party, school));
  return suppressedCounts(part.view.school, seen);
}

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

function viewFor(alert: StoredAlert, { part, party, school }: Looked): AlertView {
  const told = part.told.get(alert.id) ?? [];
  const toldParties = told.map((row) => row.party);
  const view = alertView(alert, told);
  return maySee(alert, toldParties, party, school) ? view : keptPrivate(view);
}

/** Pure: that there is something, how bad, since when, and whose it is. */
function keptPrivate(alert: AlertView): AlertView {
  const { id, school, severity, openedAt, resolvedAt, owner } = alert;
  const texts = { site: '', rule: '', domain: '', condition: '', device: null, reason: null, why: null, told: [] };
  const summary = 'Something that its owner keeps private, by agreement';
  return {
    id,
    school,
    severity,
    openedAt,
    resolvedAt,
    owner,
    ackedBy: null,
    ackedAt: null,
    heldUntil: null,
    suppression: null,
    ...texts,
    summary,
    kept: true,
  };
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

function countBySeverity(alerts: readonly StoredAlert[]): SchoolView['openAlerts'] {
  const counts = { critical: 0, warning: 0, info: 0 };
  for (const alert of alerts) counts[alert.severity]++;
  return counts;
}

function worstFirst(a: AlertView, b: AlertView): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1)
  );
}
