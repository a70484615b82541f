import type { DatabaseSync } from 'node:sqlite';
import { type FieldValue, type Sample, seriesKey } from '../../../core/sample.ts';
import { type FieldSet, type FieldType, fieldType } from './codec.ts';

export interface StoredFieldSet extends FieldSet {
  readonly id: number;
  readonly measurement: number;
}

/** What a school may create; beyond, points are refused by name, so that one broken sender cannot fill memory or disk for all. */
export interface CatalogueLimits {
  readonly seriesPerSchool: number;
  readonly fieldsPerMeasurement: number;
  readonly fieldSetsPerMeasurement: number;
}

/** Where a sample goes. */
export interface Placed {
  readonly school: number;
  readonly series: number;
  readonly set: StoredFieldSet;
}

interface Measurement {
  readonly id: number;
  readonly school: number;
  /** The type of each field ever written: it does not change. */
  readonly types: Map<string, FieldType>;
  readonly sets: Map<string, StoredFieldSet>;
  /** Field sets by names in the order a sample carried them, which saves the sort. Emptied when it gets large. */
  readonly seen: Map<string, StoredFieldSet>;
}

interface Series {
  readonly id: number;
  seenDay: number;
}

const MAX_CACHED_SERIES = 100_000;
const MAX_CACHED_ORDERS = 4096;
const MAX_CACHED_SETS = 20_000;
/** The type letter in field sets of rollup rows. */
const AGGREGATE = 'a';
const DAY_MS = 86_400_000;

const TYPE_NAMES: Readonly<Record<FieldType, string>> = { f: 'float', i: 'integer', b: 'boolean', s: 'string' };

