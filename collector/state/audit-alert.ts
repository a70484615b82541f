import type { AlertEvent, AlertEventType } from '../alert/alert.ts';
import { presentCause } from '../audit/cause.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';

/** What people do with an alert; the rest of its life is told by its own log. */
const BY_PEOPLE: readonly AlertEventType[] = [
  'claimed',
  'released',
  'declined',
  'acked',
  'noted',
  'onsite_requested',
  'paused',
  'resumed',
];

/** Whatever way it came (page, API, link, phone), what somebody did with an alert stands in the school's audit log; what they wrote stays in the alert's. */
export async function auditAlertEvent(tx: StateDb, event: AlertEvent): Promise<void> {
  const { party, by, reason } = event.detail;
  const done = BY_PEOPLE.includes(event.type) || (event.type === 'resolved' && by !== undefined);
  if (!done) return;
  const detail = { alert: event.alertId, party, by, reason };
  // A way in that does not say who came is no reason to write that nobody did.
  const cause = presentCause({ actor: `party:${String(party)}`, via: 'elsewhere' });
  await appendAudit(tx, { school: event.school, action: `alert.${event.type}`, detail, at: event.decidedAt, cause });
}
