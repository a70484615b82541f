/**
 * What ingest costs, beside VictoriaMetrics and InfluxDB on the very same bodies, in one run: CPU-seconds (user and system) of the process for a
 * million lines. Prints one JSON object.
 *
 * Ours is measured by steps, each in a process of its own: reading and stamping, the same with 200 rules, the store's write; and the whole write
 * path as a server (HTTP, tokens, store, rules). The two others take the bodies over HTTP and also store them, which only our whole write does: the
 * names in the result say so.
 *
 * Usage: npm run bench:ingest -- [--schools 4] [--switches 80] [--ports 52] [--minutes 12] [--warm-up 4] [--rounds 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startInfluxd } from '../support/influxd.ts';
import { startProgram, until } from '../support/process.ts';
import { temporaryFolder } from '../support/server-process.ts';
import { ROOT } from '../support/source-files.ts';
import { startVictoriaMetrics } from '../support/victoria-metrics.ts';
import { benchRules, body, bodyFile, linesPerBody, MARK_FIELDS, rulesPerLine } from './ingest-load.ts';
import { loadRival, type Rival } from './ingest-server.ts';
import type { StageName, StageResult, StageTask } from './ingest-stage.ts';

const { values } = parseArgs({
  options: {
    schools: { type: 'string', default: '4' },
    switches: { type: 'string', default: '80' },
    ports: { type: 'string', default: '52' },
    minutes: { type: 'string', default: '12' },
    'warm-up': { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
  },
});
const fleet = { schools: Number(values.schools), switches: Number(values.switches), ports: Number(values.ports) };
const minutes = Number(values.minutes);
const warmUp = Number(values['warm-up']);
const rounds = Number(values.rounds);

/** CPU-seconds for a million lines. */
function perMillion({ cpuSeconds, lines }: StageResult): number {
  return (cpuSeconds / lines) * 1e6;
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

function median(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
}

function runStage(task: StageTask): StageResult {
  const script = join(ROOT, 'test/bench/ingest-stage.ts');
  const args = [script, JSON.stringify(task)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 600_000 })) as StageResult;
}

/** Rounds take turns, so that whatever else the machine does meets all stages alike. */
function runStages(names: readonly StageName[], folder: string): Record<StageName, StageResult[]> {
  const results = Object.fromEntries(names.map((name) => [name, [] as StageResult[]])) as Record<
    StageName,
    StageResult[]
  >;
  for (let n = 0; n < rounds; n++)
    for (const stage of names) results[stage].push(runStage({ stage, folder, fleet, minutes, warmUp }));
  return results;
}

async function victoriaMetrics(): Promise<Rival> {
  const server = await startVictoriaMetrics({ limited: false });
  const names = MARK_FIELDS.map(([measurement, field]) => `${measurement}_${field}`).join('|');
  const query = encodeURIComponent(`sum(count_over_time({__name__=~"${names}"}[100d]))`);
  return {
    server,
    writeUrl: `${server.url}/api/v2/write?precision=ns`,
    stored: async () => {
      const reply = await fetch(`${server.url}/api/v1/query?query=${query}`, { signal: AbortSignal.timeout(60_000) });
      const { data } = (await reply.json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]?.value[1] ?? 0);
    },
  };
}

async function influxd(): Promise<Rival> {
  const server = await startInfluxd(undefined, { limited: false });
  const query = async (q: string): Promise<{ results: { series?: { values: [string, number][] }[] }[] }> => {
    const reply = await fetch(`${server.url}/query?db=bench`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
      signal: AbortSignal.timeout(60_000),
    });
    return (await reply.json()) as Awaited<ReturnType<typeof query>>;
  };
  await query('CREATE DATABASE bench');
  const counts = MARK_FIELDS.map(([measurement, field]) => `SELECT count("${field}") FROM "${measurement}"`).join(';');
  return {
    server,
    writeUrl: `${server.url}/write?db=bench&precision=ns`,
    stored: async () =>
      (await query(counts)).results.reduce((sum, { series }) => sum + (series?.[0]?.values[0]?.[1] ?? 0), 0),
  };
}

/** The collector's own write path, whole. */
async function collector(): Promise<Rival> {
  const child = startProgram(join(ROOT, 'test/bench/ingest-collector.ts'), [String(fleet.schools)]);
  const line = await until('the collector to listen', 30_000, () => /^\{.*\}$/m.exec(child.stdout)?.[0]);
  const { url, tokens } = JSON.parse(line) as { url: string; tokens: string[] };
  return {
    server: { pid: child.pid, stop: () => child.end() },
    writeUrl: `${url}/api/v2/write`,
    headers: (school) => ({ authorization: `Token ${tokens[school]}` }),
    stored: async () => {
      const reply = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(60_000) });
      const found = /^bellwether_collector_ingest_lines_total\{result="stored"\} (\d+)$/m.exec(await reply.text());
      return Number(found?.[1] ?? 0);
    },
  };
}

async function measureRival(start: () => Promise<Rival>, folder: string): Promise<StageResult> {
  const rival = await start();
  try {
    return await loadRival(rival, { stage: 'store', folder, fleet, minutes, warmUp });
  } finally {
    await rival.server.stop();
  }
}

const folder = await temporaryFolder('ingest-bodies');
try {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (let minute = 0; minute < minutes; minute++) {
    for (let school = 0; school < fleet.schools; school++) {
      const text = body(fleet, school, minute);
      bytes += Buffer.byteLength(text);
      writeFileSync(join(folder, bodyFile(school, minute)), text);
    }
  }
  const stages = runStages(['gunzip', 'parse_by_line', 'parse_stamp', 'parse_stamp_rules', 'store'], folder);
  const whole = await measureRival(collector, folder);
  const vm = await measureRival(victoriaMetrics, folder);
  const influx = await measureRival(influxd, folder);
  const cost = Object.fromEntries(
    Object.entries(stages).map(([name, results]) => [name, median(results.map(perMillion))]),
  ) as Record<StageName, number>;
  const ours = cost.parse_stamp_rules;
  const rulesCost = ours - cost.parse_stamp;
  const report = {
    load: {
      series: fleet.schools * linesPerBody(fleet),
      lines_per_body: linesPerBody(fleet),
      bytes_per_line: Math.round(bytes / (minutes * fleet.schools * linesPerBody(fleet))),
      lines_measured: vm.lines,
      rules: benchRules().length,
      rules_per_line: round(rulesPerLine(fleet), 1),
      rounds,
    },
    cpu_s_per_million_lines: {
      ...Object.fromEntries(Object.entries(cost).map(([name, value]) => [name, round(value)])),
      whole_write_http_store_rules: round(perMillion(whole)),
      victoria_metrics_parse_and_store: round(perMillion(vm)),
      influxdb_parse_and_store: round(perMillion(influx)),
    },
    rules_over_parse_stamp_percent: round((ours / cost.parse_stamp - 1) * 100, 1),
    rules_over_whole_write_percent: round((rulesCost / (perMillion(whole) - rulesCost)) * 100, 1),
    parse_stamp_rules_to_victoria_metrics: round(ours / perMillion(vm), 3),
    parse_stamp_rules_to_influxdb: round(ours / perMillion(influx), 3),
    whole_write_to_victoria_metrics: round(perMillion(whole) / perMillion(vm), 3),
    whole_write_to_influxdb: round(perMillion(whole) / perMillion(influx), 3),
    rss_mb: {
      ...Object.fromEntries(Object.entries(stages).map(([name, results]) => [name, results[0]!.rssMb])),
      whole_write: whole.rssMb,
      victoria_metrics: vm.rssMb,
      influxdb: influx.rssMb,
    },
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
