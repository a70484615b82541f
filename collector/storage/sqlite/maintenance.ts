import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MaintenanceReport } from '../storage.ts';
import type { Catalogue } from './catalogue.ts';
import { ByteWriter, CodecError } from './codec.ts';
import type { Database } from './database.ts';
import type { DirtyWindows } from './dirty-windows.ts';
import { addAggregate, addPoint, encodeAggregate, type SeriesAggregate } from './rollup.ts';
import { firstKept, type Retention, type RollupTier, type Tier } from './tiers.ts';

export interface MaintenanceParts {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly dirty: DirtyWindows;
  readonly retention: Retention;
  /** A row could not be read; it is left out. */
  readonly damaged: (reason: string) => void;
}

/** Rows handled before ingest gets a turn: some 20 ms at most on a slow core. */
const ROWS_PER_TURN = 1000;
const PAGES_PER_TURN = 200;
/** Free pages are reused; they are given back to the disk only beyond this share of the file. */
const MAX_FREE_SHARE = 0.2;
/** Points come a few seconds late as a rule; a window rolled up at once would be rolled up twice. */
const SETTLE_MS = 60_000;
const DAY_MS = 86_400_000;
const TABLES = ['point', 'rollup_5m', 'rollup_1h'] as const;
/** What one window of a rollup is made from: so many windows of a table, read so many rows of each at a time. */
const SOURCES: Readonly<Record<RollupTier, { table: string; order: string; windows: number; rows: number }>> = {
  1: { table: 'point', order: 'series, at', windows: 1, rows: ROWS_PER_TURN },
  2: { table: 'rollup_5m', order: 'series', windows: 12, rows: Math.floor(ROWS_PER_TURN / 12) },
};

interface RolledSeries {
  readonly measurement: number;
  readonly fields: SeriesAggregate;
}

interface SourceRow {
  readonly series: number;
  readonly field_set: number;
  readonly data: Uint8Array;
}

/**
 * Rolls up closed windows that were written to since, drops what is older than its retention, and gives free pages back. Work is cut into
 * short transactions; a run that ends early is taken up by the next, since the marks stay until a window is done.
 */
