import type { Clock } from '../../../core/clock.ts';
import { BellwetherError } from '../../../core/errors.ts';
import type { Sample } from '../../../core/sample.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type {
  LatestQuery,
  LatestSeries,
  MaintenanceReport,
  MetricStore,
  RangeQuery,
  RangeSeries,
  WriteResult,
} from '../storage.ts';
import { Catalogue, type CatalogueLimits } from './catalogue.ts';
import { Database, unavailable } from './database.ts';
import { DirtyWindows } from './dirty-windows.ts';
import { Maintenance } from './maintenance.ts';
import { Reader } from './reader.ts';
import type { Retention } from './tiers.ts';
import { Writer } from './writer.ts';

export interface SqliteStoreOptions {
  readonly file: string;
  readonly retention: Retention;
  readonly limits: CatalogueLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Opened {
  readonly database: Database;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly maintenance: Maintenance;
}

/** The embedded store: one SQLite file, written by one process. */
export class SqliteStore implements MetricStore {
  readonly name = 'sqlite';
  readonly #options: SqliteStoreOptions;
  #opened: Opened | undefined;
  #stopping = new AbortController();
  #maintaining: Promise<MaintenanceReport> | undefined;
  readonly #inFlight = new Set<Promise<unknown>>();
  #damaged = 0;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
  }

  /** Rows that could not be read since start. */
  get damagedRows(): number {
    return this.#damaged;
  }

  async start(): Promise<void> {
    if (this.#opened) return;
    const { file, limits, retention, clock } = this.#options;
    const database = Database.open(file);
    const catalogue = new Catalogue(database.db, limits);
    const dirty = new DirtyWindows(database.db);
    dirty.load();
    database.onUndone(() => {
      catalogue.forget();
      dirty.load();
    });
    const damaged = (reason: string) => this.#reportDamage(reason);
    const parts = { database, catalogue, dirty, retention, clock, damaged };
    this.#stopping = new AbortController();
    this.#opened = {
      database,
      writer: new Writer(parts),
      reader: new Reader(parts),
      maintenance: new Maintenance(parts),
    };
  }

  /** Finishes what was begun (maintenance after its current slice), then closes. */
  async stop(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    this.#opened = undefined;
    this.#stopping.abort();
    await Promise.allSettled(this.#inFlight);
    opened.database.close();
  }

  write(samples: readonly Sample[], signal?: AbortSignal): Promise<WriteResult> {
    return this.#use(({ writer }) => writer.write(samples, signal));
  }

  latest(query: LatestQuery): Promise<LatestSeries[]> {
    return this.#use(({ reader }) => reader.latest(query));
  }

  range(query: RangeQuery): Promise<RangeSeries[]> {
    return this.#use(({ reader }) => reader.range(query));
  }

  /** A call while one runs gets that run's report. */
  maintain(now: number): Promise<MaintenanceReport> {
    this.#maintaining ??= this.#use(({ maintenance }) => maintenance.run(now, this.#stopping.signal)).finally(() => {
      this.#maintaining = undefined;
    });
    return this.#maintaining;
  }

  ping(): Promise<void> {
    return this.#use(async ({ database }) => database.touch());
  }

  /** Runs `fn` on the open database; every failure leaves as BW_STORAGE_UNAVAILABLE. */
  async #use<T>(fn: (opened: Opened) => Promise<T>): Promise<T> {
    const opened = this.#opened;
    if (!opened)
      throw new BellwetherError('BW_STORAGE_UNAVAILABLE', 'the metrics database is not open', { retryable: true });
    const running = fn(opened);
    this.#inFlight.add(running);
    try {
      return await running;
    } catch (error) {
      throw unavailable(this.#options.file, error);
    } finally {
      this.#inFlight.delete(running);
    }
  }

  /** Counts every damaged row; logs the first and then each thousandth, since one bad page has many. */
  #reportDamage(reason: string): void {
    if (this.#damaged++ % 1000 === 0) {
      this.#options.log.error({ file: this.#options.file, damaged: this.#damaged }, `damaged row left out: ${reason}`);
    }
  }
}
