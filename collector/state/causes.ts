import type { AlertState } from '../alert/alert.ts';
import type { Meaning } from '../alert/meaning.ts';
import type { Cause } from '../alert/standing.ts';
import type { StateDb } from './database.ts';

/** The alerts of one school that are not resolved and say that something cannot be reached; oldest first. `meanings`: by rule. */
export async function listCauses(
  db: StateDb,
  school: string,
  meanings: ReadonlyMap<string, Meaning>,
): Promise<Cause[]> {
  const rules = [...meanings].filter(([, meaning]) => meaning !== 'path').map(([rule]) => rule);
  if (rules.length === 0) return [];
  const rows = await db
    .selectFrom('alert')
    .select(['id', 'rule', 'site', 'state', 'labels', 'pending_at', 'opened_at', 'value'])
    .where('school', '=', school)
    .where('state', '<>', 'resolved')
    .where('rule', 'in', rules)
    .orderBy('pending_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    meaning: meanings.get(row.rule) as Cause['meaning'],
    site: row.site,
    device: (JSON.parse(row.labels) as Record<string, string>)['device'],
    state: row.state as AlertState,
    pendingAt: Number(row.pending_at),
    openedAt: row.opened_at === null ? null : Number(row.opened_at),
    value: Number(row.value),
  }));
}
