import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { Compressor } from './compressor.ts';
import { freeBytes, isCorrupt, moveAside, openDatabase, PAGE_BYTES, pagesFor } from './database.ts';
import { DropLedger } from './drop-ledger.ts';
import type { DropReason, PeekLimit, RecordMeta, Spool, SpoolBatch, SpoolStats } from './spool.ts';
import { CHUNK, livePages, pageCount, prepare, type Row, type Statements } from './statements.ts';

export interface SpoolOptions {
  readonly path: string;
  /** Most bytes on disk, write-ahead log included; less than 1 MiB counts as 1 MiB. */
  readonly maxBytes: number;
  /** Records whose newest sample is older are dropped, at most a minute late. Milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Bytes free on the disk of the spool; default statfs(2). */
  readonly freeDiskBytes?: () => number;
}

const MIN_BYTES = 1024 ** 2;
/** SQLite's own default; a small spool gets a smaller log. */
const MAX_WAL_PAGES = 1000;
const EXPIRE_EVERY_MS = 60_000;
/** Below this much free disk the file does not grow: what is left is for the log, so that deliveries can still be taken out, and for the rest of the system. */
const DISK_RESERVE_BYTES = 32 * 1024 ** 2;
const DISK_CHECK_EVERY_MS = 1_000;
/** Free pages worth giving back to the file system (16 MiB), and the most live pages that may be rewritten for it. */
const COMPACT_FREE_PAGES = 4096;
const COMPACT_LIVE_PAGES = 256;

/**
 * The spool as one SQLite file in WAL mode, locked for this process.
 *
 * What survives: the death of the process at any moment loses nothing that `append` returned for. A power cut may lose the commits that the kernel had
 * not yet written, at most about 30 s with Linux's defaults (vm.dirty_expire_centisecs); the file itself stays sound. To wait for the disk at each commit
 * (synchronous = FULL) would block the agent's one thread for milliseconds per poll on a mini-PC's flash.
 *
 * Space: freed pages are used again before the file grows, so file and log stay within `maxBytes`; once a backlog is delivered the file shrinks.
 * When the disk itself is nearly full the file stops growing, and the newest records take the place of the oldest.
 */
