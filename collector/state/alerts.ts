import type { Selectable } from 'kysely';
import type { Alert, AlertEvent, AlertEventType, AlertState } from '../alert/alert.ts';
import type { Decision, Severity } from '../engagement/decision.ts';
import type { StateDb } from './database.ts';
import type { AlertEventTable, AlertTable } from './schema.ts';

/** An alert as stored, with who answers for it. One that was cancelled while pending is `resolved` and has no `openedAt`. */
export interface StoredAlert extends Alert {
  /** Moves with the ladder; null before it opens, or when nobody is configured. */
  readonly owner: string | null;
  /** Why the owner is that: the decision's `why`, or the ladder step that moved it. */
  readonly why: string | null;
  /** As decided when it opened, kept whole: later changes of the engagement do not reach into a running ladder. */
  readonly decision: Decision | null;
}

export interface AlertFilter {
  readonly school?: string;
  readonly states?: readonly AlertState[];
  /** At most this many; default 1,000. */
  readonly limit?: number;
}

export async function findAlert(db: StateDb, id: string): Promise<StoredAlert | undefined> {
  const row = await db.selectFrom('alert').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The alert of this key that is pending or open; there is at most one. */
export async function findActiveAlert(db: StateDb, key: string): Promise<StoredAlert | undefined> {
  const row = await db
    .selectFrom('alert')
    .selectAll()
    .where('key', '=', key)
    .where('state', 'in', ['pending', 'open'])
    .executeTakeFirst();
  return row && fromRow(row);
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
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  return (await query.execute()).map(fromRow);
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
}

/** An alert's events, oldest first. */
export async function listEvents(db: StateDb, alertId: string): Promise<AlertEvent[]> {
  const rows = await db.selectFrom('alert_event').selectAll().where('alert_id', '=', alertId).orderBy('seq').execute();
  return rows.map(eventFromRow);
}

/** What `pending` and `opened` events carry, so that an alert can be computed from its events alone. */
export interface AlertSnapshot extends Readonly<Record<string, unknown>> {
  readonly alert: Alert;
  readonly decision?: Decision | null;
}

/** The alert its events add up to; undefined when they hold no beginning. The row in `alert` must always equal this. */
export function foldEvents(events: readonly AlertEvent[]): StoredAlert | undefined {
  let alert: StoredAlert | undefined;
  for (const event of events) {
    const { alert: snapshot, decision = null } = event.detail as unknown as AlertSnapshot;
    switch (event.type) {
      case 'pending':
        alert = { ...snapshot, state: 'pending', owner: null, why: null, decision: null };
        break;
      case 'opened':
        alert = { ...snapshot, state: 'open', owner: decision?.owner ?? null, why: decision?.why ?? null, decision };
        break;
      case 'owner_changed':
        if (alert) alert = { ...alert, owner: String(event.detail['to']), why: String(event.detail['why']) };
        break;
      case 'resolved':
        if (alert) alert = { ...alert, state: 'resolved', value: Number(event.detail['value']), resolvedAt: event.at };
        break;
      case 'cancelled':
        if (alert) alert = { ...alert, state: 'resolved', resolvedAt: event.at };
        break;
      default: // notified and notify_failed tell of messages, not of the alert
    }
  }
  return alert;
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
    pending_at: alert.pendingAt,
    opened_at: alert.openedAt,
    resolved_at: alert.resolvedAt,
  };
}

function fromRow(row: Selectable<AlertTable>): StoredAlert {
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
    pendingAt: Number(row.pending_at),
    openedAt: row.opened_at === null ? null : Number(row.opened_at),
    resolvedAt: row.resolved_at === null ? null : Number(row.resolved_at),
  };
}

function eventFromRow(row: Selectable<AlertEventTable>): AlertEvent {
  return {
    alertId: row.alert_id,
    school: row.school,
    type: row.type as AlertEventType,
    at: Number(row.at),
    decidedAt: Number(row.decided_at),
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
