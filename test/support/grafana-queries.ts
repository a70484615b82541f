import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration } from '../../core/duration.ts';
import { ROOT } from './source-files.ts';

export interface PanelQueryOptions {
  readonly influxUrl: string;
  readonly database: string;
  /** Window, ms. */
  readonly from: number;
  readonly to: number;
  /** Value of each template variable; a list for one with several values chosen. */
  readonly variables: Readonly<Record<string, string | readonly string[]>>;
}

export interface PanelResult {
  readonly board: string;
  /** Title of the panel, or `variable NAME`. */
  readonly panel: string;
  /** The query as Grafana would send it. */
  readonly query: string;
  /** Rows with at least one value that is not null. */
  readonly rows: number;
}

interface Board {
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly interval?: string;
    readonly targets?: readonly { readonly query: string }[];
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[];
  };
}

interface InfluxReply {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly columns: readonly string[];
      readonly values: readonly (readonly unknown[])[];
    }[];
  }[];
}

/** The generated boards as Grafana loads them. */
export function loadBoards(folder = join(ROOT, 'dashboards/generated')): Board[] {
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Board);
}

/**
 * Runs every query of every generated board, and of every template variable, as Grafana would, against an InfluxDB (1.x API).
 * @throws when the database refuses a query, naming board, panel and query
 */
export async function runPanelQueries(options: PanelQueryOptions): Promise<PanelResult[]> {
  const results: PanelResult[] = [];
  for (const { uid, panels, templating } of loadBoards()) {
    for (const variable of templating.list.filter((v) => v.type === 'query'))
      results.push(await run(uid, `variable ${variable.name}`, variable.query, undefined, options));
    for (const { title, targets = [], interval } of panels)
      for (const { query } of targets) results.push(await run(uid, title, query, interval, options));
  }
  return results;
}

async function run(
  board: string,
  panel: string,
  template: string,
  interval: string | undefined,
  options: PanelQueryOptions,
): Promise<PanelResult> {
  const query = substitute(template, interval, options);
  const url = new URL('/query', options.influxUrl);
  url.search = new URLSearchParams({ db: options.database, epoch: 'ms', q: query }).toString();
  const reply = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const body = (await reply.json()) as InfluxReply;
  const error = body.error ?? body.results?.[0]?.error;
  if (error !== undefined) throw new Error(`${board}, ${panel}: ${error}\n${query}`);
  const series = body.results?.flatMap((result) => result.series ?? []) ?? [];
  const rows = series.flatMap(({ columns, values }) =>
    values.filter((row) => row.some((value, i) => columns[i] !== 'time' && value !== null)),
  );
  return { board, panel, query, rows: rows.length };
}

/** Grafana's macros and variables in InfluxQL: https://grafana.com/docs/grafana/latest/datasources/influxdb/template-variables/ */
export function substitute(template: string, interval: string | undefined, options: PanelQueryOptions): string {
  const { from, to, variables } = options;
  const step = Math.max(parseDuration(interval ?? '10s')!, Math.ceil((to - from) / 1_000_000) * 1_000);
  return template
    .replaceAll('$timeFilter', `time >= ${from}ms and time <= ${to}ms`)
    .replaceAll('$__interval', `${step}ms`)
    .replace(/\$(\w+)/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`no value for the variable $${name} in: ${template}`);
      return typeof value === 'string' ? value : `(${value.map(escapeRegex).join('|')})`;
    });
}

/** As Grafana escapes the values of a variable with several values, for use between slashes. */
function escapeRegex(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}