/** Numbers for schools, measurements, series and field sets, in the database and in memory. Writes inside the caller's transaction. */
export class Catalogue {
  readonly #limits: CatalogueLimits;
  readonly #schools = new Map<string, number>();
  readonly #seriesCount = new Map<number, number>();
  readonly #measurements = new Map<string, Measurement>();
  readonly #series = new Map<string, Series>();
  readonly #setsById = new Map<number, StoredFieldSet>();
  readonly #setsByFields = new Map<string, StoredFieldSet>();
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync, limits: CatalogueLimits) {
    this.#limits = limits;
    this.#sql = prepare(db);
  }

  /** Drops what is in memory: after a rollback it may name rows that do not exist. */
  forget(): void {
    this.#schools.clear();
    this.#seriesCount.clear();
    this.#measurements.clear();
    this.#series.clear();
    this.#setsById.clear();
    this.#setsByFields.clear();
  }

  /** Finds or creates everything the sample needs; a string is the reason it is refused. */
  place(sample: Sample): Placed | string {
    const measurement = this.#measurement(this.#school(sample.tags['school']!), sample.measurement);
    const set = this.#fieldSetOf(measurement, sample);
    if (typeof set === 'string') return set;
    const series = this.#seriesOf(measurement, sample);
    return typeof series === 'string' ? series : { school: measurement.school, series, set };
  }

  findSchool(name: string): number | undefined {
    return this.#schools.get(name) ?? (this.#sql.findSchool.get(name)?.['id'] as number | undefined);
  }

  findMeasurement(school: number, name: string): Measurement | undefined {
    return this.#measurements.get(`${school}\u0000${name}`) ?? this.#loadMeasurement(school, name);
  }

  /** The set that a row names; undefined when no such set exists (the row is damaged). */
  fieldSet(id: number): StoredFieldSet | undefined {
    const cached = this.#setsById.get(id);
    if (cached) return cached;
    const row = this.#sql.setById.get(id);
    return row ? this.#remember(readSet(row)) : undefined;
  }

  /** The set of a merged point's fields in a measurement, created when missing. */
  mergedSet(measurement: number, fields: Readonly<Record<string, FieldValue>>): StoredFieldSet {
    const pairs = Object.entries(fields).map(([name, value]) => [name, fieldType(value)] as const);
    return this.#storeSet(measurement, pairs.sort(byName));
  }

  /** The set of a rollup row with these fields, created when missing; its rows hold aggregates, whatever the type of the field was. */
  rollupSet(measurement: number, names: readonly string[]): StoredFieldSet {
    const pairs = names.map((name) => [name, AGGREGATE] as const);
    return this.#storeSet(measurement, pairs.sort(byName));
  }

  #school(name: string): number {
    const known = this.findSchool(name) ?? Number(this.#sql.addSchool.run(name).lastInsertRowid);
    this.#schools.set(name, known);
    return known;
  }

  #measurement(school: number, name: string): Measurement {
    const found = this.findMeasurement(school, name);
    if (found) return found;
    this.#sql.addMeasurement.run(school, name);
    return this.#loadMeasurement(school, name)!;
  }

  #loadMeasurement(school: number, name: string): Measurement | undefined {
    const row = this.#sql.findMeasurement.get(school, name);
    if (!row) return undefined;
    const measurement: Measurement = {
      id: row['id'] as number,
      school,
      types: new Map(),
      sets: new Map(),
      seen: new Map(),
    };
    for (const set of this.#sql.setsOf.all(measurement.id)) this.#adopt(measurement, readSet(set));
    this.#measurements.set(`${school}\u0000${name}`, measurement);
    return measurement;
  }

  #adopt(measurement: Measurement, set: StoredFieldSet): void {
    measurement.sets.set(JSON.stringify(set.names), set);
    for (let i = 0; i < set.names.length; i++) measurement.types.set(set.names[i]!, set.types[i] as FieldType);
    this.#remember(set);
  }

  #remember(set: StoredFieldSet): StoredFieldSet {
    if (this.#setsById.size >= MAX_CACHED_SETS) this.#setsById.clear();
    this.#setsById.set(set.id, set);
    return set;
  }

  #fieldSetOf(measurement: Measurement, sample: Sample): StoredFieldSet | string {
    let order = '';
    for (const name in sample.fields) order += `${fieldType(sample.fields[name]!)}${name.length}:${name}`;
    const seen = measurement.seen.get(order);
    if (seen) return seen;
    const fields = Object.entries(sample.fields)
      .map(([name, value]) => [name, fieldType(value)] as const)
      .sort(byName);
    const fault = this.#fieldFault(measurement, sample.measurement, fields);
    if (fault !== undefined) return fault;
    let set = measurement.sets.get(JSON.stringify(fields.map(([name]) => name)));
    if (!set) {
      set = this.#storeSet(measurement.id, fields);
      this.#adopt(measurement, set);
    }
    if (measurement.seen.size >= MAX_CACHED_ORDERS) measurement.seen.clear();
    measurement.seen.set(order, set);
    return set;
  }

  #fieldFault(
    measurement: Measurement,
    name: string,
    fields: readonly (readonly [string, FieldType])[],
  ): string | undefined {
    let added = 0;
    for (const [field, type] of fields) {
      const existing = measurement.types.get(field);
      if (existing === undefined) added++;
      else if (existing !== type) {
        return `field type conflict: input field "${field}" on measurement "${name}" is type ${TYPE_NAMES[type]}, already exists as type ${TYPE_NAMES[existing]}`;
      }
    }
    const { fieldsPerMeasurement, fieldSetsPerMeasurement } = this.#limits;
    if (measurement.types.size + added > fieldsPerMeasurement) {
      return `measurement "${name}" has more than ${fieldsPerMeasurement} fields`;
    }
    const isNew = !measurement.sets.has(JSON.stringify(fields.map(([field]) => field)));
    if (isNew && measurement.sets.size >= fieldSetsPerMeasurement) {
      return `measurement "${name}" has more than ${fieldSetsPerMeasurement} combinations of fields`;
    }
    return undefined;
  }

  #storeSet(measurement: number, fields: readonly (readonly [string, string])[]): StoredFieldSet {
    const names = JSON.stringify(fields.map(([name]) => name));
    const types = fields.map(([, type]) => type).join('');
    const key = `${measurement} ${types} ${names}`;
    let set = this.#setsByFields.get(key);
    if (set) return set;
    this.#sql.addSet.run(measurement, names, types);
    set = this.#remember(readSet(this.#sql.findSet.get(measurement, names, types)!));
    if (this.#setsByFields.size >= MAX_CACHED_SETS) this.#setsByFields.clear();
    this.#setsByFields.set(key, set);
    return set;
  }

  #seriesOf(measurement: Measurement, sample: Sample): number | string {
    const key = seriesKey(sample.measurement, sample.tags);
    const day = Math.floor(sample.time / DAY_MS);
    let series = this.#series.get(key);
    if (!series) {
      const found = this.#findOrAddSeries(measurement, sample.tags, day);
      if (typeof found === 'string') return found;
      series = found;
      if (this.#series.size >= MAX_CACHED_SERIES) this.#series.delete(this.#series.keys().next().value!);
      this.#series.set(key, series);
    }
    if (day > series.seenDay) {
      this.#sql.setSeen.run(day, series.id);
      series.seenDay = day;
    }
    return series.id;
  }

  #findOrAddSeries(measurement: Measurement, tags: Readonly<Record<string, string>>, day: number): Series | string {
    const pairs = Object.entries(tags)
      .filter(([, value]) => value !== '')
      .sort(byName);
    const text = JSON.stringify(Object.fromEntries(pairs));
    const row = this.#sql.findSeries.get(measurement.id, text);
    if (row) return { id: row['id'] as number, seenDay: row['seen_day'] as number };
    const count =
      this.#seriesCount.get(measurement.school) ?? (this.#sql.countSeries.get(measurement.school)!['n'] as number);
    if (count >= this.#limits.seriesPerSchool) return `school has more than ${this.#limits.seriesPerSchool} series`;
    const id = Number(this.#sql.addSeries.run(measurement.id, text, day).lastInsertRowid);
    for (const [name, value] of pairs) this.#sql.addTag.run(measurement.id, name, value, id);
    this.#seriesCount.set(measurement.school, count + 1);
    return { id, seenDay: day };
  }
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function readSet(row: Record<string, unknown>): StoredFieldSet {
  return {
    id: row['id'] as number,
    measurement: row['measurement'] as number,
    names: JSON.parse(row['names'] as string) as string[],
    types: row['types'] as string,
  };
}

function prepare(db: DatabaseSync) {
  return {
    findSchool: db.prepare('SELECT id FROM school WHERE name = ?'),
    addSchool: db.prepare('INSERT INTO school (name) VALUES (?)'),
    findMeasurement: db.prepare('SELECT id FROM measurement WHERE school = ? AND name = ?'),
    addMeasurement: db.prepare('INSERT INTO measurement (school, name) VALUES (?, ?)'),
    setsOf: db.prepare(
      `SELECT id, measurement, names, types FROM field_set WHERE measurement = ? AND types NOT LIKE '${AGGREGATE}%'`,
    ),
    setById: db.prepare('SELECT id, measurement, names, types FROM field_set WHERE id = ?'),
    findSet: db.prepare(
      'SELECT id, measurement, names, types FROM field_set WHERE measurement = ? AND names = ? AND types = ?',
    ),
    addSet: db.prepare('INSERT INTO field_set (measurement, names, types) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    findSeries: db.prepare('SELECT id, seen_day FROM series WHERE measurement = ? AND tags = ?'),
    countSeries: db.prepare(
      'SELECT count(*) AS n FROM series WHERE measurement IN (SELECT id FROM measurement WHERE school = ?)',
    ),
    addSeries: db.prepare('INSERT INTO series (measurement, tags, seen_day) VALUES (?, ?, ?)'),
    addTag: db.prepare('INSERT INTO series_tag (measurement, name, value, series) VALUES (?, ?, ?, ?)'),
    setSeen: db.prepare('UPDATE series SET seen_day = ? WHERE id = ?'),
  };
}
