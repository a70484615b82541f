/**
 * The embedded metrics store under the load of one school. Prints one JSON object: bytes per point, cost of writing, of a query, of maintenance.
 * Usage: node test/bench/storage.bench.ts [--devices 20] [--ports 50] [--hours 24]
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { SqliteStore } from '../../collector/storage/sqlite/store.ts';
import type { Sample } from '../../core/sample.ts';
import { temporaryFolder } from '../support/server-process.ts';
import { storeParts } from '../support/store-parts.ts';

const MINUTE = 60_000;
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '20' },
    ports: { type: 'string', default: '50' },
    hours: { type: 'string', default: '24' },
  },
});
const [devices, ports, hours] = [Number(values.devices), Number(values.ports), Number(values.hours)];
const end = Math.floor(Date.now() / (60 * MINUTE)) * 60 * MINUTE;
const start = end - hours * 60 * MINUTE;

/** One poll of one switch, as the agent sends it: counters, rates, states. Most ports idle, as in a school at night. */
function poll(device: number, time: number): Sample[] {
  return Array.from({ length: ports }, (_, port) => {
    const busy = port % 4 === 0 ? 1 + Math.abs(Math.sin(time / 3.6e6 + port)) : 0;
    const counter = (scale: number) => BigInt(Math.floor(time * busy * scale));
    return {
      measurement: 'interface',
      tags: {
        school: 'lincoln',
        site: 'main',
        device: `sw${device}`,
        agent_host: `10.0.0.${device}`,
        ifName: `Gi1/0/${port}`,
      },
      fields: {
        ifHCInOctets: counter(125),
        ifHCOutOctets: counter(80),
        ifInErrors: 0n,
        ifOutErrors: 0n,
        ifInDiscards: 0n,
        ifOutDiscards: 0n,
        ifOperStatus: busy ? 1n : 2n,
        ifHighSpeed: 1000n,
        in_bits_per_s: busy * 123_456.789,
        out_bits_per_s: busy * 98_765.4321,
        in_utilisation_pct: busy * 12.345678,
        out_utilisation_pct: busy * 9.87654321,
      },
      time: time + device * 137,
    };
  });
}

async function timed<T>(fn: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await fn();
  return { ms: performance.now() - from, result };
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50_ms: percentile(sorted, 0.5), p99_ms: percentile(sorted, 0.99), max_ms: percentile(sorted, 1) };
}

/** Longest time that `work` kept the event loop: by the clock, and in CPU of the main thread, which a busy machine does not stretch. */
async function longestTurn(work: Promise<unknown>): Promise<{ wall_ms: number; cpu_ms: number }> {
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const worst = { wall_ms: 0, cpu_ms: 0 };
  let [wall, cpu] = [performance.now(), cpuMs()];
  let ended = false;
  const done = work.finally(() => {
    ended = true;
  });
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    const [wallNow, cpuNow] = [performance.now(), cpuMs()];
    worst.wall_ms = Math.max(worst.wall_ms, Math.round(wallNow - wall));
    worst.cpu_ms = Math.max(worst.cpu_ms, Math.round(cpuNow - cpu));
    [wall, cpu] = [wallNow, cpuNow];
  }
  await done;
  return worst;
}

const folder = await temporaryFolder('bench');
const file = join(folder, 'metrics.db');
const day = 86_400_000;
const store = new SqliteStore({
  ...storeParts,
  file,
  retention: [7 * day, 90 * day, 730 * day],
  limits: { seriesPerSchool: 200_000, fieldsPerMeasurement: 1000, fieldSetsPerMeasurement: 4096 },
});
await store.start();

const batches: number[] = [];
const groups: number[] = [];
let points = 0;
const cpu = process.cpuUsage();
const began = performance.now();
for (let time = start; time < end; time += MINUTE) {
  if (time < start + 5 * MINUTE) {
    for (let d = 0; d < devices; d++) batches.push((await timed(() => store.write(poll(d, time)))).ms);
  } else {
    groups.push(
      (await timed(() => Promise.all(Array.from({ length: devices }, (_, d) => store.write(poll(d, time)))))).ms,
    );
  }
  points += devices * ports;
}
const wall = performance.now() - began;
const used = process.cpuUsage(cpu);
const rawBytes = (await stat(file)).size;

const one = {
  school: 'lincoln',
  measurement: 'interface',
  tags: { device: 'sw3', ifName: 'Gi1/0/4' },
  field: 'in_bits_per_s',
};
async function query(more: { from: number; to: number; step?: number }) {
  const times: number[] = [];
  let found = 0;
  for (let i = 0; i < 21; i++) {
    const { ms, result } = await timed(() => store.range({ ...one, ...more }));
    times.push(ms);
    found = result[0]?.points.length ?? 0;
  }
  return { points: found, ...summary(times) };
}
const beforeRollup = await query({ from: start, to: end });
const latest = await timed(() =>
  store.latest({ school: 'lincoln', measurement: 'interface', since: end - 15 * MINUTE }),
);
let longest = { wall_ms: 0, cpu_ms: 0 };
const maintenance = await timed(async () => {
  const run = store.maintain(end + 2 * MINUTE);
  longest = await longestTurn(run);
  return run;
});
const report = {
  points,
  series: devices * ports,
  write: {
    points_per_s: Math.round((points / wall) * 1000),
    cpu_us_per_point: Math.round(((used.user + used.system) / points) * 100) / 100,
    one_batch_per_commit: { points: ports, ...summary(batches) },
    grouped_commit: { points: ports * devices, ...summary(groups) },
  },
  bytes_per_point: Math.round((rawBytes / points) * 10) / 10,
  query_one_series: {
    raw: beforeRollup,
    step_5m_of_rollup: await query({ from: start, to: end, step: 5 * MINUTE }),
    step_1h_of_rollup: await query({ from: start, to: end, step: 60 * MINUTE }),
  },
  latest_all_series: { series: latest.result.length, ms: Math.round(latest.ms * 10) / 10 },
  maintenance: {
    rows: maintenance.result.rolledUp,
    ms: Math.round(maintenance.ms),
    longest_turn: longest,
    rollup_bytes_per_point: Math.round((((await stat(file)).size - rawBytes) / points) * 10) / 10,
  },
};
await store.stop();
await rm(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
