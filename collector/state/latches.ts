import type { LatchState } from '../engagement/load.ts';
import type { StateDb } from './database.ts';

/** Where the load thresholds of a school stand, by grant. */
export async function loadLatches(db: StateDb, school: string): Promise<Record<string, LatchState>> {
  const rows = await db.selectFrom('load_latch').selectAll().where('school', '=', school).orderBy('grant_id').execute();
  return Object.fromEntries(rows.map((row) => [row.grant_id, JSON.parse(row.state) as LatchState]));
}

/** Replaces them all, in the caller's transaction: a grant that is gone is forgotten. */
export async function saveLatches(
  tx: StateDb,
  school: string,
  latches: Readonly<Record<string, LatchState>>,
): Promise<void> {
  const rows = Object.entries(latches).map(([grant_id, state]) => ({ school, grant_id, state: JSON.stringify(state) }));
  await tx.deleteFrom('load_latch').where('school', '=', school).execute();
  if (rows.length > 0) await tx.insertInto('load_latch').values(rows).execute();
}
