import { backup, DatabaseSync } from 'node:sqlite';

/** Larger than any database: all pages in one step, so that the copy is one snapshot and is never begun anew by a write. */
const ALL_PAGES = 2 ** 31 - 1;

/** Copies a SQLite database that others may be using to `toFile`, off the main thread. @throws the SQLite error */
export async function backupSqlite(file: string, toFile: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, toFile, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}
