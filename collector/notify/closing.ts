import type { StoredAlert } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { enqueue, messagesOf } from '../state/outbox.ts';
import type { SchoolDirectory } from './directory.ts';
import { messageId, owedClosings } from './ledger.ts';
import { resolvedMessage } from './message.ts';

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
  if (!directory || alert.decision === null) return;
  for (const target of owedClosings(await messagesOf(tx, alert.id))) {
    await enqueue(tx, {
      ...target,
      id: messageId(alert.id, 'resolved', -1, 0, target),
      alertId: alert.id,
      school: alert.school,
      kind: 'resolved',
      step: -1,
      repeat: 0,
      repeatMs: null,
      transfer: false,
      body: JSON.stringify(resolvedMessage(alert, alert.decision, target.contact, now, directory)),
      dueAt: now,
      createdAt: now,
    });
  }
}
