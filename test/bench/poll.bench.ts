/**
 * What one poll of one device costs the whole agent: its real process, as wired, against the simulated switches of ../shared/bench/snmpfarm.c that run
 * already, pushing to a sink in a process of its own. CPU (user and system) is that of the agent's process and its children, from /proc.
 * The sink's lines are held against the farm's formulas afterwards. Facts are off: what is measured is the poll of the interfaces.
 *
 * Prints one JSON object a line, to stdout: `npm run --silent bench:poll -- --devices N --port P [--interval MS] [--warm S] [--seconds S] [--schedule all|default|both]`.
 * `all` asks for all 15 columns at every poll (781 values); `default` is the product's own schedule, names and speeds rarely.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { farmAddress, readStart } from '../e2e/farm.ts';
import { TestProcess, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';
import { cpuSeconds, memoryMb, PROFILE } from './poll-agent.ts';
import { judge } from './poll-judge.ts';

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000' },
    port: { type: 'string', default: '16100' },
    interval: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    warm: { type: 'string', default: '20' },
    schedule: { type: 'string', default: 'all' },
    prof: { type: 'string' },
  },
});
const devices = Number(options.devices);
const port = Number(options.port);
/** A thousand polls a second, as far as the shortest interval (1 s) allows: then it is the polls that cost, not waking up for them. */
const intervalMs = Number(options.interval ?? Math.max(1000, devices));

const VALUES = 52 * 15 + 1;

function config(sink: string, slowEvery: number | undefined): string {
  const targets = Array.from(
    { length: devices },
    (_, d) => `  - { name: sw-${d}, host: ${farmAddress(d)}, role: switch, ping: false }`,
  );
  return [
    `collector: { url: 'http://127.0.0.1:${sink}', token: bench }`,
    'spool: { path: spool.db }',
    `interval: ${intervalMs}ms`,
    'facts: false',
    ...(slowEvery === undefined ? [] : [`slow_columns: ${slowEvery}`]),
    'profiles: { path: profiles }',
    `credentials: { default: { version: 2c, community: public, port: ${port} } }`,
    'targets:',
    ...targets,
    '',
  ].join('\n');
}

async function run(schedule: 'all' | 'default'): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'poll-bench-'));
  const sent = join(dir, 'sent');
  const sink = new TestProcess(process.execPath, ['test/bench/poll-sink.ts', sent]);
  let agent: TestProcess | undefined;
  try {
    const sinkPort = await until('the sink', 5000, () => sink.stdout.split('\n')[0] || undefined);
    const farm = await until('the farm', 5000, () => readStart(farmAddress(0), port));
    const profiles = join(dir, 'profiles');
    mkdirSync(profiles);
    writeFileSync(join(profiles, 'every-poll.yaml'), PROFILE);
    const file = join(dir, 'agent.yaml');
    writeFileSync(file, config(sinkPort, schedule === 'all' ? 1 : undefined));
    const began = performance.now();
    const prof = options.prof
      ? ['--cpu-prof', `--cpu-prof-dir=${options.prof}`]
      : (process.env['BW_NODE_FLAGS']?.split(' ') ?? []);
    agent = new TestProcess(process.execPath, [...prof, join(ROOT, 'agent/main.ts'), 'run', '--config', file]);
    await agent.waitForLog('polling', 60_000);
    const startMs = Math.round(performance.now() - began);
    // Two polls of each device: the layout is learnt with the first. And the code is compiled: what is measured is an agent that has been running.
    await delay(Math.max(Number(options.warm) * 1000, intervalMs * 2.2));
    const from = Date.now();
    const before = cpuSeconds(agent.pid);
    await delay(Math.max(Number(options.seconds) * 1000, intervalMs * 2));
    const cpu = cpuSeconds(agent.pid) - before;
    const to = Date.now();
    const rss = { now: memoryMb(agent.pid, 'VmRSS'), peak: memoryMb(agent.pid, 'VmHWM') };
    // What was polled at the end is still on its way.
    await delay(1500);

    await agent.end();
    await sink.end();
    const verdict = await judge({
      file: sent,
      from,
      to,
      intervalMs,
      farmStart: farm.startedAt,
      farmStartWithin: farm.startedWithin,
    });
    for (const text of verdict.examples) process.stderr.write(`${text}\n`);
    process.stdout.write(
      `${JSON.stringify({
        devices,
        schedule,
        varbinds_per_poll: schedule === 'all' ? VALUES : undefined,
        cpu_us_per_device_poll: Math.round((cpu * 1e6) / verdict.polls),
        rss_mb: rss.now,
        rss_peak_mb: rss.peak,
        polls: verdict.polls,
        errors: verdict.errors,
        values_checked: verdict.values,
        interval_ms: intervalMs,
        p99_lateness_ms: verdict.p99LatenessMs,
        start_ms: startMs,
        facts: false,
        pushed_bytes_per_poll: Math.round(verdict.bodiesBytes / verdict.allPolls),
        text_bytes_per_poll: Math.round(verdict.textBytes / verdict.allPolls),
      })}\n`,
    );
  } finally {
    await agent?.end();
    await sink.end();
    rmSync(dir, { recursive: true });
  }
}

for (const schedule of options.schedule === 'both' ? (['all', 'default'] as const) : [options.schedule as 'all'])
  await run(schedule);
