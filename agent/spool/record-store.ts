import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { BatchBuilder } from './batch-builder.ts';
import { freeBytes, isCorrupt, moveAside, openDatabase, PAGE_BYTES, pagesFor } from './database.ts';
import type { DropLedger } from './drop-ledger.ts';
import type { LogRecord } from './log-entry.ts';
import type { DropReason } from './spool.ts';
import { CHUNK, livePages, pageCount, prepare, type Row, type Statements } from './statements.ts';

export interface RecordStoreOptions {
  readonly path: string;
  /** Most pages of the file, and the size at which its write-ahead log is folded back. */
  readonly maxPages: number;
  readonly walPages: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly drops: DropLedger;
  /** Bytes free on the disk; default statfs(2). */
  readonly freeDiskBytes?: () => number;
}

/** Below this much free disk the file does not grow: what is left is for the logs, so that deliveries can still be taken out, and for the rest of the system. */
const DISK_RESERVE_BYTES = 32 * 1024 ** 2;
const DISK_CHECK_EVERY_MS = 1_000;
/** Free pages worth giving back to the file system (16 MiB), and the most live pages that may be rewritten for it. */
const COMPACT_FREE_PAGES = 4096;
const COMPACT_LIVE_PAGES = 256;

/**
 * What waits for longer than moments, in an SQLite file in WAL mode, locked for this process. Calls throw BellwetherError BW_SPOOL when the disk refuses; a
 * file that turns out to be damaged is set aside, and the call is carried out on a new one.
 */
export class RecordStore {
  readonly #options: RecordStoreOptions;
  #started = false;
  #open: Opened | undefined;
  #records = 0;
  #lines = 0;
  #lastId = 0;
  #diskLow = false;
  #diskCheckDue = 0;

  constructor(options: RecordStoreOptions) {
    this.#options = options;
  }

