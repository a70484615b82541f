import type { Clock } from '../../core/clock.ts';
import type { TenantId } from '../access/access.ts';
import type { Plan } from '../engagement/plan.ts';
import type { Span } from '../engagement/school.ts';
import { schoolHours } from '../engagement/sla/school-hours.ts';
import { agreedTargets, slaClocks } from '../engagement/sla/sla.ts';
import { type AlertClocks, type PartyReport, slaReport } from '../engagement/sla/sla-report.ts';
import { routeAlert } from '../notify/router.ts';
import { alertsDuring } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { tenantEvents } from '../state/tenant-reads.ts';

/** What each party owned in a month and how it kept what it had promised, from the log of each alert alone. */
export async function monthlySla(
  db: StateDb,
  tenant: TenantId,
  plan: Plan,
  month: Span,
  clock: Clock,
): Promise<PartyReport[]> {
  const hours = schoolHours(plan);
  const clocks: AlertClocks[] = [];
  for (const alert of await alertsDuring(db, tenant, month.start, month.end)) {
    const events = await tenantEvents(db, tenant, alert.id);
    const targets = agreedTargets(plan, routeAlert(alert));
    clocks.push({ alertId: alert.id, clocks: slaClocks(events, targets, hours, clock.now()) });
  }
  return slaReport(clocks, month);
}