export class Maintenance {
  readonly #parts: MaintenanceParts;
  readonly #bytes = new ByteWriter();
  #lastPrune = -1;
  readonly #sources: Readonly<Record<RollupTier, { readonly rows: StatementSync; readonly sliceEnd: StatementSync }>>;
  readonly #upserts: Readonly<Record<RollupTier, StatementSync>>;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
    const { db } = parts.database;
    const upsert = (table: string) =>
      db.prepare(`INSERT OR REPLACE INTO ${table} (school, win, series, field_set, data) VALUES (?, ?, ?, ?, ?)`);
    const source = ({ table, order, rows }: (typeof SOURCES)[RollupTier]) => ({
      rows: db.prepare(
        `SELECT series, field_set, data FROM ${table}
        WHERE school = ? AND win = ? AND series > ? AND series <= ? ORDER BY ${order}`,
      ),
      sliceEnd: db.prepare(
        `SELECT series FROM ${table} WHERE school = ? AND win = ? AND series > ? ORDER BY series LIMIT 1 OFFSET ${rows}`,
      ),
    });
    this.#sources = { 1: source(SOURCES[1]), 2: source(SOURCES[2]) };
    this.#upserts = { 1: upsert('rollup_5m'), 2: upsert('rollup_1h') };
  }

  /** One run as of `now` (ms); ends early, between two slices, when `signal` aborts. */
  async run(now: number, signal: AbortSignal): Promise<MaintenanceReport> {
    this.#parts.database.recover();
    const rolledUp = (await this.#rollUpTier(1, now, signal)) + (await this.#rollUpTier(2, now, signal));
    let expired = 0;
    for (const tier of [0, 1, 2] as const) expired += await this.#expire(tier, now, signal);
    if (!signal.aborted) this.#dropUnusedSeries(now);
    await this.#vacuum(signal);
    return { expired, rolledUp };
  }

  async #rollUpTier(tier: RollupTier, now: number, signal: AbortSignal): Promise<number> {
    let rows = 0;
    for (const { school, win, stamp } of this.#parts.dirty.closed(tier, now - SETTLE_MS)) {
      if (signal.aborted) break;
      if (tier === 2 && this.#hasDirtyPart(school, win)) continue;
      rows += await this.#rollUpWindow(tier, school, win, stamp, signal);
    }
    return rows;
  }

  /** An hour waits until all its 5-minute windows are rolled up. */
  #hasDirtyPart(school: number, hour: number): boolean {
    for (let win = hour * 12; win < hour * 12 + 12; win++) if (this.#parts.dirty.has(1, school, win)) return true;
    return false;
  }

  /**
   * Rolls one window up anew from all its rows, so that doing it twice, or again after late data, gives the same. It goes by slices of series,
   * each read and written in one turn: however large a school is, no more than a slice is in memory.
   */
  async #rollUpWindow(
    tier: RollupTier,
    school: number,
    win: number,
    stamp: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { database, dirty } = this.#parts;
    let rows = 0;
    let after = -1;
    while (!signal.aborted) {
      const upTo = this.#sliceEnd(tier, school, win, after);
      const slice = this.#aggregate(tier, school, win, after, upTo);
      const last = upTo === Number.MAX_SAFE_INTEGER;
      database.transaction(() => {
        for (const [id, series] of slice) this.#store(tier, school, win, id, series);
        if (last) dirty.clear(tier, school, win, stamp);
      });
      rows += slice.size;
      await nextTurn();
      if (last) return rows;
      after = upTo;
    }
    return 0;
  }

  /** The last series of the next slice, by the source window that has the most rows. */
  #sliceEnd(tier: RollupTier, school: number, win: number, after: number): number {
    const ends = sourceWindows(tier, win).map(
      (from) => this.#sources[tier].sliceEnd.get(school, from, after)?.['series'],
    );
    return Math.min(Number.MAX_SAFE_INTEGER, ...ends.filter((end) => typeof end === 'number'));
  }

  #aggregate(tier: RollupTier, school: number, win: number, after: number, upTo: number): Map<number, RolledSeries> {
    const all = new Map<number, RolledSeries>();
    for (const from of sourceWindows(tier, win)) {
      const rows = this.#sources[tier].rows.iterate(school, from, after, upTo) as Iterable<unknown>;
      for (const row of rows as Iterable<SourceRow>) this.#add(tier, all, row, from);
    }
    return all;
  }

  #add(tier: RollupTier, all: Map<number, RolledSeries>, row: SourceRow, win: number): void {
    try {
      const set = this.#parts.catalogue.fieldSet(row.field_set);
      if (!set) throw new CodecError(`no field set ${row.field_set}`);
      let series = all.get(row.series);
      if (!series) {
        series = { measurement: set.measurement, fields: new Map() };
        all.set(row.series, series);
      }
      if (tier === 1) addPoint(series.fields, set, row.data);
      else addAggregate(series.fields, set, row.data);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#parts.damaged(`series ${row.series} in window ${win}: ${error.message}`);
    }
  }

  #store(tier: RollupTier, school: number, win: number, series: number, { measurement, fields }: RolledSeries): void {
    if (fields.size === 0) return;
    const set = this.#parts.catalogue.rollupSet(measurement, [...fields.keys()]);
    this.#upserts[tier].run(school, win, series, set.id, encodeAggregate(this.#bytes, set, fields));
  }

  async #expire(tier: Tier, now: number, signal: AbortSignal): Promise<number> {
    const { database, retention } = this.#parts;
    const table = TABLES[tier];
    const keys = tier === 0 ? 'school, win, series, at' : 'school, win, series';
    const first = firstKept(tier, retention, now);
    const select = `SELECT ${keys} FROM ${table} WHERE school = ? AND win < ? LIMIT ${ROWS_PER_TURN}`;
    const drop = database.db.prepare(`DELETE FROM ${table} WHERE (${keys}) IN (${select})`);
    let expired = 0;
    for (const { id } of database.db.prepare('SELECT id FROM school').all() as { id: number }[]) {
      for (let changes = ROWS_PER_TURN; changes === ROWS_PER_TURN && !signal.aborted; ) {
        changes = Number(drop.run(id, first).changes);
        expired += changes;
        await nextTurn();
      }
    }
    return expired;
  }

  /** Series not written to for as long as anything is kept have no rows left anywhere. Looked for once a day: it reads all of them. */
  #dropUnusedSeries(now: number): void {
    const today = Math.floor(now / DAY_MS);
    if (this.#lastPrune === today) return;
    const { database, catalogue, retention } = this.#parts;
    const { db } = database;
    const before = Math.floor((now - Math.max(...retention)) / DAY_MS) - 1;
    const unused = db.prepare('SELECT id, measurement, tags FROM series WHERE seen_day < ? LIMIT ?');
    const untag = db.prepare('DELETE FROM series_tag WHERE measurement = ? AND name = ? AND value = ? AND series = ?');
    const drop = db.prepare('DELETE FROM series WHERE id = ?');
    const dropped = database.transaction(() => {
      const rows = unused.all(before, ROWS_PER_TURN) as { id: number; measurement: number; tags: string }[];
      for (const { id, measurement, tags } of rows) {
        for (const [name, value] of Object.entries(JSON.parse(tags) as Record<string, string>)) {
          untag.run(measurement, name, value, id);
        }
        drop.run(id);
      }
      // With its last series a measurement loses its field types: a field may come back as another type.
      if (rows.length > 0) {
        db.exec(
          'DELETE FROM measurement WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.measurement = measurement.id)',
        );
        db.exec('DELETE FROM field_set WHERE measurement NOT IN (SELECT id FROM measurement)');
      }
      return rows.length;
    });
    if (dropped > 0) catalogue.forget();
    if (dropped < ROWS_PER_TURN) this.#lastPrune = today;
  }

  async #vacuum(signal: AbortSignal): Promise<void> {
    const { database } = this.#parts;
    const excess = (): number => database.pragma('freelist_count') - MAX_FREE_SHARE * database.pragma('page_count');
    while (!signal.aborted && excess() > PAGES_PER_TURN) {
      database.db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_TURN})`);
      await nextTurn();
    }
  }
}

/** In order of time. */
function sourceWindows(tier: RollupTier, win: number): number[] {
  const { windows } = SOURCES[tier];
  return Array.from({ length: windows }, (_, i) => win * windows + i);
}
