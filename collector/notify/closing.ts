import type { StoredAlert } from '../alert/life.ts';
import type { StateDb } from '../state/database.ts';
import { enqueue, messagesOf } from '../state/outbox.ts';
import type { SchoolDirectory } from './directory.ts';
import { messageId, owedClosings } from './ledger.ts';
import { resolvedMessage } from './message.ts';
import { toldSeverities, withToldAs } from './told-severities.ts';

/**
 * Puts into the outbox the news that `alert` is over, once for everybody who is owed it by now. Called when the alert resolves, and again
 * when a page that was under way at that moment has come to an end; ids keep it to one each.
 */
export async function enqueueClosings(
  tx: StateDb,
  alert: StoredAlert,
  directory: SchoolDirectory | undefined,
  now: number,
): Promise<void> {
  const { decision } = alert;
  if (!directory || decision === null) return;
  const rows = await messagesOf(tx, alert.id);
  const owed = owedClosings(rows);
  const toldAs = owed.length > 0 ? toldSeverities(rows) : [];
  const messages = owed.map((target) => ({
    ...target,
    id: messageId(alert.id, 'resolved', 0, -1, 0, target),
    alertId: alert.id,
    school: alert.school,
    kind: 'resolved' as const,
    round: 0,
    step: -1,
    repeat: 0,
    repeatMs: null,
    transfer: false,
    body: JSON.stringify(withToldAs(resolvedMessage(alert, decision, target.contact, now, directory), toldAs)),
    dueAt: now,
    createdAt: now,
  }));
  await enqueue(tx, messages);
}
