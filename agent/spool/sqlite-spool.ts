import type { Clock } from '../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { BatchBuilder } from './batch-builder.ts';
import { Compressor } from './compressor.ts';
import { asideSuffix, PAGE_BYTES, pagesFor } from './database.ts';
import { DropLedger } from './drop-ledger.ts';
import { Episode } from './episode.ts';
import { FramePool } from './frame-pool.ts';
import type { LogRecord } from './log-entry.ts';
import { indexOf, RecentLog } from './recent-log.ts';
import { RecordStore } from './record-store.ts';
import type { PeekLimit, RecordMeta, Spool, SpoolBatch, SpoolStats } from './spool.ts';

export interface SpoolOptions {
  readonly path: string;
  /** Most bytes on disk, logs included; less than 1 MiB counts as 1 MiB. */
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
/** About a second of a thousand polls a second; held in memory too. A small spool gets less. */
const MAX_RECENT_BYTES = 4 * 1024 ** 2;
const EXPIRE_EVERY_MS = 60_000;

/**
 * The spool: records wait in a log of two files (recent-log.ts) and in memory, and those that are still there when a file of it is full move to an SQLite
 * file (record-store.ts). While the collector takes what comes, the database is not touched.
 *
 * What survives: the death of the process at any moment loses nothing that `append` returned for. A power cut may lose the writes that the kernel had
 * not yet made, at most about 30 s with Linux's defaults (vm.dirty_expire_centisecs); the files stay sound, and what moves to the database is on the disk before
 * its place in the log is written over. To wait for the disk at each append would block the agent's one thread for milliseconds per poll on a mini-PC's flash.
 *
 * Space: freed pages are used again before the file grows, so files and logs stay within `maxBytes`; once a backlog is delivered the file shrinks.
 * When the disk itself is nearly full the file stops growing, and the newest records take the place of the oldest.
 */
export class SqliteSpool implements Spool {
  readonly #options: SpoolOptions;
  readonly #maxPages: number;
  readonly #frames = new FramePool();
  readonly #compressor = new Compressor((bytes) => this.#frames.take(bytes));
  readonly #drops: DropLedger;
  readonly #recent: RecentLog;
  readonly #store: RecordStore;
  readonly #listeners = new Set<() => void>();
  readonly #appendedLines;
  readonly #appendErrors;
  #started = false;
  #lastId = 0;
  #expireDue = 0;
  readonly #refusals = new Episode();

