/**
 * What pinging costs: CPU (user and system) per host and cycle of 5 packets, of fping and of the process that reads it, in one run:
 *
 *   two_processes  as it was: processes of 500 hosts side by side, 0.5 s between two packets to one host
 *   per_cycle      as it is: one process asks the whole group, started anew for each cycle
 *   long_lived     `fping -l -D` for ever, a line for each answer, read as they come; loss and times worked out from the last 5 of each host
 *
 * On loopback the kernel answers within fping's own time, the same for all three. Prints one JSON object.
 *
 * Usage: node test/bench/ping.bench.ts [--hosts 1000] [--cycles 5] [--interval 20]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Target } from '../../agent/config.ts';
import { Fping } from '../../agent/drivers/fping.ts';
import type { PingBatch, PingTimes } from '../../agent/drivers/ping.ts';
import { normalisePing } from '../../agent/normalise/ping.ts';
import { pingGroups } from '../../agent/poll/ping-group.ts';
import { systemClock } from '../../runtime/clock.ts';

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    cycles: { type: 'string', default: '5' },
    interval: { type: 'string', default: '20' },
  },
});
const hosts = Number(values.hosts);
const cycles = Number(values.cycles);
const interval = Number(values.interval) * 1000;
const COUNT = 5;
const TIMEOUT_MS = 1_000;
/** Of Linux, for /proc. */
const TICK_US = 10_000;

const addresses = Array.from({ length: hosts }, (_, i) => `127.0.${8 + Math.floor(i / 250)}.${1 + (i % 250)}`);

/** CPU in microseconds: of a process, or of the children of ours that have ended. */
function cpuOf(pid: number | 'ended children'): number {
  const text = readFileSync(`/proc/${pid === 'ended children' ? 'self' : pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const first = pid === 'ended children' ? 13 : 11;
  return (Number(fields[first]) + Number(fields[first + 1])) * TICK_US;
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Cost {
  readonly fping_us: number;
  readonly own_us: number;
  readonly total_us: number;
  /** Of the packets sent. */
  readonly answered_percent: number;
  readonly seconds: number;
}

function cost(fping: number, own: number, answered: number, seconds: number): Cost {
  const per = (us: number): number => Math.round(us / hosts / cycles);
  return {
    fping_us: per(fping),
    own_us: per(own),
    total_us: per(fping + own),
    answered_percent: Math.round((answered / (hosts * cycles * COUNT)) * 1000) / 10,
    seconds: Math.round(seconds * 10) / 10,
  };
}

/** Samples of all hosts; how many packets were answered. */
function report(found: ReadonlyMap<string, PingTimes>): number {
  let answered = 0;
  for (const [address, times] of found) {
    const { fields } = normalisePing({ code: 0, times }, address, { device: address }, 0);
    answered += Number(fields['packets_received']);
  }
  return answered;
}

async function inCycles(batch: PingBatch): Promise<Cost> {
  const fping = new Fping('fping', systemClock);
  const [children, own, from] = [cpuOf('ended children'), ownCpu(), systemClock.monotonic()];
  let answered = 0;
  for (let i = 0; i < cycles; i++) answered += report(await fping.ping(batch, new AbortController().signal));
  const seconds = (systemClock.monotonic() - from) / 1000 / cycles;
  return cost(cpuOf('ended children') - children, ownCpu() - own, answered, seconds);
}

/** Keeps the last COUNT times of each host. */
function follow(child: ChildProcess): ReadonlyMap<string, (number | undefined)[]> {
  const last = new Map<string, (number | undefined)[]>();
  let rest = '';
  child.stdout!.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^\[\d+\.\d+\] (\S+)\s+: \[\d+\], (?:\d+ bytes, (\d+(?:\.\d+)?) ms|timed out)/.exec(line);
      if (!match) continue;
      const times = last.get(match[1]!) ?? [];
      last.set(match[1]!, times);
      times.push(match[2] === undefined ? undefined : Number(match[2]));
      if (times.length > COUNT) times.shift();
    }
  });
  return last;
}

async function longLived(): Promise<Cost> {
  const args = ['-l', '-D', '-p', `${interval / COUNT}`, '-t', `${TIMEOUT_MS}`, '-i', '1', ...addresses];
  const child = spawn('fping', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  const last = follow(child);
  // Its start is not part of what it costs for ever.
  await systemClock.sleep(interval);
  const [fping, own] = [cpuOf(child.pid!), ownCpu()];
  let answered = 0;
  for (let i = 0; i < cycles; i++) {
    await systemClock.sleep(interval);
    answered += report(last);
  }
  const result = cost(cpuOf(child.pid!) - fping, ownCpu() - own, answered, interval / 1000);
  child.kill('SIGKILL');
  await ended;
  return result;
}

const ping = { interval, count: COUNT, timeout: TIMEOUT_MS };
const targets = addresses.map((host): Target => {
  return { name: host, host, role: 'other', intervalMs: interval, snmp: undefined, ping, tags: {} };
});
const { periodMs, timeoutMs } = pingGroups(targets)[0]!;
const shape = { addresses, count: COUNT, timeoutMs };
// Once for nothing: what is compiled at the first use is not what a cycle costs.
await new Fping('fping', systemClock).ping({ ...shape, count: 1, periodMs }, new AbortController().signal);
process.stdout.write(
  `${JSON.stringify({
    hosts,
    cycles,
    interval_s: interval / 1000,
    two_processes: await inCycles({ ...shape, periodMs: 500 }),
    per_cycle: await inCycles({ ...shape, periodMs }),
    long_lived: await longLived(),
  })}\n`,
);