  get records(): number {
    return this.#records;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The largest id it ever held, as far as it knows. */
  get lastId(): number {
    return this.#lastId;
  }

  /** @throws BellwetherError BW_SPOOL when the file cannot be used (database.ts). */
  start(): void {
    this.#openFile();
    this.#started = true;
  }

  stop(): void {
    this.#started = false;
    this.#open?.db.close();
    this.#open = undefined;
  }

  /** All or none, in one transaction that is on the disk when this returns. The oldest records make room where there is none. */
  insert(records: readonly LogRecord[]): void {
    if (records.length === 0) return;
    this.#access('write', (sql, db) => {
      this.#makeRoom(sql, pagesFor(records.map(({ frame }) => frame.length)));
      db.exec('PRAGMA synchronous = FULL');
      try {
        inTransaction(db, () => {
          for (const { id, time, class: kind, lines, rawBytes, frame } of records)
            sql.insert.run(id, Math.round(time), kind === 'event' ? 1 : 0, lines, rawBytes, frame);
        });
      } finally {
        db.exec('PRAGMA synchronous = NORMAL');
      }
      this.#records += records.length;
      for (const { id, lines } of records) {
        this.#lines += lines;
        this.#lastId = Math.max(this.#lastId, id);
      }
    });
  }

  /** Adds what the builder takes; false when it is full. */
  read(builder: BatchBuilder): boolean {
    let hasPlace = true;
    if (this.#records === 0) return hasPlace;
    this.#access('read', (sql) => {
      // Of a file found damaged on the way, nothing counts.
      builder.clear();
      hasPlace = true;
      const rows = sql.peek.iterate(builder.after, builder.upTo, builder.maxRecords) as Iterable<Row>;
      for (const row of rows) {
        hasPlace = builder.add(row.id, row.lines, row.raw_bytes, row.frame);
        if (!hasPlace) return;
      }
    });
    return hasPlace;
  }

  remove(firstId: number, lastId: number): void {
    if (this.#records === 0 || firstId > this.#lastId) return;
    this.#access('write', (sql) => {
      this.#forget(sql.ack.all(firstId, lastId));
      this.#shrink(sql);
    });
  }

  /** Drops records whose newest sample is older than `time`. */
  expire(time: number): void {
    if (this.#records === 0) return;
    this.#access('write', (sql) => {
      while (this.#dropRows('age', sql.expire.all(time)));
    });
  }

  /** Bytes of the file that hold something. */
  get bytes(): number {
    return this.#open ? livePages(this.#open.sql) * PAGE_BYTES : 0;
  }

  get oldestTime(): number | undefined {
    return this.#records === 0 ? undefined : (this.#open?.sql.oldest.get() as { time: number } | undefined)?.time;
  }

  #openFile(): Opened {
    const { path, walPages, clock, log } = this.#options;
    const { db, setAside } = openDatabase(path, walPages, clock.now());
    if (setAside) log.error({ path, setAside }, 'the spool file was damaged and is set aside; a new one is begun');
    const sql = prepare(db);
    const found = sql.totals.get() as { records: number; lines: number; last: number };
    this.#open = { db, sql };
    this.#records = found.records;
    this.#lines = found.lines;
    this.#lastId = Math.max(this.#lastId, found.last);
    return this.#open;
  }

  /** Runs `use`; a file found damaged is set aside and `use` gets a new one. */
  #access(verb: 'read' | 'write', use: (sql: Statements, db: DatabaseSync) => void): void {
    const { path } = this.#options;
    if (!this.#started) throw new BellwetherError('BW_SPOOL', `the spool ${path} is not started`);
    try {
      try {
        const { sql, db } = this.#open ?? this.#openFile();
        use(sql, db);
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        const { sql, db } = this.#beginAnew(error);
        use(sql, db);
      }
    } catch (error) {
      if (error instanceof BellwetherError) throw error;
      const message = `cannot ${verb} the spool ${path}: ${errorMessage(error)}`;
      throw new BellwetherError('BW_SPOOL', message, { cause: error, retryable: true });
    }
  }

  #beginAnew(cause: unknown): Opened {
    const { path, clock, drops } = this.#options;
    try {
      this.#open?.db.close();
    } catch {
      // Closing folds the log into the file, which a damaged file may refuse; the handle is gone either way.
    }
    this.#open = undefined;
    const setAside = moveAside(path, clock.now());
    drops.drop('corrupt', this.#lines, { err: errorMessage(cause), path, setAside });
    return this.#openFile();
  }

  #makeRoom(sql: Statements, needed: number): void {
    const { maxPages } = this.#options;
    const limit = this.#isDiskLow() ? Math.min(maxPages, pageCount(sql)) : maxPages;
    for (;;) {
      const missing = livePages(sql) + needed - limit;
      if (missing <= 0) return;
      const rows = Math.min(missing, CHUNK);
      if (!this.#dropRows('full', sql.dropOldest.all(0, rows)) && !this.#dropRows('full', sql.dropOldest.all(1, rows)))
        return;
    }
  }

  #isDiskLow(): boolean {
    const { path, clock, freeDiskBytes } = this.#options;
    const now = clock.monotonic();
    if (now < this.#diskCheckDue) return this.#diskLow;
    this.#diskCheckDue = now + DISK_CHECK_EVERY_MS;
    this.#diskLow = (freeDiskBytes ?? (() => freeBytes(path)))() < DISK_RESERVE_BYTES;
    return this.#diskLow;
  }

  #dropRows(reason: DropReason, rows: readonly unknown[]): boolean {
    this.#options.drops.drop(reason, this.#forget(rows));
    return rows.length > 0;
  }

  /** Takes deleted rows out of the totals; returns their lines. */
  #forget(rows: readonly unknown[]): number {
    let lines = 0;
    for (const row of rows as readonly { lines: number }[]) lines += row.lines;
    this.#records -= rows.length;
    this.#lines -= lines;
    return lines;
  }

  #shrink(sql: Statements): void {
    const { freelist_count: free } = sql.free.get() as { freelist_count: number };
    if (free < COMPACT_FREE_PAGES || livePages(sql) > COMPACT_LIVE_PAGES) return;
    try {
      this.#open?.db.exec('VACUUM');
    } catch (error) {
      // The file stays as large as it was, within its bound; the next delivery tries again.
      this.#options.log.debug({ err: errorMessage(error) }, 'could not shrink the spool file');
    }
  }
}

interface Opened {
  readonly db: DatabaseSync;
  readonly sql: Statements;
}

function inTransaction(db: DatabaseSync, write: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    write();
    db.exec('COMMIT');
  } catch (error) {
    // SQLite ends some failed transactions by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
