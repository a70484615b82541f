import type { Selectable } from 'kysely';
import type { Alert, AlertEvent, AlertEventType, AlertState, Suppression } from '../alert/alert.ts';
import { applyEvent, type StoredAlert } from '../alert/life.ts';
import type { Decision, Severity } from '../engagement/decision.ts';
import { auditAlertEvent } from './audit-alert.ts';
import type { StateDb } from './database.ts';
import type { AlertEventTable, AlertTable } from './schema.ts';

export interface AlertFilter {
  readonly school?: string;
  readonly states?: readonly AlertState[];
  readonly rule?: string;
  /** Those that are not over, whatever else their state. */
  readonly unresolved?: true;
  /** At most this many; default 1,000. */
  readonly limit?: number;
}

export async function findAlert(db: StateDb, id: string): Promise<StoredAlert | undefined> {
  const row = await db.selectFrom('alert').selectAll().where('id', '=', id).executeTakeFirst();
  return row && alertFromRow(row);
}

/** The alert of this key that is not resolved; there is at most one. */
export async function findActiveAlert(db: StateDb, key: string): Promise<StoredAlert | undefined> {
  const row = await db
    .selectFrom('alert')
    .selectAll()
    .where('key', '=', key)
    .where('state', '<>', 'resolved')
    .executeTakeFirst();
  return row && alertFromRow(row);
}

/** Newest first. Those that were cancelled before they opened are left out: nobody was told of them. */
export async function listAlerts(db: StateDb, filter: AlertFilter = {}): Promise<StoredAlert[]> {
  let query = db
    .selectFrom('alert')
    .selectAll()
    .where((alert) => alert.or([alert('state', '<>', 'resolved'), alert('opened_at', 'is not', null)]))
    .orderBy('pending_at', 'desc')
    .orderBy('id')
    .limit(filter.limit ?? 1000);
  if (filter.school !== undefined) query = query.where('school', '=', filter.school);
  if (filter.unresolved) query = query.where('state', '<>', 'resolved');
  if (filter.rule !== undefined) query = query.where('rule', '=', filter.rule);
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  return (await query.execute()).map(alertFromRow);
}

/** Schools that have an alert which is open or suppressed. */
export async function schoolsWithAlerts(db: StateDb): Promise<string[]> {
  const rows = await db
    .selectFrom('alert')
    .select('school')
    .distinct()
    .where('state', 'in', ['open', 'suppressed'])
    .execute();
  return rows.map(({ school }) => school);
}

/** Alerts of a school that were open at some time in [from, to), oldest first. */
export async function alertsDuring(db: StateDb, school: string, from: number, to: number): Promise<StoredAlert[]> {
  const rows = await db
    .selectFrom('alert')
    .selectAll()
    .where('school', '=', school)
    .where('opened_at', '<', to)
    .where((alert) => alert.or([alert('resolved_at', 'is', null), alert('resolved_at', '>=', from)]))
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  return rows.map(alertFromRow);
}

