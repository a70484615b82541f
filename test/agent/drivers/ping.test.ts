import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnyPing } from '../../../agent/drivers/any-ping.ts';
import { Fping, type FpingFault, fpingArguments, parseFping } from '../../../agent/drivers/fping.ts';
import type { PingBatch, PingDriver } from '../../../agent/drivers/ping.ts';
import { parallelPings, SystemPing } from '../../../agent/drivers/system-ping.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/process.ts';

const batch = (addresses: string[], more: Partial<PingBatch> = {}): PingBatch => ({
  addresses,
  count: 3,
  periodMs: 20,
  timeoutMs: 200,
  ...more,
});
const signal = new AbortController().signal;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bw-ping-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
function script(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('fping', () => {
  it('is called as documented', () => {
    expect(fpingArguments(batch(['192.0.2.1', '2001:db8::1'])).join(' ')).toBe(
      '-q -C 3 -p 20 -t 200 -i 8 -r 0 192.0.2.1 2001:db8::1',
    );
  });

  it.each([
    [1, 500, 10],
    [20, 500, 10],
    [100, 500, 4],
    [400, 500, 1],
    [1_000, 1_250, 1],
    [1_000, 2_500, 2],
  ])('spreads a round over %i hosts within a period of %i ms: a packet each %i ms', (hosts, periodMs, gap) => {
    const addresses = Array.from({ length: hosts }, (_, i) => `127.0.${i >> 8}.${i & 255}`);
    const args = fpingArguments(batch(addresses, { periodMs }));
    expect(args[args.indexOf('-i') + 1]).toBe(`${gap}`);
  });

  it('asks all hosts of a large group in one process, and more than a process can send to in several', async () => {
    const calls = join(folder, 'calls');
    const fping = new Fping(script('fping', `echo "$(($# - 11))" >> ${calls}\nexec fping "$@"`), systemClock);
    const addresses = Array.from({ length: 600 }, (_, i) => `127.0.${8 + Math.floor(i / 200)}.${1 + (i % 200)}`);
    const found = await fping.ping(batch(addresses, { periodMs: 750, count: 2 }), signal);
    expect([...found.values()].filter((times) => times.every((t) => t !== undefined))).toHaveLength(600);
    await fping.ping(batch(addresses.slice(0, 20), { periodMs: 20, count: 1 }), signal);
    const sizes = readFileSync(calls, 'utf8').trim().split('\n').map(Number);
    expect([sizes[0], sizes.slice(1).sort((a, b) => a - b)]).toEqual([600, [4, 16]]);
  });

  it('that is killed by somebody costs its cycle, is counted, and the next one works', async () => {
    const pid = join(folder, 'pid');
    const faults: FpingFault[] = [];
    const path = script('fping', `echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec fping "$@"`);
    const fping = new Fping(path, systemClock, (fault) => faults.push(fault));
    const killed = fping.ping(batch(['127.0.0.1'], { count: 5, periodMs: 1_000 }), signal);
    await until('the process', 10_000, () => existsSync(pid));
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    expect((await killed).size).toBe(0);
    expect(faults).toEqual(['died']);
    expect((await fping.ping(batch(['127.0.0.1']), signal)).get('127.0.0.1')).toHaveLength(3);
    expect(faults).toEqual(['died']);
  });

  it('is read as it writes, other lines skipped', () => {
    const text = [
      'ICMP Host Unreachable from 192.0.2.9 for ICMP Echo sent to 192.0.2.3',
      '192.0.2.1    : 0.39 - 12',
      '192.0.2.10   : - - -',
      '2001:db8::1  : 1.25 0.063 100.5',
      'nonsense : a b',
      '',
    ].join('\n');
    expect([...parseFping(text)]).toEqual([
      ['192.0.2.1', [0.39, undefined, 12]],
      ['192.0.2.10', [undefined, undefined, undefined]],
      ['2001:db8::1', [1.25, 0.063, 100.5]],
    ]);
  });

  it('asks many hosts in one process', async () => {
    const addresses = Array.from({ length: 40 }, (_, i) => `127.0.7.${i + 1}`);
    const found = await new Fping('fping', systemClock).ping(batch([...addresses, '::1']), signal);
    expect(found.size).toBe(41);
    for (const times of found.values()) {
      expect(times).toHaveLength(3);
      for (const time of times) expect(time).toBeGreaterThan(0);
    }
  });

  it('is not there', async () => {
    await expect(new Fping(join(folder, 'none'), systemClock).ping(batch(['127.0.0.1']), signal)).rejects.toMatchObject(
      {
        code: 'BW_PING_UNAVAILABLE',
      },
    );
  });

  it('may not send', async () => {
    const path = script('fping', `echo "fping: can't create socket (must run as root?)" >&2; exit 4`);
    await expect(new Fping(path, systemClock).ping(batch(['127.0.0.1']), signal)).rejects.toThrow(/must run as root/);
  });

  it('is killed when the poll is aborted, and what it wrote counts', async () => {
    const path = script('fping', 'echo "127.0.0.1 : 1 2 3" >&2; exec sleep 60');
    const stop = new AbortController();
    const faults: FpingFault[] = [];
    const run = new Fping(path, systemClock, (fault) => faults.push(fault)).ping(batch(['127.0.0.1']), stop.signal);
    stop.abort();
    expect([...(await run).keys()].every((a) => a === '127.0.0.1')).toBe(true);
    expect(faults).toEqual([]);
  });

  it('is killed when it hangs', async () => {
    const clock = new FakeClock();
    const faults: FpingFault[] = [];
    const fping = new Fping(script('fping', 'exec sleep 60'), clock, (fault) => faults.push(fault));
    const run = fping.ping(batch(['127.0.0.1']), signal);
    await clock.advance(10_000);
    expect((await run).size).toBe(0);
    expect(faults).toEqual(['hung']);
  });
});

describe("the system's ping", () => {
  it('gives answers and losses of each host', async () => {
    // As iputils prints it.
    script(
      'ping',
      [
        'for host; do :; done',
        'echo "PING $host ($host) 56(84) bytes of data."',
        'case $host in *.9) ;; *)',
        'echo "64 bytes from $host: icmp_seq=1 ttl=64 time=0.5 ms"',
        'echo "64 bytes from $host: icmp_seq=3 ttl=64 time=1.5 ms";; esac',
        'echo; echo "--- $host ping statistics ---"',
        'echo "3 packets transmitted, 2 received, 33.3333% packet loss, time 2003ms"',
      ].join('\n'),
    );
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    const found = await new SystemPing().ping(batch(['127.0.0.1', '127.0.0.9']), signal);
    expect(found.get('127.0.0.1')).toEqual([0.5, 1.5, undefined]);
    expect(found.get('127.0.0.9')).toEqual([undefined, undefined, undefined]);
  });

  it('is not there', async () => {
    vi.stubEnv('PATH', folder);
    await expect(new SystemPing().ping(batch(['127.0.0.1']), signal)).rejects.toMatchObject({
      code: 'BW_PING_UNAVAILABLE',
    });
  });
});

describe('parallelPings', () => {
  const hosts = (n: number): string[] => Array.from({ length: n }, (_, i) => `192.0.2.${i}`);
  it.each([
    ['few hosts', 10, {}, 10],
    ['no time given', 1_000, {}, 32],
    ['time enough', 100, { withinMs: 60_000 }, 32],
    // Dead hosts take 4 x 0.5 s, 1 s for the last answer and 0.5 s for the start: four turns in 15 s.
    ['1,000 hosts every 20 s', 1_000, { withinMs: 15_000 }, 250],
    ['more than can be done', 5_000, { withinMs: 15_000 }, 256],
    ['no time for one turn', 100, { withinMs: 1_000 }, 100],
  ] as const)('%s', (_, n, more, expected) => {
    expect(parallelPings(batch(hosts(n), { count: 5, periodMs: 1_250, timeoutMs: 1_000, ...more }))).toBe(expected);
  });
});

describe('AnyPing', () => {
  const unusable = (name: string): PingDriver & { calls: number } => ({
    name,
    calls: 0,
    async ping() {
      this.calls++;
      throw new BellwetherError('BW_PING_UNAVAILABLE', `${name} is missing`);
    },
  });
  const works: PingDriver = { name: 'works', ping: async ({ addresses }) => new Map(addresses.map((a) => [a, [1]])) };

  it('falls back, and tries the first again ever more rarely', async () => {
    const clock = new FakeClock();
    const first = unusable('fping');
    const lines: string[] = [];
    const log = createLogger('t', 'info', { write: (line) => void lines.push(line) });
    const any = new AnyPing([first, works], clock, log);
    const triedAt: number[] = [];
    for (let second = 0; second < 3_600; second += 10) {
      const before = first.calls;
      expect((await any.ping(batch(['127.0.0.1']), signal)).size).toBe(1);
      if (first.calls > before) triedAt.push(second);
      await clock.advance(10_000);
    }
    expect(triedAt).toEqual([0, 20, 60, 140, 300, 620, 1_220, 1_820, 2_420, 3_020]);
    expect(lines).toHaveLength(1);
  });

  it('goes back to the first as soon as that works, and waits briefly again after the next failure', async () => {
    const clock = new FakeClock();
    let broken = true;
    let calls = 0;
    const first: PingDriver = {
      name: 'first',
      ping: async (asked, stop) => {
        calls++;
        if (broken) throw new BellwetherError('BW_PING_UNAVAILABLE', 'no more processes');
        return works.ping(asked, stop);
      },
    };
    const lines: string[] = [];
    const log = createLogger('t', 'info', { write: (line) => void lines.push(line) });
    const any = new AnyPing([first, works], clock, log);
    for (const state of [true, false, true, false]) {
      broken = state;
      await any.ping(batch(['127.0.0.1']), signal);
      await clock.advance(20_000);
    }
    expect(calls).toBe(4);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'cannot ping this way',
      'can ping this way again',
      'cannot ping this way',
      'can ping this way again',
    ]);
  });

  it('counts a failure that several batches meet at the same time once', async () => {
    const clock = new FakeClock();
    const first = unusable('fping');
    const any = new AnyPing([first, works], clock, createLogger('t', 'silent'));
    await Promise.all([1, 2, 3].map(() => any.ping(batch(['127.0.0.1']), signal)));
    await clock.advance(20_000);
    await any.ping(batch(['127.0.0.1']), signal);
    expect(first.calls).toBe(4);
  });

  it('says once that nothing works', async () => {
    const lines: string[] = [];
    const log = createLogger('t', 'error', { write: (line) => void lines.push(line) });
    const any = new AnyPing([unusable('fping'), unusable('ping')], new FakeClock(), log);
    for (let i = 0; i < 3; i++)
      await expect(any.ping(batch(['127.0.0.1']), signal)).rejects.toMatchObject({ code: 'BW_PING_UNAVAILABLE' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('BW_PING_UNAVAILABLE');
  });
});
