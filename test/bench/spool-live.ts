import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../sim/free-port.ts';
import { farmAddress, IF_INDEXES, startFarm } from '../e2e/farm.ts';
import { TestProcess, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';
import { cpuSeconds, memoryMb, PROFILE } from './poll-agent.ts';
import { judge } from './poll-judge.ts';

export interface LiveOptions {
  readonly devices: number;
  readonly intervalMs: number;
  /** How long the collector takes what comes, and how long it is then away. */
  readonly seconds: number;
  readonly outageSeconds: number;
}

const VALUES = IF_INDEXES.length * 15 + 1;
const DAY_MS = 86_400_000;

interface Spooled {
  readonly records: number;
  readonly lines: number;
  readonly bytes: number;
  readonly appended: number;
  readonly stored: number;
  readonly dropped: number;
}

/** The agent's own figures. */
async function spooled(port: number): Promise<Spooled> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const sum = (name: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(name))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    records: sum('bellwether_agent_spool_records '),
    lines: sum('bellwether_agent_spool_lines '),
    bytes: sum('bellwether_agent_spool_bytes '),
    appended: sum('bellwether_agent_spool_appended_lines_total '),
    stored: sum('bellwether_agent_push_lines_total{result="stored"}'),
    dropped: sum('bellwether_agent_spool_dropped_lines_total{'),
  };
}

function diskBytes(dir: string): number {
  return readdirSync(dir)
    .filter((name) => name.startsWith('spool.db'))
    .reduce((sum, name) => sum + (statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

function config({ devices, intervalMs }: LiveOptions, sinkPort: string, farmPort: number, listen: number): string {
  const target = (d: number): string => `  - { name: sw-${d}, host: ${farmAddress(d)}, role: switch, ping: false }`;
  return [
    `collector: { url: 'http://127.0.0.1:${sinkPort}', token: bench }`,
    'spool: { path: spool.db }',
    `listen: { port: ${listen} }`,
    `interval: ${intervalMs}ms`,
    'facts: false',
    'slow_columns: 1',
    'profiles: { path: profiles }',
    `credentials: { default: { version: 2c, community: public, port: ${farmPort} } }`,
    'targets:',
    ...Array.from({ length: devices }, (_, d) => target(d)),
    '',
  ].join('\n');
}

/** The real agent at full rate with a collector that takes all, then with one that is away. */
export async function live(options: LiveOptions): Promise<Record<string, unknown>> {
  const { devices, intervalMs, seconds, outageSeconds } = options;
  const dir = mkdtempSync(join(tmpdir(), 'spool-live-'));
  const sent = join(dir, 'sent');
  const farm = await startFarm(dir, devices);
  const sink = new TestProcess(process.execPath, ['test/bench/poll-sink.ts', sent]);
  let agent: TestProcess | undefined;
  try {
    const sinkPort = await until('the sink', 5000, () => sink.stdout.split('\n')[0] || undefined);
    const listen = await freePort();
    mkdirSync(join(dir, 'profiles'));
    writeFileSync(join(dir, 'profiles/every-poll.yaml'), PROFILE);
    const file = join(dir, 'agent.yaml');
    writeFileSync(file, config(options, sinkPort, farm.port, listen));
    agent = new TestProcess(process.execPath, [join(ROOT, 'agent/main.ts'), 'run', '--config', file]);
    await agent.waitForLog('polling', 60_000);
    // Each device once: its layout is learnt.
    await delay(intervalMs * 1.2);
    const at = { from: await spooled(listen), cpu: cpuSeconds(agent.pid), time: Date.now() };
    let mostDisk = 0;
    while (Date.now() < at.time + seconds * 1000) {
      mostDisk = Math.max(mostDisk, diskBytes(dir));
      await delay(100);
    }
    const [cpu, to] = [cpuSeconds(agent.pid) - at.cpu, Date.now()];
    const rss = { now: memoryMb(agent.pid, 'VmRSS'), peak: memoryMb(agent.pid, 'VmHWM') };
    const end = await spooled(listen);
    // What was polled last is on its way.
    await delay(1500);
    await sink.end();
    const awayFrom = await spooled(listen);
    await delay(outageSeconds * 1000);
    const away = await spooled(listen);
    const awayDisk = diskBytes(dir);
    await agent.end();
    const verdict = await judge({
      file: sent,
      from: at.time,
      to,
      intervalMs,
      farmStart: farm.startedAt,
      farmStartWithin: farm.startedWithin,
    });
    for (const text of verdict.examples) process.stderr.write(`${text}\n`);
    const pollsADay = DAY_MS / intervalMs;
    const pushed = verdict.bodiesBytes / verdict.allPolls;
    const linesPerPoll = (end.appended - at.from.appended) / verdict.polls;
    const awayPolls = (away.lines - awayFrom.lines) / linesPerPoll;
    const onDisk = (away.bytes - awayFrom.bytes) / awayPolls;
    return {
      devices,
      interval_ms: intervalMs,
      seconds,
      values_per_poll: VALUES,
      polls: verdict.polls,
      polls_due: Math.round((devices * (to - at.time)) / intervalMs),
      values_per_s: Math.round((verdict.polls * VALUES) / ((to - at.time) / 1000)),
      errors: verdict.errors,
      p99_lateness_ms: verdict.p99LatenessMs,
      lines_appended: end.appended - at.from.appended,
      lines_stored: end.stored - at.from.stored,
      lines_in_flight: { at_start: at.from.lines, at_end: end.lines },
      lines_dropped: away.dropped,
      cpu_us_per_device_poll: Math.round((cpu * 1e6) / verdict.polls),
      rss_mb: rss.now,
      rss_peak_mb: rss.peak,
      spool_files_bytes_at_most: mostDisk,
      pushed_bytes_per_poll: Math.round(pushed),
      pushed_mb_per_device_day: mb(pushed * pollsADay),
      outage: {
        seconds: outageSeconds,
        records: away.records,
        polls: Math.round(awayPolls),
        spool_bytes: away.bytes,
        files_bytes: awayDisk,
        spool_bytes_per_poll: Math.round(onDisk),
        spool_mb_per_device_day: mb(onDisk * pollsADay),
        lines_dropped: away.dropped - awayFrom.dropped,
      },
    };
  } finally {
    await agent?.end();
    await sink.end();
    await farm.stop();
    rmSync(dir, { recursive: true });
  }
}

const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10;
