import { sql } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import { isPostgres, type StateDb } from './database.ts';

/** A school's lease as it stands. Times in ms by the database's clock. */
export interface Lease {
  readonly school: string;
  readonly holder: string | null;
  readonly url: string | null;
  readonly epoch: number;
  readonly expiresAt: number;
  readonly wantedBy: string | null;
}

export interface Member {
  readonly id: string;
  readonly url: string | null;
}

/** How long it is remembered that a collector was there. */
const FORGOTTEN_MS = 3_600_000;

/** The one clock that all collectors share; on SQLite, where there is one collector, its own. */
export async function databaseNow(db: StateDb, clock: Clock): Promise<number> {
  if (!isPostgres(db)) return clock.now();
  const { rows } = await sql<{ now: number }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
  return rows[0]!.now;
}

/**
 * Says that `me` lives until `until` and holds on to its schools; makes leases for schools that have none. A lease is never removed: its epoch
 * must not begin anew.
 */
export async function renew(
  tx: StateDb,
  me: Member,
  schools: readonly string[],
  { now, until }: { readonly now: number; readonly until: number },
): Promise<void> {
  await tx
    .insertInto('collector_member')
    .values({ id: me.id, url: me.url, expires_at: until })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ url: me.url, expires_at: until }))
    .execute();
  await tx
    .deleteFrom('collector_member')
    .where((row) =>
      row.or([
        row('expires_at', '<', now - FORGOTTEN_MS),
        // A former process under this address is over.
        row.and([row('url', '=', me.url), row('id', '<>', me.id)]),
      ]),
    )
    .execute();
  if (schools.length > 0)
    await tx
      .insertInto('school_lease')
      .values(
        schools.map((school) => ({ school, holder: null, url: null, epoch: 0, expires_at: now, wanted_by: null })),
      )
      .onConflict((conflict) => conflict.column('school').doNothing())
      .execute();
  await tx.updateTable('school_lease').set({ expires_at: until, url: me.url }).where('holder', '=', me.id).execute();
}

export async function listLeases(db: StateDb): Promise<Lease[]> {
  const rows = await db.selectFrom('school_lease').selectAll().orderBy('school').execute();
  return rows.map((row) => ({
    school: row.school,
    holder: row.holder,
    url: row.url,
    epoch: Number(row.epoch),
    expiresAt: Number(row.expires_at),
    wantedBy: row.wanted_by,
  }));
}

export async function liveMembers(db: StateDb, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('collector_member')
    .select('id')
    .where('expires_at', '>', now)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Takes a lease that still stands as it was seen; false when somebody else was quicker. One whose former holder is in the middle of a
 * transaction is left for the next round: that one may still end well.
 */
export async function take(tx: StateDb, me: Member, seen: Lease, until: number): Promise<boolean> {
  const free = tx
    .selectFrom('school_lease')
    .select('school')
    .where('school', '=', seen.school)
    .where('epoch', '=', seen.epoch)
    .where('expires_at', '=', seen.expiresAt);
  const locked = await (isPostgres(tx) ? free.forUpdate().skipLocked() : free).execute();
  if (locked.length === 0) return false;
  await tx
    .updateTable('school_lease')
    .set({ holder: me.id, url: me.url, epoch: seen.epoch + 1, expires_at: until, wanted_by: null })
    .where('school', '=', seen.school)
    .execute();
  return true;
}

export async function ask(tx: StateDb, me: Member, schools: readonly string[]): Promise<void> {
  if (schools.length === 0) return;
  await tx.updateTable('school_lease').set({ wanted_by: me.id }).where('school', 'in', schools).execute();
}

/** Gives schools up at once; others need not wait for the end of the lease. */
export async function giveUp(db: StateDb, me: Member, schools: readonly string[], now: number): Promise<void> {
  await db
    .updateTable('school_lease')
    .set({ holder: null, url: null, expires_at: now })
    .where('holder', '=', me.id)
    .where('school', 'in', schools)
    .execute();
}

export async function leave(db: StateDb, me: Member): Promise<void> {
  await db.deleteFrom('collector_member').where('id', '=', me.id).execute();
}

/**
 * Whether `holder` holds the school under that epoch; until the transaction ends nobody takes it away. (Renewing goes on: it changes no key,
 * and that is all this lock keeps.)
 */
export async function stands(tx: StateDb, school: string, holder: string, epoch: number): Promise<boolean> {
  const lease = tx
    .selectFrom('school_lease')
    .select('school')
    .where('school', '=', school)
    .where('holder', '=', holder)
    .where('epoch', '=', epoch);
  return (await (isPostgres(tx) ? lease.forKeyShare() : lease).executeTakeFirst()) !== undefined;
}
