import type { StoredAlert } from '../alert/life.ts';
import type { Decision } from '../engagement/decision.ts';
import { appendEvent } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { enqueue, messagesOf, type NewMessage, type OutboxRow } from '../state/outbox.ts';
import { downTargets } from './advance.ts';
import type { SchoolDirectory } from './directory.ts';
import { type Ladder, planLadder, type Rung } from './ladder.ts';
import { messageId, type Target } from './ledger.ts';
import { openMessage } from './message.ts';
import { toldSeverities, withToldAs } from './told-severities.ts';

/** Puts a ladder into the outbox, one message per step, contact and channel, each due at its time; the rows are the timers. */
export async function enqueueLadder(
  tx: StateDb,
  alert: StoredAlert,
  decision: Decision,
  directory: SchoolDirectory,
  now: number,
): Promise<Ladder> {
  const down = await downTargets(tx, alert.school, directory);
  const ladder = planLadder(decision, now, directory, down);
  for (const { step, party, contact } of ladder.unreachable) {
    const detail = { step, party, contact, reason: 'the contact has no channel' };
    await appendEvent(tx, {
      alertId: alert.id,
      school: alert.school,
      type: 'notify_failed',
      at: now,
      decidedAt: now,
      detail,
    });
  }
  const toldAs = alert.round > 0 ? toldSeverities(await messagesOf(tx, alert.id)) : [];
  const messages = ladder.rungs.flatMap((rung, index) =>
    rung.targets.map((target) =>
      pageOf(alert, decision, rung, { party: rung.party, ...target }, ladder.rungs[index + 1], directory, now, toldAs),
    ),
  );
  await enqueue(tx, messages);
  return ladder;
}

function pageOf(
  alert: StoredAlert,
  decision: Decision,
  rung: Rung,
  to: Target,
  next: Rung | undefined,
  directory: SchoolDirectory,
  now: number,
  toldAs: readonly string[],
): NewMessage {
  const { step, transfer, repeatMs } = rung;
  const addressee = {
    ...to,
    step,
    transfer,
    repeat: 0,
    repeatMs,
    next: next && { contacts: next.contacts, at: next.dueAt },
  };
  return {
    ...to,
    id: messageId(alert.id, 'open', alert.round, step, 0, to),
    alertId: alert.id,
    school: alert.school,
    kind: 'open',
    round: alert.round,
    step,
    repeat: 0,
    repeatMs,
    transfer,
    body: JSON.stringify(withToldAs(openMessage(alert, decision, addressee, now, directory), toldAs)),
    dueAt: rung.dueAt,
    createdAt: now,
  };
}

/** The next repeat of a message that was just told, or just given up: the safety net is told until the alert is over. Returns when it is due, ms. */
export async function enqueueRepeat(
  tx: StateDb,
  alert: StoredAlert,
  told: OutboxRow,
  directory: SchoolDirectory | undefined,
  now: number,
): Promise<number> {
  // A ladder that was begun anew meanwhile repeats by itself; one that was acknowledged is silent.
  const over = told.round !== alert.round || alert.ackedBy !== null;
  if (told.repeatMs === null || told.kind !== 'open' || over || alert.decision === null || !directory)
    return Number.POSITIVE_INFINITY;
  const { party, contact, channel, step, transfer, repeatMs } = told;
  const repeat = told.repeat + 1;
  const addressee = { party, contact, step, transfer: false, repeat, repeatMs, next: undefined };
  const begun = alert.decidedAt ?? alert.openedAt ?? now;
  const message: NewMessage = {
    party,
    contact,
    channel,
    id: messageId(alert.id, 'open', told.round, step, repeat, told),
    alertId: alert.id,
    school: alert.school,
    kind: 'open',
    round: told.round,
    step,
    repeat,
    repeatMs,
    transfer,
    body: JSON.stringify(openMessage(alert, alert.decision, addressee, begun, directory)),
    dueAt: now + repeatMs,
    createdAt: now,
  };
  await enqueue(tx, [message]);
  return now + repeatMs;
}
