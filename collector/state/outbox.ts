import type { Selectable } from 'kysely';
import { SAFETY_NET } from '../engagement/ladder.ts';
import type { StateDb } from './database.ts';
import type { OutboxTable } from './schema.ts';

/** `note`: tells somebody something once and expects nothing: a hand-over, a briefing, an alert that nobody wants. */
export type MessageKind = 'open' | 'resolved' | 'note';
export type MessageStatus = 'waiting' | 'sending' | 'sent' | 'failed' | 'cancelled';

/** One message to one contact over one channel. Times in ms. */
export interface OutboxRow {
  /** Also the webhook-id: constant over retries and restarts. */
  readonly id: string;
  readonly alertId: string;
  readonly school: string;
  readonly kind: MessageKind;
  /** Of the ladder it belongs to. */
  readonly round: number;
  readonly party: string;
  readonly contact: string;
  readonly channel: string;
  /** Index of the ladder step; -1 for a resolved message or a note. */
  readonly step: number;
  readonly repeat: number;
  readonly repeatMs: number | null;
  readonly transfer: boolean;
  readonly body: string;
  readonly status: MessageStatus;
  readonly uncertain: boolean;
  readonly dueAt: number;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
  /** It was under way when the process ended, and has not been sent again since. */
  readonly interrupted: boolean;
  /** What is told together has the same; null: told by itself. */
  readonly groupId: string | null;
}

export type NewMessage = Omit<
  OutboxRow,
  'status' | 'uncertain' | 'attempts' | 'lastError' | 'sentAt' | 'interrupted' | 'groupId'
>;

/** Adds waiting messages; one whose id is there already changes nothing. */
export async function enqueue(db: StateDb, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await db
    .insertInto('outbox')
    .values(messages.map(newRow))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** A message whose time has come: whom it is for and how often it was tried. */
export type DueMessage = Pick<
  OutboxRow,
  'id' | 'alertId' | 'kind' | 'school' | 'contact' | 'channel' | 'attempts' | 'dueAt'
>;

/**
 * What is due, oldest first, at most `limit` for each contact and channel: a long queue behind one receiver hides nobody else's. Of `schools`, or
 * of all.
 */
export async function dueMessages(
  db: StateDb,
  now: number,
  limit: number,
  schools?: readonly string[],
): Promise<DueMessage[]> {
  let placed = db
    .selectFrom('outbox')
    .select(['id', 'alert_id', 'kind', 'school', 'contact', 'channel', 'step', 'attempts', 'due_at'])
    .select((outbox) =>
      outbox.fn
        .agg<number>('row_number')
        .over((over) =>
          over.partitionBy(['school', 'contact', 'channel']).orderBy('due_at').orderBy('step').orderBy('id'),
        )
        .as('place'),
    )
    .where('status', '=', 'waiting')
    .where('due_at', '<=', now);
  if (schools) placed = placed.where('school', 'in', schools);
  const rows = await db
    .selectFrom(placed.as('due'))
    .select(['id', 'alert_id', 'kind', 'school', 'contact', 'channel', 'attempts', 'due_at'])
    .where('place', '<=', limit)
    .orderBy('due_at')
    .orderBy('step')
    .orderBy('id')
    .execute();
  return rows.map(({ due_at, alert_id, kind, ...row }) => ({
    ...row,
    alertId: alert_id,
    kind: kind as MessageKind,
    dueAt: Number(due_at),
  }));
}

/** When the next message after `now` comes due; undefined: none waits. */
export async function nextDueAt(db: StateDb, now: number, schools?: readonly string[]): Promise<number | undefined> {
  let query = db
    .selectFrom('outbox')
    .select((outbox) => outbox.fn.min('due_at').as('due'))
    .where('status', '=', 'waiting')
    .where('due_at', '>', now);
  if (schools) query = query.where('school', 'in', schools);
  const row = await query.executeTakeFirst();
  return row?.due === null || row?.due === undefined ? undefined : Number(row.due);
}

export async function findMessage(db: StateDb, id: string): Promise<OutboxRow | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst();
  return row && messageFromRow(row);
}

/** Every message of an alert, in the order of the ladder. */
export async function messagesOf(db: StateDb, alertId: string): Promise<OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('alert_id', '=', alertId)
    .orderBy('round')
    .orderBy('step')
    .orderBy('repeat')
    .orderBy('id')
    .execute();
  return rows.map(messageFromRow);
}

export type MessageChange = Partial<
  Pick<OutboxRow, 'status' | 'uncertain' | 'dueAt' | 'attempts' | 'lastError' | 'sentAt' | 'interrupted' | 'groupId'>
>;

export async function changeMessage(db: StateDb, id: string, change: MessageChange): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.uncertain === undefined ? {} : { uncertain: change.uncertain ? 1 : 0 }),
      ...(change.dueAt === undefined ? {} : { due_at: change.dueAt }),
      ...(change.attempts === undefined ? {} : { attempts: change.attempts }),
      ...(change.lastError === undefined ? {} : { last_error: change.lastError }),
      ...(change.sentAt === undefined ? {} : { sent_at: change.sentAt }),
      ...(change.interrupted === undefined ? {} : { interrupted: change.interrupted ? 1 : 0 }),
      ...(change.groupId === undefined ? {} : { group_id: change.groupId }),
    })
    .where('id', '=', id)
    .execute();
}

