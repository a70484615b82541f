import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { StateDb } from './database.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { lockMigrations } from './school-transaction.ts';

interface HistorySchema {
  /** One row per step that was run; `version` counts from 1. */
  schema_history: { version: number; name: string; applied_at: number };
}

/**
 * Brings the state database up to this code: each missing step runs once, in a transaction of its own, and is recorded. Returns the names of
 * the steps that were run.
 * @throws BellwetherError BW_STATE when a step fails (it leaves no trace), the database is locked or damaged, or it was written by a newer
 * version of the product
 */
export async function migrateState(
  db: StateDb,
  clock: Clock,
  steps: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  try {
    return await migrate(db as unknown as Kysely<HistorySchema>, clock, steps);
  } catch (error) {
    if (error instanceof BellwetherError) throw error;
    throw new BellwetherError('BW_STATE', `the state database cannot be used: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

async function migrate(history: Kysely<HistorySchema>, clock: Clock, steps: readonly Migration[]): Promise<string[]> {
  await createHistory(history);
  await refuseNewer(history, steps.length);
  const ran: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (await runOnce(history, index + 1, step, clock.now())) ran.push(step.name);
  }
  return ran;
}

/** "If not exists" is no help on PostgreSQL against another process that is at it in the same moment. */
function createHistory(history: Kysely<HistorySchema>): Promise<void> {
  return history.transaction().execute(async (trx) => {
    await lockMigrations(trx);
    await trx.schema
      .createTable('schema_history')
      .ifNotExists()
      .addColumn('version', 'integer', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('applied_at', 'bigint', (c) => c.notNull())
      .execute();
  });
}

async function refuseNewer(history: Kysely<HistorySchema>, known: number): Promise<void> {
  const newest = await history.selectFrom('schema_history').selectAll().orderBy('version', 'desc').executeTakeFirst();
  if (!newest || newest.version <= known) return;
  throw new BellwetherError(
    'BW_STATE',
    `the state database is at version ${newest.version} ("${newest.name}"), this program knows versions up to ${known}: ` +
      'it was used by a newer Bellwether. Run that version, or restore the backup from before the upgrade',
  );
}

/** False when it had been run before. Two processes that start together run a step once: a transaction takes the write lock at its start. */
function runOnce(history: Kysely<HistorySchema>, version: number, step: Migration, now: number): Promise<boolean> {
  return history.transaction().execute(async (trx) => {
    await lockMigrations(trx);
    const recorded = await trx
      .insertInto('schema_history')
      .values({ version, name: step.name, applied_at: now })
      .onConflict((conflict) => conflict.column('version').doNothing())
      .executeTakeFirst();
    if (recorded.numInsertedOrUpdatedRows === 0n) return false;
    try {
      await step.up(trx as unknown as Kysely<never>);
    } catch (error) {
      throw new BellwetherError('BW_STATE', `migration "${step.name}" failed: ${errorMessage(error)}`, {
        cause: error,
      });
    }
    return true;
  });
}
