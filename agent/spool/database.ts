import { closeSync, existsSync, mkdirSync, openSync, renameSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BellwetherError, errorMessage } from '../../core/errors.ts';

export const PAGE_BYTES = 4096;

/** "BWSP", in the file's header (`PRAGMA application_id`): a spool is not taken for another database, nor another database for a spool. */
const APPLICATION_ID = 0x42_57_53_50;
const SCHEMA_VERSION = 1;

// https://www.sqlite.org/rescode.html, primary codes
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** Where an unreadable file was moved to, when there was one. */
  readonly setAside: string | undefined;
}

/**
 * Opens the spool file, or begins one, and holds its lock until closed. A file that cannot be read is moved aside, never deleted.
 * `walPages` is the size at which the write-ahead log is folded back into the file; `now` (ms) names a file moved aside.
 *
 * @throws BellwetherError BW_SPOOL: in use by another process, not a spool, no permission, no space.
 */
export function openDatabase(path: string, walPages: number, now: number): OpenedDatabase {
  try {
    try {
      return { db: open(path, walPages), setAside: undefined };
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const setAside = moveAside(path, now);
      return { db: open(path, walPages), setAside };
    }
  } catch (error) {
    if (error instanceof BellwetherError) throw error;
    const busy = primaryCode(error) === SQLITE_BUSY;
    const why = busy ? 'it is in use by another process (is a second agent running?)' : errorMessage(error);
    throw new BellwetherError('BW_SPOOL', `cannot open the spool ${path}: ${why}`, { cause: error });
  }
}

/** True when the error says that the file's content is damaged, as opposed to a disk that refuses. */
export function isCorrupt(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Ends the name of a damaged file. `now`: ms. */
export function asideSuffix(now: number): string {
  return `.corrupt-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

/** Renames the file and its write-ahead log, so that what can be saved from them still can. Returns the new name. */
export function moveAside(path: string, now: number): string {
  const first = `${path}${asideSuffix(now)}`;
  let target = first;
  for (let n = 2; existsSync(target); n++) target = `${first}-${n}`;
  renameSync(path, target);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${target}-wal`);
  return target;
}

function open(path: string, walPages: number): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  createPrivate(path);
  const db = new DatabaseSync(path);
  try {
    // Exclusive before WAL: SQLite then keeps the lock for good and needs no shared-memory file.
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    // NORMAL: a commit is in the kernel's hands when append returns (kill -9 safe); see sqlite-spool.ts for what a power cut may cost.
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec(`PRAGMA wal_autocheckpoint = ${walPages}`);
    db.exec(`PRAGMA journal_size_limit = ${walPages * PAGE_BYTES}`);
    db.exec('PRAGMA temp_store = MEMORY');
    db.exec('BEGIN IMMEDIATE');
    prepareSchema(db, path);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareSchema(db: DatabaseSync, path: string): void {
  const { application_id: application } = db.prepare('PRAGMA application_id').get() as { application_id: number };
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (application === APPLICATION_ID && version === SCHEMA_VERSION && tables > 0) return;
  if (application !== 0 || tables > 0) {
    const got = application === APPLICATION_ID ? `a spool of version ${version}` : 'another SQLite database';
    throw new BellwetherError(
      'BW_SPOOL',
      `cannot use ${path}: expected a spool of version ${SCHEMA_VERSION}, got ${got}`,
    );
  }
  // The small columns stand before the frame, so that sums and drops do not read overflow pages.
  db.exec(`CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    event INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    frame BLOB NOT NULL
  ) STRICT`);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** SQLite would create the file readable by all; the write-ahead log takes over the file's mode. */
function createPrivate(path: string): void {
  // Only a new file is opened here: closing any descriptor of an existing one would release the process's POSIX locks on it.
  if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
}

function primaryCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** A frame up to this size shares its leaf page with others; half of such a page may stay empty. */
const SHARING_BYTES = PAGE_BYTES / 2;
/** Of a row beside its frame. */
const ROW_BYTES = 48;

/** Pages that new rows with frames of these sizes take at most. */
export function pagesFor(frameBytes: readonly number[]): number {
  let [sharing, own] = [0, 0];
  for (const bytes of frameBytes) {
    if (bytes + ROW_BYTES <= SHARING_BYTES) sharing += bytes + ROW_BYTES;
    // A leaf page, and the frame's overflow pages.
    else own += 1 + Math.ceil(bytes / PAGE_BYTES);
  }
  // And the tree above them, a page for some 400 leaves.
  return own + Math.ceil(sharing / SHARING_BYTES) + 1 + Math.ceil(frameBytes.length / 400);
}

/** Free for programs without privileges on the disk of `path`. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize;
}
