import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnyPing } from '../../../agent/drivers/any-ping.ts';
import { Fping, fpingArguments, parseFping } from '../../../agent/drivers/fping.ts';
import type { PingBatch, PingDriver } from '../../../agent/drivers/ping.ts';
import { SystemPing } from '../../../agent/drivers/system-ping.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

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
      '-q -C 3 -p 20 -t 200 -i 1 -r 0 192.0.2.1 2001:db8::1',
    );
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
    const run = new Fping(path, systemClock).ping(batch(['127.0.0.1']), stop.signal);
    stop.abort();
    expect([...(await run).keys()].every((a) => a === '127.0.0.1')).toBe(true);
  });

  it('is killed when it hangs', async () => {
    const clock = new FakeClock();
    const run = new Fping(script('fping', 'exec sleep 60'), clock).ping(batch(['127.0.0.1']), signal);
    await clock.advance(10_000);
    expect((await run).size).toBe(0);
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

  it('falls back, and tries the first again only after a while', async () => {
    const clock = new FakeClock();
    const first = unusable('fping');
    const any = new AnyPing([first, works], clock, createLogger('t', 'silent'));
    await any.ping(batch(['127.0.0.1']), signal);
    await any.ping(batch(['127.0.0.1']), signal);
    expect(first.calls).toBe(1);
    await clock.advance(600_000);
    await any.ping(batch(['127.0.0.1']), signal);
    expect(first.calls).toBe(2);
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
