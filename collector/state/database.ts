import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Dialect,
  HandleEmptyInListsPlugin,
  Kysely,
  PostgresAdapter,
  replaceWithNoncontingentExpression,
  SqliteDialect,
} from 'kysely';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import { postgresDialect } from './postgres.ts';
import { type PostgresSettings, postgresName } from './postgres-settings.ts';
import type { StateSchema } from './schema.ts';
import { openSqlite } from './sqlite.ts';

export type StateDb = Kysely<StateSchema>;

/**
 * Opens the state database: SQLite when `at` is a file (created, readable by this user only, with its folder when missing), else PostgreSQL,
 * which is only connected to when it is used. The tables are made by `migrateState`. `destroy()` closes it.
 * @throws BellwetherError BW_STATE
 */
export function openState(at: string | PostgresSettings): StateDb {
  try {
    if (typeof at !== 'string') return stateOver(postgresDialect(at));
    if (at !== ':memory:') createPrivately(at);
    return stateOver(new SqliteDialect({ database: openSqlite(at) }));
  } catch (error) {
    const name = typeof at === 'string' ? at : postgresName(at);
    throw new BellwetherError('BW_STATE', `cannot open the state database ${name}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function stateOver(dialect: Dialect): StateDb {
  // SQLite takes "in ()", PostgreSQL does not.
  const emptyLists = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression });
  return new Kysely<StateSchema>({ dialect, plugins: [emptyLists] });
}

/** For the few statements that only PostgreSQL has: locks. */
export function isPostgres(db: Pick<StateDb, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** SQLite gives its journal files the mode of the database file, so it is enough to create that one with the right mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}