export class SqliteSpool implements Spool {
  readonly #options: SpoolOptions;
  readonly #walPages: number;
  readonly #maxPages: number;
  readonly #compressor = new Compressor();
  readonly #drops: DropLedger;
  readonly #listeners = new Set<() => void>();
  readonly #appendedLines;
  readonly #appendErrors;
  #started = false;
  #open: { readonly db: DatabaseSync; readonly sql: Statements } | undefined;
  #records = 0;
  #lines = 0;
  #lastId = 0;
  #expireDue = 0;
  #diskLow = false;
  /** Pages that can be taken without a look at the file. */
  #room = 0;
  #diskCheckDue = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
    const pages = Math.floor(Math.max(MIN_BYTES, options.maxBytes) / PAGE_BYTES);
    this.#walPages = Math.min(MAX_WAL_PAGES, Math.floor(pages / 16));
    // The log is folded back once it has walPages or more, so it can exceed that by one transaction: it is counted twice.
    this.#maxPages = pages - 2 * this.#walPages;
    const { clock, log, metrics } = options;
    this.#drops = new DropLedger(clock, log, metrics);
    this.#appendedLines = metrics.counter('bellwether_agent_spool_appended_lines_total', 'Lines put into the spool');
    this.#appendErrors = metrics.counter('bellwether_agent_spool_append_errors_total', 'Appends that the disk refused');
    const gauges: readonly [name: string, help: string, read: () => number][] = [
      ['records', 'Records waiting for delivery', () => this.#records],
      ['lines', 'Lines waiting for delivery', () => this.#lines],
      ['bytes', 'Bytes on disk that hold records', () => this.#liveBytes()],
      ['oldest_age_seconds', 'Age of the oldest record waiting, 0 when there is none', () => this.#oldestAge()],
    ];
    for (const [name, help, read] of gauges)
      metrics.gauge(`bellwether_agent_spool_${name}`, help, [], (gauge) => gauge.set(read()));
  }

  /** @throws BellwetherError BW_SPOOL when the file cannot be used (database.ts). */
  start(): void {
    if (this.#started) return;
    this.#openFile();
    this.#started = true;
    if (this.#records > 0)
      this.#options.log.info({ records: this.#records, lines: this.#lines }, 'the spool holds undelivered records');
  }

  stop(): void {
    this.#started = false;
    this.#open?.db.close();
    this.#open = undefined;
  }

  append(text: string | Uint8Array, meta: RecordMeta): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const frame = this.#compressor.compress(bytes);
    const pages = pagesFor(frame.length);
    if (pages > this.#maxPages) {
      this.#drops.drop('full', meta.lines);
      throw new BellwetherError(
        'BW_SPOOL',
        `one record of ${frame.length} bytes is more than the whole spool may hold`,
      );
    }
    try {
      this.#access('write', (sql) => {
        this.#expire(sql);
        this.#makeRoom(sql, pages);
        const id = this.#lastId + 1;
        const event = meta.class === 'event' ? 1 : 0;
        sql.insert.run(id, Math.round(meta.time), event, meta.lines, bytes.length, frame);
        this.#lastId = id;
      });
    } catch (error) {
      this.#appendErrors.inc();
      this.#drops.drop('disk', meta.lines, { err: errorMessage(error) });
      throw error;
    }
    this.#records++;
    this.#lines += meta.lines;
    this.#appendedLines.inc(meta.lines);
    for (const listener of this.#listeners) listener();
  }

  peek(limit: PeekLimit): SpoolBatch | undefined {
    const { after = 0, upTo = Number.MAX_SAFE_INTEGER, maxRecords = CHUNK } = limit;
    return this.#access('read', (sql) => {
      this.#expire(sql);
      const frames: Uint8Array[] = [];
      let [firstId, lastId, lines, rawBytes] = [0, 0, 0, 0];
      for (const row of sql.peek.iterate(after, upTo, Math.min(maxRecords, CHUNK)) as Iterable<Row>) {
        if (frames.length > 0 && rawBytes + row.raw_bytes > limit.maxBytes) break;
        if (frames.length === 0) firstId = row.id;
        lastId = row.id;
        lines += row.lines;
        rawBytes += row.raw_bytes;
        frames.push(row.frame);
      }
      return frames.length === 0 ? undefined : { firstId, lastId, records: frames.length, lines, rawBytes, frames };
    });
  }

  ack(batch: SpoolBatch): void {
    this.#access('write', (sql) => {
      // A batch is every record of its id range, and ids only grow: what is in the range is in the batch.
      this.#forget(sql.ack.all(batch.firstId, batch.lastId));
      this.#shrink(sql);
    });
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): SpoolStats {
    return {
      records: this.#records,
      lines: this.#lines,
      bytes: this.#liveBytes(),
      oldestTime: this.#oldestTime(),
      lastId: this.#lastId,
      dropped: this.#drops.totals,
    };
  }

  #openFile(): Statements {
    const { path, clock, log } = this.#options;
    const { db, setAside } = openDatabase(path, this.#walPages, clock.now());
    if (setAside) log.error({ path, setAside }, 'the spool file was damaged and is set aside; a new one is begun');
    const sql = prepare(db);
    const found = sql.totals.get() as { records: number; lines: number; last: number };
    this.#open = { db, sql };
    this.#records = found.records;
    this.#lines = found.lines;
    // Never below an id already given out: a batch in flight must not stand for later records.
    this.#lastId = Math.max(this.#lastId, found.last);
    return sql;
  }

  /** Runs `use`; a file found damaged is set aside and `use` gets a new one. */
  #access<T>(verb: 'read' | 'write', use: (sql: Statements) => T): T {
    const { path } = this.#options;
    if (!this.#started) throw new BellwetherError('BW_SPOOL', `the spool ${path} is not started`);
    try {
      try {
        return use(this.#open?.sql ?? this.#openFile());
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        return use(this.#beginAnew(error));
      }
    } catch (error) {
      if (error instanceof BellwetherError) throw error;
      const message = `cannot ${verb} the spool ${path}: ${errorMessage(error)}`;
      throw new BellwetherError('BW_SPOOL', message, { cause: error, retryable: true });
    }
  }

  #beginAnew(cause: unknown): Statements {
    const { path, clock } = this.#options;
    try {
      this.#open?.db.close();
    } catch {
      // Closing folds the log into the file, which a damaged file may refuse; the handle is gone either way.
    }
    this.#open = undefined;
    this.#room = 0;
    const setAside = moveAside(path, clock.now());
    this.#drops.drop('corrupt', this.#lines, { err: errorMessage(cause), path, setAside });
    return this.#openFile();
  }

  #makeRoom(sql: Statements, needed: number): void {
    // What was free at the last look and was not taken since is free still: nothing but appends takes room.
    if (this.#room >= needed && !this.#isDiskLow()) {
      this.#room -= needed;
      return;
    }
    this.#room = 0;
    const limit = this.#isDiskLow() ? Math.min(this.#maxPages, pageCount(sql)) : this.#maxPages;
    for (;;) {
      const missing = livePages(sql) + needed - limit;
      if (missing <= 0) {
        this.#room = -missing;
        return;
      }
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

  #expire(sql: Statements): void {
    const now = this.#options.clock.now();
    // The second test lets a wall clock that was set back not stop this for long.
    if (now < this.#expireDue && this.#expireDue - now <= EXPIRE_EVERY_MS) return;
    this.#expireDue = now + EXPIRE_EVERY_MS;
    this.#drops.settle();
    while (this.#dropRows('age', sql.expire.all(now - this.#options.maxAgeMs)));
  }

  #dropRows(reason: DropReason, rows: readonly unknown[]): boolean {
    this.#drops.drop(reason, this.#forget(rows));
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

  #liveBytes(): number {
    return this.#open ? livePages(this.#open.sql) * PAGE_BYTES : 0;
  }

  #oldestTime(): number | undefined {
    return (this.#open?.sql.oldest.get() as { time: number } | undefined)?.time;
  }

  #oldestAge(): number {
    const oldest = this.#oldestTime();
    return oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest) / 1000;
  }
}