  constructor(options: SpoolOptions) {
    this.#options = options;
    const pages = Math.floor(Math.max(MIN_BYTES, options.maxBytes) / PAGE_BYTES);
    const walPages = Math.min(MAX_WAL_PAGES, Math.floor(pages / 16));
    const recentPages = Math.floor(Math.min(MAX_RECENT_BYTES / PAGE_BYTES, pages / 16));
    // SQLite's log is folded back once it has walPages or more, so it can exceed that by one transaction: it is counted twice.
    this.#maxPages = pages - 2 * walPages - recentPages;
    const { path, clock, log, metrics } = options;
    this.#drops = new DropLedger(clock, log, metrics);
    this.#recent = new RecentLog(path, recentPages * PAGE_BYTES);
    this.#store = new RecordStore({ ...options, drops: this.#drops, maxPages: this.#maxPages, walPages });
    this.#appendedLines = metrics.counter('bellwether_agent_spool_appended_lines_total', 'Lines put into the spool');
    this.#appendErrors = metrics.counter('bellwether_agent_spool_append_errors_total', 'Appends that the disk refused');
    const gauges: readonly [name: string, help: string, read: () => number][] = [
      ['records', 'Records waiting for delivery', () => this.#records],
      ['lines', 'Lines waiting for delivery', () => this.#lines],
      ['bytes', 'Bytes on disk that hold records', () => this.#bytes],
      ['oldest_age_seconds', 'Age of the oldest record waiting, 0 when there is none', () => this.#oldestAge()],
    ];
    for (const [name, help, read] of gauges)
      metrics.gauge(`bellwether_agent_spool_${name}`, help, [], (gauge) => gauge.set(read()));
  }

  /** @throws BellwetherError BW_SPOOL when the files cannot be used (database.ts). */
  start(): void {
    if (this.#started) return;
    this.#store.start();
    try {
      this.#recover();
    } catch (error) {
      this.#store.stop();
      throw this.#asSpoolError('open the log of', error);
    }
    this.#started = true;
    if (this.#records > 0)
      this.#options.log.info({ records: this.#records, lines: this.#lines }, 'the spool holds undelivered records');
  }

  /** What waits moves to the database: after a stop, the file alone is the spool. */
  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    try {
      this.#moveAll();
    } catch (error) {
      // It is in the log, where the next start finds it.
      this.#options.log.warn({ err: errorMessage(error) }, 'the log of the spool could not be folded in');
    }
    this.#recent.close();
    this.#store.stop();
  }

  append(text: string | Uint8Array, meta: RecordMeta): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const frame = this.#compressor.compress(bytes);
    if (pagesFor([frame.length]) > this.#maxPages) {
      this.#drops.drop('full', meta.lines);
      throw new BellwetherError(
        'BW_SPOOL',
        `one record of ${frame.length} bytes is more than the whole spool may hold`,
      );
    }
    const { lines, time, class: kind = 'metric' } = meta;
    try {
      this.#checkStarted();
      this.#expire();
      const id = this.#lastId + 1;
      this.#keep({ id, time, class: kind, lines, rawBytes: bytes.length, frame });
      this.#lastId = id;
    } catch (error) {
      this.#appendErrors.inc();
      this.#drops.drop('disk', lines, { err: errorMessage(error) });
      throw error;
    }
    this.#appendedLines.inc(lines);
    for (const listener of this.#listeners) listener();
  }

  peek(limit: PeekLimit): SpoolBatch | undefined {
    this.#checkStarted();
    this.#expire();
    const builder = new BatchBuilder(limit);
    let hasPlace = this.#store.read(builder);
    for (const records of [this.#recent.older, this.#recent.newer])
      for (let k = indexOf(records, builder.after + 1); hasPlace && k < records.length; k++) {
        const { id, lines, rawBytes, frame } = records[k]!;
        hasPlace = builder.add(id, lines, rawBytes, frame);
      }
    return builder.batch;
  }

  ack({ firstId, lastId }: SpoolBatch): void {
    this.#checkStarted();
    // A batch is every record of its id range, and ids only grow: what is in the range is in the batch.
    this.#store.remove(firstId, lastId);
    if (!this.#recent.holds(firstId, lastId)) return;
    try {
      if (!this.#recent.hasRoom(0)) this.#turn(({ id }) => id < firstId || id > lastId);
      // The collector has them: whoever sent the batch is done with its frames.
      for (const { frame } of this.#recent.done(firstId, lastId)) this.#frames.give(frame);
    } catch (error) {
      throw this.#asSpoolError('write', error);
    }
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): SpoolStats {
    return {
      records: this.#records,
      lines: this.#lines,
      bytes: this.#bytes,
      oldestTime: this.#oldestTime(),
      lastId: this.#lastId,
      dropped: this.#drops.totals,
    };
  }

  get #records(): number {
    return this.#store.records + this.#recent.records;
  }

  get #lines(): number {
    return this.#store.lines + this.#recent.lines;
  }

  get #bytes(): number {
    return this.#store.bytes + this.#recent.bytes;
  }

  #recover(): void {
    const { path, clock, log } = this.#options;
    const { lastId, damaged, lostLines, setAside } = this.#recent.open(this.#store.lastId, asideSuffix(clock.now()));
    // Never below an id already given out: a batch in flight must not stand for later records.
    this.#lastId = Math.max(this.#lastId, this.#store.lastId, lastId);
    this.#drops.drop('corrupt', lostLines, { path, setAside });
    if (damaged > 0)
      log.error(
        { path, damaged, lines: lostLines, setAside },
        'the log of the spool was damaged; the rest of it is kept',
      );
    try {
      this.#moveAll();
    } catch (error) {
      log.warn({ err: errorMessage(error) }, 'the log of the spool could not be folded in');
    }
  }

  #keep(record: LogRecord): void {
    const { length } = record.frame;
    let trouble: unknown;
    if (this.#recent.takes(length)) {
      try {
        if (!this.#recent.hasRoom(length)) this.#turn();
        this.#recent.append(record);
        return;
      } catch (error) {
        trouble = error;
      }
    }
    // The log cannot grow, where the database may have pages that are free: it says what is wrong when it has none.
    this.#moveAll([record]);
    if (trouble !== undefined && this.#refusals.hit(this.#options.clock.now(), 1))
      this.#options.log.warn(
        { err: errorMessage(trouble) },
        'the log of the spool refuses records; they go to the database',
      );
  }

  /** Begins the other file of the log; what still waits in it moves to the database first, but for what is not `wanted`. */
  #turn(wanted: (record: LogRecord) => boolean = () => true): void {
    const { older } = this.#recent;
    this.#store.insert(older.filter(wanted));
    if (older.length > 0) this.#recent.drop(older[0]!.id, older.at(-1)!.id);
    this.#recent.turn();
  }

  /** All that waits in the log, and `more`, moves to the database. */
  #moveAll(more: readonly LogRecord[] = []): void {
    const moved = [...this.#recent.older, ...this.#recent.newer];
    this.#store.insert([...moved, ...more]);
    if (moved.length > 0) this.#recent.drop(moved[0]!.id, moved.at(-1)!.id);
    this.#recent.clear();
  }

  #expire(): void {
    const now = this.#options.clock.now();
    // The second test lets a wall clock that was set back not stop this for long.
    if (now < this.#expireDue && this.#expireDue - now <= EXPIRE_EVERY_MS) return;
    this.#expireDue = now + EXPIRE_EVERY_MS;
    this.#drops.settle();
    this.#refusals.over(now);
    const oldest = now - this.#options.maxAgeMs;
    this.#store.expire(oldest);
    this.#drops.drop('age', this.#recent.expire(oldest));
  }

  #oldestTime(): number | undefined {
    return this.#store.oldestTime ?? (this.#recent.older[0] ?? this.#recent.newer[0])?.time;
  }

  #oldestAge(): number {
    const oldest = this.#oldestTime();
    return oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest) / 1000;
  }

  #checkStarted(): void {
    if (!this.#started) throw new BellwetherError('BW_SPOOL', `the spool ${this.#options.path} is not started`);
  }

  #asSpoolError(verb: string, error: unknown): BellwetherError {
    if (error instanceof BellwetherError) return error;
    const message = `cannot ${verb} the spool ${this.#options.path}: ${errorMessage(error)}`;
    return new BellwetherError('BW_SPOOL', message, { cause: error, retryable: true });
  }
}
