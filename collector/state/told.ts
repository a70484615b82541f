import type { Selectable } from 'kysely';
import type { TenantId } from '../access/access.ts';
import type { StateDb } from './database.ts';
import type { OutboxTable } from './schema.ts';

/** A message as far as "who was told" needs it. */
export type ToldRow = Pick<
  Selectable<OutboxTable>,
  'alert_id' | 'kind' | 'party' | 'contact' | 'channel' | 'status' | 'due_at' | 'attempts' | 'last_error' | 'sent_at'
>;

/** The messages of some alerts of one school, oldest first. */
export async function toldRows(db: StateDb, school: TenantId, alertIds: readonly string[]): Promise<ToldRow[]> {
  if (alertIds.length === 0) return [];
  return db
    .selectFrom('outbox')
    .select(['alert_id', 'kind', 'party', 'contact', 'channel', 'status'])
    .select(['due_at', 'attempts', 'last_error', 'sent_at'])
    .where('school', '=', school)
    .where('alert_id', 'in', alertIds)
    .orderBy('created_at')
    .orderBy('due_at')
    .orderBy('id')
    .execute();
}
