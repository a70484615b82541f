import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { StateSchema } from './schema.ts';
import { openSqlite } from './sqlite.ts';

export type StateDb = Kysely<StateSchema>;

/**
 * Opens the state database, creating the file (readable by this user only) and its folder when missing; the tables are made by
 * `migrateState`. `destroy()` closes it.
 * @throws BellwetherError BW_STATE
 */
export function openState(file: string): StateDb {
  try {
    if (file !== ':memory:') createPrivately(file);
    return new Kysely<StateSchema>({ dialect: new SqliteDialect({ database: openSqlite(file) }) });
  } catch (error) {
    throw new BellwetherError('BW_STATE', `cannot open the state database ${file}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** SQLite gives its journal files the mode of the database file, so it is enough to create that one with the right mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}
