import { existsSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/** Larger than any database: all pages in one step, so that the copy is one snapshot and is never begun anew by a write. */
const ALL_PAGES = 2 ** 31 - 1;

/** Copies a SQLite database that others may be using to a new file, off the main thread. @throws when `toFile` exists, or SQLite fails */
export async function backupSqlite(file: string, toFile: string): Promise<void> {
  if (existsSync(toFile)) throw new Error(`${toFile} exists already`);
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, toFile, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}