/** Withdraws what an alert still has waiting to say that it is open. */
export async function cancelWaiting(db: StateDb, alertId: string, reason: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ status: 'cancelled', last_error: reason })
    .where('alert_id', '=', alertId)
    .where('kind', '=', 'open')
    .where('status', '=', 'waiting')
    .execute();
}

/** Messages of a school that were under way when the process ended: nobody knows whether they arrived. */
export async function interruptedMessages(db: StateDb, school: string): Promise<OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('status', '=', 'sending')
    .where('school', '=', school)
    .execute();
  return rows.map(messageFromRow);
}

/** Schools that have such messages. */
export async function interruptedSchools(db: StateDb): Promise<string[]> {
  const rows = await db.selectFrom('outbox').select('school').distinct().where('status', '=', 'sending').execute();
  return rows.map((row) => row.school);
}

export async function countWaiting(db: StateDb, school?: string): Promise<number> {
  let query = db.selectFrom('outbox').select((outbox) => outbox.fn.countAll().as('count'));
  query = query.where('status', '=', 'waiting');
  if (school !== undefined) query = query.where('school', '=', school);
  return Number((await query.executeTakeFirstOrThrow()).count);
}

/**
 * Keeps a school's queue at `limit`: withdraws the oldest messages that were never tried, those of critical alerts and of the safety net
 * last. What says that an alert is over is never dropped. Returns how many were.
 */
export async function dropExcess(db: StateDb, school: string, limit: number): Promise<number> {
  const excess = (await countWaiting(db, school)) - limit;
  if (excess <= 0) return 0;
  const rows = await db
    .selectFrom('outbox')
    .innerJoin('alert', 'alert.id', 'outbox.alert_id')
    .select('outbox.id')
    .where('outbox.school', '=', school)
    .where('outbox.status', '=', 'waiting')
    .where('outbox.kind', '=', 'open')
    .where('outbox.attempts', '=', 0)
    .orderBy((row) => row.case().when('alert.severity', '=', 'critical').then(1).else(0).end())
    .orderBy((row) => row.case().when('outbox.party', '=', SAFETY_NET).then(1).else(0).end())
    .orderBy('outbox.created_at')
    .orderBy('outbox.id')
    .limit(excess)
    .execute();
  for (const { id } of rows) await changeMessage(db, id, { status: 'cancelled', lastError: 'dropped: queue full' });
  return rows.length;
}

/** Deletes the messages, and the never opened forms, of alerts that were over before `before` (ms), and notes as old. The event log stays whole. */
export async function purgeFinished(db: StateDb, before: number): Promise<number> {
  const over = db.selectFrom('alert').select('id').where('state', '=', 'resolved').where('resolved_at', '<', before);
  const gone = await db
    .deleteFrom('outbox')
    .where('status', 'in', ['sent', 'failed', 'cancelled'])
    .where((row) =>
      row.or([row('alert_id', 'in', over), row.and([row('kind', '=', 'note'), row('created_at', '<', before)])]),
    )
    .executeTakeFirst();
  await db
    .deleteFrom('alert')
    .where('state', '=', 'resolved')
    .where('opened_at', 'is', null)
    .where('resolved_at', '<', before)
    .execute();
  return Number(gone.numDeletedRows);
}

function newRow(message: NewMessage): OutboxTable {
  return {
    id: message.id,
    alert_id: message.alertId,
    school: message.school,
    kind: message.kind,
    round: message.round,
    party: message.party,
    contact: message.contact,
    channel: message.channel,
    step: message.step,
    repeat: message.repeat,
    repeat_ms: message.repeatMs,
    transfer: message.transfer ? 1 : 0,
    body: message.body,
    status: 'waiting',
    uncertain: 0,
    due_at: message.dueAt,
    attempts: 0,
    last_error: null,
    created_at: message.createdAt,
    sent_at: null,
    interrupted: 0,
    group_id: null,
  };
}

export function messageFromRow(row: Selectable<OutboxTable>): OutboxRow {
  return {
    id: row.id,
    alertId: row.alert_id,
    school: row.school,
    kind: row.kind as MessageKind,
    round: row.round,
    party: row.party,
    contact: row.contact,
    channel: row.channel,
    step: row.step,
    repeat: row.repeat,
    repeatMs: row.repeat_ms === null ? null : Number(row.repeat_ms),
    transfer: row.transfer === 1,
    body: row.body,
    status: row.status as MessageStatus,
    uncertain: row.uncertain === 1,
    dueAt: Number(row.due_at),
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: Number(row.created_at),
    sentAt: row.sent_at === null ? null : Number(row.sent_at),
    interrupted: row.interrupted === 1,
    groupId: row.group_id,
  };
}
