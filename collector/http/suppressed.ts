import type { SuppressedGroup, SuppressedList } from '../../core/suppression-api.ts';
import type { TenantId } from '../access/access.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { StateDb } from '../state/database.ts';
import { tenantAlert, tenantAlerts } from '../state/tenant-reads.ts';
import { toldRows } from '../state/told.ts';
import { alertView, suppressionKey } from './console-overview.ts';

const LIMIT = 10_000;

/** What nobody is told of, under what it is suppressed by: the largest group first. */
export async function readSuppressed(
  db: StateDb,
  school: TenantId,
  unknownDevices: readonly string[],
  /** What the reader may know of; the rest is not even counted. */
  maySee: (alert: StoredAlert) => boolean,
): Promise<SuppressedList> {
  const alerts = (await tenantAlerts(db, school, 'suppressed', LIMIT)).filter(maySee);
  const told = Map.groupBy(
    await toldRows(
      db,
      school,
      alerts.map(({ id }) => id),
    ),
    (row) => row.alert_id,
  );
  const byCause = Map.groupBy(alerts, suppressionKey);
  const groups = await Promise.all(
    [...byCause.values()].map(async (members): Promise<SuppressedGroup> => {
      const { by, of, reason } = members[0]!.suppression!;
      const cause = (by === 'parent' || by === 'site') && of !== null ? await tenantAlert(db, school, of) : undefined;
      return {
        by,
        of,
        reason,
        cause: cause && maySee(cause) ? alertView(cause, await toldRows(db, school, [cause.id])) : null,
        alerts: members.map((alert) => alertView(alert, told.get(alert.id) ?? [])),
      };
    }),
  );
  return { school, groups: groups.sort((a, b) => b.alerts.length - a.alerts.length), unknownDevices };
}
