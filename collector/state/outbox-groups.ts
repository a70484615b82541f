import type { StateDb } from './database.ts';
import type { EndpointKey } from './endpoints.ts';
import { type MessageKind, messageFromRow, type OutboxRow } from './outbox.ts';

/** What is told together: the same kind of news, of one site, to one contact over one channel. */
export interface GroupKey extends EndpointKey {
  readonly site: string;
  readonly kind: MessageKind;
}

/** When this was last told, by severity, since `since` (ms). */
export async function toldSince(
  db: StateDb,
  key: GroupKey,
  since: number,
): Promise<{ readonly severity: string; readonly at: number }[]> {
  const rows = await db
    .selectFrom('outbox')
    .innerJoin('alert', 'alert.id', 'outbox.alert_id')
    .select('alert.severity')
    .select((row) => row.fn.max('outbox.sent_at').as('at'))
    .where('outbox.school', '=', key.school)
    .where('outbox.contact', '=', key.contact)
    .where('outbox.channel', '=', key.channel)
    .where('outbox.status', '=', 'sent')
    .where('outbox.sent_at', '>', since)
    .where('outbox.kind', '=', key.kind)
    .where('alert.site', '=', key.site)
    .groupBy('alert.severity')
    .execute();
  return rows.map(({ severity, at }) => ({ severity, at: Number(at) }));
}

/** The messages of a group, in the order they came. */
export async function groupRows(db: StateDb, groupId: string): Promise<OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('group_id', '=', groupId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(messageFromRow);
}

/** How many messages a group has, and whether it may have been sent. */
export async function groupSize(
  db: StateDb,
  groupId: string,
): Promise<{ readonly size: number; readonly tried: boolean }> {
  const row = await db
    .selectFrom('outbox')
    .select((outbox) => outbox.fn.countAll().as('size'))
    .select((outbox) => outbox.fn.max('attempts').as('attempts'))
    .select((outbox) => outbox.fn.max('uncertain').as('uncertain'))
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow();
  return { size: Number(row.size), tried: Number(row.attempts ?? 0) > 0 || Number(row.uncertain ?? 0) > 0 };
}

/** What still waits to tell one contact over one channel that alerts are open, oldest first, at most `limit`. */
export async function waitingPages(db: StateDb, key: EndpointKey, limit: number): Promise<OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('school', '=', key.school)
    .where('contact', '=', key.contact)
    .where('channel', '=', key.channel)
    .where('status', '=', 'waiting')
    .where('kind', '=', 'open')
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(messageFromRow);
}

/** The endpoint answers again: what waits for a further attempt need not wait for it. Returns how many. */
export async function hastenRetries(db: StateDb, key: EndpointKey, now: number): Promise<number> {
  const result = await db
    .updateTable('outbox')
    .set({ due_at: now })
    .where('school', '=', key.school)
    .where('contact', '=', key.contact)
    .where('channel', '=', key.channel)
    .where('status', '=', 'waiting')
    .where('attempts', '>', 0)
    .where('due_at', '>', now)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
