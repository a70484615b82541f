/**
 * Do good devices keep their interval beside bad ones? One agent as wired, 700 switches that answer, 100 that answer 2 s late, 200 that never do
 * (../shared/bench/snmpfarm.c, on 127.x). Prints one JSON object: `node test/bench/poll-fairness.bench.ts [--interval 10000] [--seconds 40]`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../../sim/free-port.ts';
import { FARM_SOURCE, farmAddress, readStart } from '../e2e/farm.ts';
import { TestProcess, until } from '../support/process.ts';
import { ROOT } from '../support/source-files.ts';
import { cpuSeconds, memoryMb, PROFILE } from './poll-agent.ts';
import { judge } from './poll-judge.ts';

const { values: options } = parseArgs({
  options: { interval: { type: 'string', default: '10000' }, seconds: { type: 'string', default: '40' } },
});
const intervalMs = Number(options.interval);
const GOOD = 700;
const SLOW = 100;
const DEAD = 200;

const dir = mkdtempSync(join(tmpdir(), 'poll-fairness-'));
const sent = join(dir, 'sent');
const binary = join(dir, 'snmpfarm');
const running: TestProcess[] = [];
const start = (command: string, args: readonly string[]): TestProcess => {
  const process = new TestProcess(command, args);
  running.push(process);
  return process;
};

try {
  execFileSync('cc', ['-O2', '-o', binary, FARM_SOURCE]);
  const ports = { good: await freePort(), slow: await freePort(), dead: await freePort() };
  const farm = (port: number, base: string, devices: number, ...more: string[]): TestProcess =>
    start(binary, ['--port', `${port}`, '--base', base, '--devices', `${devices}`, '--vlans', '0', ...more]);
  farm(ports.good, '127.1.0.1', GOOD);
  farm(ports.slow, '127.2.0.1', SLOW, '--delay-ms', '2000');
  farm(ports.dead, '127.3.0.1', DEAD, '--dead', `${DEAD}`);
  const sink = start(process.execPath, ['test/bench/poll-sink.ts', sent]);
  const sinkPort = await until('the sink', 5000, () => sink.stdout.split('\n')[0] || undefined);
  const began = await until('the farm', 5000, () => readStart(farmAddress(0), ports.good));
  mkdirSync(join(dir, 'profiles'));
  writeFileSync(join(dir, 'profiles/every-poll.yaml'), PROFILE);
  const other = (d: number, net: number): string => farmAddress(d).replace('127.1.', `127.${net}.`);
  const targets = [
    ...Array.from({ length: GOOD }, (_, d) => `{ name: sw-${d}, host: ${farmAddress(d)}, snmp: good`),
    ...Array.from({ length: SLOW }, (_, d) => `{ name: slow-${d}, host: ${other(d, 2)}, snmp: slow`),
    ...Array.from({ length: DEAD }, (_, d) => `{ name: dead-${d}, host: ${other(d, 3)}, snmp: dead`),
  ];
  writeFileSync(
    join(dir, 'agent.yaml'),
    `collector: { url: 'http://127.0.0.1:${sinkPort}', token: bench }
spool: { path: spool.db }
interval: ${intervalMs}ms
facts: false
profiles: { path: profiles }
credentials:
  good: { version: 2c, community: public, port: ${ports.good} }
  slow: { version: 2c, community: public, port: ${ports.slow}, timeout: 3s }
  dead: { version: 2c, community: public, port: ${ports.dead} }
targets:
${targets.map((t) => `  - ${t}, role: switch, ping: false }`).join('\n')}
`,
  );
  const agent = start(process.execPath, [join(ROOT, 'agent/main.ts'), 'run', '--config', join(dir, 'agent.yaml')]);
  await agent.waitForLog('polling', 60_000);
  await delay(intervalMs * 2.5);
  const from = Date.now();
  const before = cpuSeconds(agent.pid);
  await delay(Number(options.seconds) * 1000);
  const cpu = cpuSeconds(agent.pid) - before;
  const to = Date.now();
  const rss = memoryMb(agent.pid, 'VmRSS');
  await delay(1500);
  await agent.end();
  await sink.end();
  const verdict = await judge({
    file: sent,
    from,
    to,
    intervalMs,
    farmStart: began.startedAt,
    farmStartWithin: began.startedWithin,
  });
  for (const text of verdict.examples) process.stderr.write(`${text}\n`);
  process.stdout.write(
    `${JSON.stringify({
      good: GOOD,
      slow: SLOW,
      dead: DEAD,
      interval_ms: intervalMs,
      polls_of_good: verdict.polls,
      errors_of_good: verdict.errors,
      p99_lateness_ms: verdict.p99LatenessMs,
      p99_lateness_percent: Math.round((verdict.p99LatenessMs / intervalMs) * 10_000) / 100,
      cpu_percent: Math.round((cpu / ((to - from) / 1000)) * 1000) / 10,
      rss_mb: rss,
    })}\n`,
  );
} finally {
  for (const process of running) await process.end();
  rmSync(dir, { recursive: true });
}
