import type { TenantId } from '../access/access.ts';
import type { AlertEvent } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import { alertFromRow, eventFromRow, listAlerts } from './alerts.ts';
import type { StateDb } from './database.ts';

/** One alert of a school; undefined also for another school's. */
export async function tenantAlert(db: StateDb, tenant: TenantId, id: string): Promise<StoredAlert | undefined> {
  const row = await db
    .selectFrom('alert')
    .selectAll()
    .where('school', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && alertFromRow(row);
}

/** Alerts of a school in a state, newest first. */
export function tenantAlerts(
  db: StateDb,
  tenant: TenantId,
  state: 'open' | 'suppressed' | 'resolved',
  limit?: number,
): Promise<StoredAlert[]> {
  return listAlerts(db, { school: tenant, states: [state], ...(limit !== undefined && { limit }) });
}

/** The events of one of a school's alerts, oldest first. */
export async function tenantEvents(db: StateDb, tenant: TenantId, alertId: string): Promise<AlertEvent[]> {
  const rows = await db
    .selectFrom('alert_event')
    .selectAll()
    .where('school', '=', tenant)
    .where('alert_id', '=', alertId)
    .orderBy('seq')
    .execute();
  return rows.map(eventFromRow);
}