export async function saveAlert(db: StateDb, alert: StoredAlert): Promise<void> {
  const { id, ...row } = toRow(alert);
  await db
    .insertInto('alert')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** The event log only grows: there is no update or delete of an event anywhere. */
export async function appendEvent(db: StateDb, event: AlertEvent): Promise<void> {
  await db
    .insertInto('alert_event')
    .values({
      alert_id: event.alertId,
      school: event.school,
      type: event.type,
      at: event.at,
      decided_at: event.decidedAt,
      detail: JSON.stringify(event.detail),
    })
    .execute();
  await auditAlertEvent(db, event);
}

/** An alert's events, oldest first. */
export async function listEvents(db: StateDb, alertId: string): Promise<AlertEvent[]> {
  const rows = await db.selectFrom('alert_event').selectAll().where('alert_id', '=', alertId).orderBy('seq').execute();
  return rows.map(eventFromRow);
}

/** Events of one type of a school, decided from `since` (ms) on, oldest first. */
export async function listSchoolEvents(
  db: StateDb,
  school: string,
  type: AlertEventType,
  since: number,
): Promise<AlertEvent[]> {
  const rows = await db
    .selectFrom('alert_event')
    .selectAll()
    .where('school', '=', school)
    .where('at', '>=', since)
    .where('type', '=', type)
    .orderBy('seq')
    .execute();
  return rows.map(eventFromRow);
}

/** When events of a type were decided, from `since` (ms) on, oldest first. */
export async function eventTimes(db: StateDb, alertId: string, type: AlertEventType, since: number): Promise<number[]> {
  const rows = await db
    .selectFrom('alert_event')
    .select('decided_at')
    .where('alert_id', '=', alertId)
    .where('type', '=', type)
    .where('decided_at', '>=', since)
    .orderBy('seq')
    .execute();
  return rows.map((row) => Number(row.decided_at));
}

/**
 * Adds an event to the log and brings the row in line with it, in the caller's transaction: the one way an alert changes.
 * @throws Error for an event of an alert that has no beginning
 */
export async function record(
  db: StateDb,
  before: StoredAlert | undefined,
  event: Omit<AlertEvent, 'alertId' | 'school'>,
): Promise<StoredAlert> {
  const of = before ?? (event.detail['alert'] as Alert | undefined);
  if (!of) throw new Error(`event ${event.type} of an alert that has not begun`);
  const full: AlertEvent = { ...event, alertId: of.id, school: of.school };
  const after = applyEvent(before, full)!;
  await appendEvent(db, full);
  if (after !== before) await saveAlert(db, after);
  return after;
}

function toRow(alert: StoredAlert): AlertTable {
  return {
    id: alert.id,
    key: alert.key,
    school: alert.school,
    site: alert.site,
    rule: alert.rule,
    domain: alert.domain,
    severity: alert.severity,
    state: alert.state,
    labels: JSON.stringify(alert.labels),
    summary: alert.summary,
    condition: alert.condition,
    value: alert.value,
    owner: alert.owner,
    why: alert.why,
    decision: alert.decision === null ? null : JSON.stringify(alert.decision),
    decided_at: alert.decidedAt,
    round: alert.round,
    claimed_by: alert.claimedBy,
    acked_by: alert.ackedBy,
    acked_at: alert.ackedAt,
    noted_at: alert.notedAt,
    suppression: alert.suppression === null ? null : JSON.stringify(alert.suppression),
    held_until: alert.heldUntil,
    pending_at: alert.pendingAt,
    opened_at: alert.openedAt,
    resolved_at: alert.resolvedAt,
  };
}

/** For the queries of this folder. */
export function alertFromRow(row: Selectable<AlertTable>): StoredAlert {
  return {
    id: row.id,
    key: row.key,
    school: row.school,
    site: row.site,
    rule: row.rule,
    domain: row.domain,
    severity: row.severity as Severity,
    state: row.state as AlertState,
    labels: JSON.parse(row.labels) as Record<string, string>,
    summary: row.summary,
    condition: row.condition,
    value: Number(row.value),
    owner: row.owner,
    why: row.why,
    decision: row.decision === null ? null : (JSON.parse(row.decision) as Decision),
    decidedAt: row.decided_at === null ? null : Number(row.decided_at),
    round: row.round,
    claimedBy: row.claimed_by,
    ackedBy: row.acked_by,
    ackedAt: row.acked_at === null ? null : Number(row.acked_at),
    notedAt: row.noted_at === null ? null : Number(row.noted_at),
    suppression: row.suppression === null ? null : (JSON.parse(row.suppression) as Suppression),
    heldUntil: row.held_until === null ? null : Number(row.held_until),
    pendingAt: Number(row.pending_at),
    openedAt: row.opened_at === null ? null : Number(row.opened_at),
    resolvedAt: row.resolved_at === null ? null : Number(row.resolved_at),
  };
}

/** For the queries of this folder. */
export function eventFromRow(row: Selectable<AlertEventTable>): AlertEvent {
  return {
    alertId: row.alert_id,
    school: row.school,
    type: row.type as AlertEventType,
    at: Number(row.at),
    decidedAt: Number(row.decided_at),
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
