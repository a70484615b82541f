import { sql } from 'kysely';
import { BellwetherError } from '../../core/errors.ts';
import { isPostgres, type StateDb } from './database.ts';

/** Runs `work` in one transaction that nobody else of the school's runs beside. */
export type SchoolTransaction = <T>(school: string, work: (tx: StateDb) => Promise<T>) => Promise<T>;

/** Keeps these locks apart from whatever else the database is used for. */
const SCHOOL_LOCKS = 0x62_77_73;
const MIGRATION_LOCK = 0x62_77_6d;

/**
 * One transaction after another for each school, over all processes: what it reads is as the last one left it. SQLite runs all transactions
 * that way; on PostgreSQL each first takes the school's lock (two schools whose names hash alike wait for each other, which is harmless).
 */
export function inSchool<T>(db: StateDb, school: string, work: (tx: StateDb) => Promise<T>): Promise<T> {
  return inSchools(db, [school], work);
}

/** The same for several schools at once; locked in the order of their names, so that two such transactions never wait for each other in a circle. */
export function inSchools<T>(db: StateDb, schools: readonly string[], work: (tx: StateDb) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    if (isPostgres(tx))
      for (const school of [...schools].sort())
        await sql`select pg_advisory_xact_lock(${SCHOOL_LOCKS}::int, hashtext(${school}))`.execute(tx);
    return work(tx);
  });
}

/** Unfenced: of people's deeds, which any collector carries out. */
export function schoolTransactions(db: StateDb): SchoolTransaction {
  return (school, work) => inSchool(db, school, work);
}

/** What a transaction of a collector throws that does not answer for the school any more; trying again is of no use. */
export function lost(school: string): BellwetherError {
  return new BellwetherError('BW_LEASE', `another collector answers for ${school} now`);
}

export function isLost(error: unknown): boolean {
  return error instanceof BellwetherError && error.code === 'BW_LEASE';
}

/** Until the transaction ends nobody else changes tables. SQLite's own lock does that. */
export async function lockMigrations(tx: Pick<StateDb, 'getExecutor'>): Promise<void> {
  if (isPostgres(tx)) await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK}::int, 0)`.execute(tx);
}
