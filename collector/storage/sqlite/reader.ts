import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../core/clock.ts';
import type { FieldValue } from '../../../core/sample.ts';
import type { LatestQuery, LatestSeries, RangeQuery, RangeSeries, SeriesFilter } from '../storage.ts';
import type { Catalogue, StoredFieldSet } from './catalogue.ts';
import { CodecError, decodeNumber, decodePoint } from './codec.ts';
import type { Database } from './database.ts';
import type { DirtyWindows } from './dirty-windows.ts';
import { decodeAggregate } from './rollup.ts';
import {
  planRange,
  type Retention,
  type RollupTier,
  type Segment,
  TIERS,
  type Tier,
  WINDOW_MS,
  windowWidth,
} from './tiers.ts';

export interface ReaderParts {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly dirty: DirtyWindows;
  readonly retention: Retention;
  readonly clock: Clock;
  /** A row could not be read; it is left out. */
  readonly damaged: (reason: string) => void;
}

interface Row {
  readonly series: number;
  readonly win: number;
  readonly at: number;
  readonly field_set: number;
  readonly data: Uint8Array;
}

interface Matched {
  readonly id: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Windows x series looked up before other work gets a turn; a look-up costs some microseconds. */
const LOOKUPS_PER_TURN = 1500;
const DAY_MS = 86_400_000;

/** Answers latest and range queries, a slice at a time so that a wide one does not hold up ingest. */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #points: StatementSync;
  readonly #rollups: Readonly<Record<RollupTier, StatementSync>>;
  readonly #newest: StatementSync;
  readonly #previousWindow: StatementSync;
  readonly #lastWindows: StatementSync;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    const { db } = parts.database;
    // CROSS JOIN fixes the order of the loops, and with it the order of the rows: by window, series, time.
    const wanted = 'FROM json_each(?) AS w CROSS JOIN json_each(?) AS s';
    this.#points = db.prepare(`SELECT p.series, p.win, p.at, p.field_set, p.data ${wanted}
      CROSS JOIN point AS p ON p.school = ? AND p.win = w.value AND p.series = s.value`);
    const rollup = (table: string) =>
      db.prepare(`SELECT p.series, p.win, 0 AS at, p.field_set, p.data ${wanted}
      CROSS JOIN ${table} AS p ON p.school = ? AND p.win = w.value AND p.series = s.value`);
    this.#rollups = { 1: rollup('rollup_5m'), 2: rollup('rollup_1h') };
    // Bare columns come from the row of max(at) (SQLite: "bare columns in an aggregate query").
    this.#newest = db.prepare(`SELECT p.series, p.win, max(p.at) AS at, p.field_set, p.data FROM json_each(?) AS s
      CROSS JOIN point AS p ON p.school = ? AND p.win = ? AND p.series = s.value AND p.at >= ? GROUP BY p.series, p.field_set`);
    this.#previousWindow = db.prepare('SELECT max(win) AS win FROM point WHERE school = ? AND win < ? AND win >= ?');
    const last = (table: string) => `(SELECT max(win) FROM ${table} WHERE school = ?)`;
    this.#lastWindows = db.prepare(
      `SELECT ${last('point')} AS raw, ${last('rollup_5m')} AS five, ${last('rollup_1h')} AS hour`,
    );
  }

  async range(query: RangeQuery): Promise<RangeSeries[]> {
    const school = this.#parts.catalogue.findSchool(query.school);
    if (school === undefined) return [];
    const matched = this.#match(school, query, Math.floor(query.from / DAY_MS));
    const ids = matched.map(({ id }) => id);
    if (ids.length === 0) return [];
    const sink = new PointSink(query);
    const held = { ...query, to: Math.min(query.to, this.#end(school)) };
    for (const segment of planRange(held, this.#parts.retention, this.#parts.clock.now())) {
      await this.#readSegment(school, ids, segment, query.field, sink);
    }
    return matched
      .map(({ id, tags }) => ({ tags, points: sink.pointsOf(id) }))
      .filter(({ points }) => points.length > 0);
  }

  /** Reads a segment; a window that is newer than its rollup comes from the next finer tier. */
  async #readSegment(school: number, ids: number[], segment: Segment, field: string, sink: PointSink): Promise<void> {
    const { tier, from, to } = segment;
    const width = windowWidth(tier);
    const step = Math.max(1, Math.floor(LOOKUPS_PER_TURN / ids.length));
    let clean: number[] = [];
    const flush = async (): Promise<void> => {
      if (clean.length === 0) return;
      this.#readWindows(school, ids, tier, clean, segment, field, sink);
      clean = [];
      await nextTurn();
    };
    for (let win = Math.floor(from / width); win * width < to; win++) {
      if (tier > 0 && this.#parts.dirty.has(tier as RollupTier, school, win)) {
        await flush();
        const finer = { tier: (tier - 1) as Tier, from: win * width, to: (win + 1) * width };
        await this.#readSegment(school, ids, finer, field, sink);
        continue;
      }
      clean.push(win);
      if (clean.length >= step) await flush();
    }
    await flush();
  }

  #readWindows(
    school: number,
    ids: number[],
    tier: Tier,
    wins: number[],
    within: Segment,
    field: string,
    sink: PointSink,
  ): void {
    const statement = tier === 0 ? this.#points : this.#rollups[tier];
    const rows = statement.iterate(JSON.stringify(wins), JSON.stringify(ids), school) as Iterable<unknown>;
    for (const row of rows as Iterable<Row>) {
      this.#decode(row, (set) => {
        if (tier === 0) {
          const time = row.win * WINDOW_MS + row.at;
          const index = set.names.indexOf(field);
          if (index < 0 || time < within.from || time >= within.to) return;
          const value = decodeNumber(set, row.data, index);
          if (value !== undefined) sink.add(row.series, time, value, 1);
        } else {
          const found = decodeAggregate(set, row.data).get(field);
          if (found) sink.add(row.series, row.win * TIERS[tier].width, found.sum, found.count);
        }
      });
    }
  }

  async latest(query: LatestQuery): Promise<LatestSeries[]> {
    const { catalogue } = this.#parts;
    const school = catalogue.findSchool(query.school);
    const measurement = school === undefined ? undefined : catalogue.findMeasurement(school, query.measurement);
    if (school === undefined || !measurement) return [];
    const matched = this.#match(school, query, Math.floor(query.since / DAY_MS));
    const found = new Map<number, Newest>();
    let open = matched.map(({ id }) => id);
    const oldest = Math.floor(query.since / WINDOW_MS);
    let win = this.#windowBefore(school, Number.MAX_SAFE_INTEGER, oldest);
    while (win !== undefined && open.length > 0) {
      for (const row of this.#newest.all(JSON.stringify(open), school, win, query.since - win * WINDOW_MS)) {
        this.#addNewest(found, row as unknown as Row);
      }
      // A series of which every field of the measurement is known needs no look at older windows.
      open = open.filter((id) => (found.get(id)?.fields.size ?? 0) < measurement.types.size);
      win = this.#windowBefore(school, win, oldest);
      await nextTurn();
    }
    return matched.flatMap(({ id, tags }) => {
      const newest = found.get(id);
      if (!newest) return [];
      const fields = Object.fromEntries([...newest.fields].map(([name, { value }]) => [name, value]));
      return [{ tags, fields, time: newest.time }];
    });
  }

  /** The end of a school's newest window (ms): an open-ended query need not look at empty windows. */
  #end(school: number): number {
    const row = this.#lastWindows.get(school, school, school) as Record<'raw' | 'five' | 'hour', number | null>;
    const last = (win: number | null, tier: Tier): number => (win === null ? 0 : (win + 1) * windowWidth(tier));
    return Math.max(last(row.raw, 0), last(row.five, 1), last(row.hour, 2));
  }

  #windowBefore(school: number, win: number, oldest: number): number | undefined {
    return (this.#previousWindow.get(school, win, oldest)?.['win'] as number | null) ?? undefined;
  }

  #addNewest(found: Map<number, Newest>, row: Row): void {
    const time = row.win * WINDOW_MS + row.at;
    this.#decode(row, (set) => {
      let newest = found.get(row.series);
      if (!newest) {
        newest = { time, fields: new Map() };
        found.set(row.series, newest);
      }
      newest.time = Math.max(newest.time, time);
      for (const [name, value] of Object.entries(decodePoint(set, row.data))) {
        const have = newest.fields.get(name);
        if (!have || have.time < time) newest.fields.set(name, { time, value });
      }
    });
  }

  #decode(row: Row, use: (set: StoredFieldSet) => void): void {
    const set = this.#parts.catalogue.fieldSet(row.field_set);
    const where = `series ${row.series} at ${row.win * WINDOW_MS + row.at}`;
    if (!set) {
      this.#parts.damaged(`${where}: no field set ${row.field_set}`);
      return;
    }
    try {
      use(set);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#parts.damaged(`${where}: ${error.message}`);
    }
  }

  /** The series of a filter that have points on or after a day. An empty value matches series without that tag, as in InfluxQL. */
  #match(school: number, filter: SeriesFilter, day: number): Matched[] {
    const measurement = this.#parts.catalogue.findMeasurement(school, filter.measurement);
    if (!measurement) return [];
    let sql = 'SELECT id, tags FROM series WHERE measurement = ? AND seen_day >= ?';
    const values: (string | number)[] = [measurement.id, day];
    for (const [name, value] of Object.entries(filter.tags ?? {})) {
      const one = 'SELECT series FROM series_tag WHERE measurement = ? AND name = ?';
      sql += value === '' ? ` AND id NOT IN (${one})` : ` AND id IN (${one} AND value = ?)`;
      values.push(measurement.id, name, ...(value === '' ? [] : [value]));
    }
    const rows = this.#parts.database.db.prepare(`${sql} ORDER BY tags`).all(...values);
    return rows.map((row) => ({
      id: row['id'] as number,
      tags: JSON.parse(row['tags'] as string) as Record<string, string>,
    }));
  }
}

interface Newest {
  time: number;
  readonly fields: Map<string, { readonly time: number; readonly value: FieldValue }>;
}

/** Collects points by series: as they come, or their mean by step. */
class PointSink {
  readonly #step: number | undefined;
  readonly #raw = new Map<number, [number, number][]>();
  readonly #steps = new Map<number, Map<number, { sum: number; count: number }>>();

  constructor(query: RangeQuery) {
    this.#step = query.step;
  }

  /** Adds `count` values that sum to `sum`. */
  add(series: number, time: number, sum: number, count: number): void {
    if (this.#step === undefined) {
      entry(this.#raw, series, () => []).push([time, sum]);
      return;
    }
    const start = Math.floor(time / this.#step) * this.#step;
    const total = entry(
      entry(this.#steps, series, () => new Map()),
      start,
      () => ({ sum: 0, count: 0 }),
    );
    total.sum += sum;
    total.count += count;
  }

  pointsOf(series: number): (readonly [number, number])[] {
    if (this.#step === undefined) return this.#raw.get(series) ?? [];
    return [...(this.#steps.get(series) ?? [])].map(([start, { sum, count }]) => [start, sum / count]);
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
