import type { FieldValue } from '../../core/sample.ts';
import type { LatestSeries, RangeSeries } from './storage.ts';

/** One series of an InfluxQL answer (InfluxDB 1.x HTTP API, `/query`). */
interface ResultSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

export type QueryResult = readonly ResultSeries[];

/** A statement that the server could not run. */
export class StatementError extends Error {}

/** An integer that a double cannot hold exactly keeps its digits as bigint; all other numbers stay numbers. */
function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Results by statement. @throws StatementError with the server's text; SyntaxError when the body is no JSON */
export function readResults(body: string, exact: boolean): QueryResult[] {
  const json = JSON.parse(body, exact ? (exactIntegers as (key: string, value: unknown) => unknown) : undefined) as {
    error?: string;
    results?: { error?: string; series?: ResultSeries[] }[];
  };
  if (json.error !== undefined) throw new StatementError(json.error);
  return (json.results ?? []).map((result) => {
    if (result.error !== undefined) throw new StatementError(result.error);
    return result.series ?? [];
  });
}

/** The answer of `rangeQuery`. */
export function readRange(result: QueryResult): RangeSeries[] {
  const out: RangeSeries[] = [];
  for (const { tags, values } of result) {
    const points: [number, number][] = [];
    for (const [time, value] of values) if (typeof value === 'number') points.push([time as number, value]);
    if (points.length > 0) out.push({ tags: presentTags(tags), points });
  }
  return out;
}

/** The answer of `latestQueries`. */
export function readLatest(results: readonly QueryResult[]): LatestSeries[] {
  const [keys = [], lasts = [], newest = []] = results;
  const types = new Map((keys[0]?.values ?? []).map(([name, type]) => [name as string, type as string]));
  const times = new Map(newest.map((series) => [tagKey(series.tags), series.values[0]?.[0] as number]));
  return lasts.flatMap((series) => {
    const time = times.get(tagKey(series.tags));
    const row = series.values[0];
    if (time === undefined || !row) return [];
    const fields: [string, FieldValue][] = [];
    for (let i = 1; i < series.columns.length; i++) {
      const name = series.columns[i]!.replace(/^last_/, '');
      if (row[i] !== null && row[i] !== undefined) fields.push([name, typed(row[i], types.get(name))]);
    }
    return [{ tags: presentTags(series.tags), fields: Object.fromEntries(fields), time }];
  });
}

function typed(value: unknown, type: string | undefined): FieldValue {
  if (type === 'integer' || type === 'unsigned') return BigInt(value as number | bigint);
  if (typeof value === 'bigint') return Number(value);
  return value as FieldValue;
}

/** GROUP BY * names every tag of the measurement; one that a series does not have is empty. */
function presentTags(tags: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(tags ?? {}).filter(([, value]) => value !== ''));
}

function tagKey(tags: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
