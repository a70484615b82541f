import type { Selectable } from 'kysely';
import type { LabelMatcher, Mute, MuteKind } from '../alert/mute.ts';
import type { GrantWindow } from '../engagement/school.ts';
import type { StateDb } from './database.ts';
import type { MuteTable } from './schema.ts';

/** Maintenance windows and silences of one school that are not over at `now` (ms), oldest first; those that begin later included. */
export async function currentMutes(db: StateDb, school: string, now: number): Promise<Mute[]> {
  const rows = await db
    .selectFrom('mute')
    .selectAll()
    .where('school', '=', school)
    .where('ends_at', '>', now)
    .where('ended_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

export async function countCurrentMutes(db: StateDb, school: string, now: number): Promise<number> {
  const row = await db
    .selectFrom('mute')
    .select((mute) => mute.fn.countAll().as('count'))
    .where('school', '=', school)
    .where('ends_at', '>', now)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Of one kind, those that are over included, newest first; at most `limit`. */
export async function listMutes(db: StateDb, school: string, kind: MuteKind, limit: number): Promise<Mute[]> {
  const rows = await db
    .selectFrom('mute')
    .selectAll()
    .where('school', '=', school)
    .where('kind', '=', kind)
    .orderBy('ends_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

export async function addMute(db: StateDb, mute: Mute): Promise<void> {
  await db
    .insertInto('mute')
    .values({
      id: mute.id,
      school: mute.school,
      kind: mute.kind,
      matchers: JSON.stringify(mute.matchers),
      starts_at: mute.startsAt,
      ends_at: mute.endsAt,
      recurring: mute.recurring === undefined ? null : JSON.stringify(mute.recurring),
      party: mute.party,
      author: mute.author,
      comment: mute.comment,
      created_at: mute.createdAt,
      ended_at: mute.endedAt,
      ended_by: mute.endedBy,
    })
    .execute();
}

/** Ends one at `now`; false: the school has none of this kind and id that is not over. It stays as history. */
export async function endMute(
  db: StateDb,
  which: { readonly school: string; readonly kind: MuteKind; readonly id: string },
  by: string,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable('mute')
    .set({ ended_at: now, ended_by: by })
    .where('school', '=', which.school)
    .where('kind', '=', which.kind)
    .where('id', '=', which.id)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', now)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
}

function fromRow(row: Selectable<MuteTable>): Mute {
  return {
    id: row.id,
    school: row.school,
    kind: row.kind as MuteKind,
    matchers: JSON.parse(row.matchers) as LabelMatcher[],
    startsAt: Number(row.starts_at),
    endsAt: Number(row.ends_at),
    ...(row.recurring !== null && { recurring: JSON.parse(row.recurring) as GrantWindow }),
    party: row.party,
    author: row.author,
    comment: row.comment,
    createdAt: Number(row.created_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    endedBy: row.ended_by,
  };
}
