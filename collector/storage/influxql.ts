import type { LatestQuery, RangeQuery, SeriesFilter } from './storage.ts';

/**
 * InfluxQL text. Everything that comes from outside passes `identifier` or `literal`; nothing else builds a query.
 * Source: InfluxQL reference, "Identifiers" and "Strings": the quote and the backslash are escaped with a backslash, a line feed is `\n`.
 */
export function identifier(name: string): string {
  return `"${escaped(name).replaceAll('"', '\\"')}"`;
}

export function literal(value: string): string {
  return `'${escaped(value).replaceAll("'", "\\'")}'`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Where the measurement lives: in the database's default retention policy unless one is named. */
export function source(measurement: string, retentionPolicy: string | undefined): string {
  const prefix = retentionPolicy === undefined ? '' : `${identifier(retentionPolicy)}.`;
  return prefix + identifier(measurement);
}

/** Times in InfluxQL are 64-bit nanoseconds: 1677 to 2262. Beyond lies no point. */
const MAX_MS = 9_223_372_036_854;

/** Raw points, or the mean by step aligned to the epoch, one result per series. */
export function rangeQuery(query: RangeQuery, retentionPolicy: string | undefined): string {
  const field = identifier(query.field);
  const what = query.step === undefined ? field : `mean(${field}) AS ${field}`;
  const group = query.step === undefined ? '*' : `time(${query.step}ms), *`;
  const fill = query.step === undefined ? '' : ' fill(none)';
  const times = `time >= ${ms(query.from)} AND time < ${ms(query.to)}`;
  return `SELECT ${what} FROM ${source(query.measurement, retentionPolicy)} WHERE ${where(query)} AND ${times} GROUP BY ${group}${fill}`;
}

/**
 * Three statements: the types of the fields (JSON does not tell 5 from 5.0), the last value of every field, and the newest row of each series
 * for its time (a query with several `last` has none of its own).
 */
export function latestQueries(query: LatestQuery, retentionPolicy: string | undefined): string {
  const from = source(query.measurement, retentionPolicy);
  const condition = `${where(query)} AND time >= ${ms(query.since)}`;
  return [
    `SHOW FIELD KEYS FROM ${from}`,
    `SELECT last(*) FROM ${from} WHERE ${condition} GROUP BY *`,
    `SELECT * FROM ${from} WHERE ${condition} GROUP BY * ORDER BY time DESC LIMIT 1`,
  ].join('; ');
}

function where(filter: SeriesFilter): string {
  const tags = [['school', filter.school] as const, ...Object.entries(filter.tags ?? {})];
  return tags.map(([name, value]) => `${identifier(name)} = ${literal(value)}`).join(' AND ');
}

function ms(time: number): string {
  return `${Math.max(-MAX_MS, Math.min(MAX_MS, Math.trunc(time)))}ms`;
}
