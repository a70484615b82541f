import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { PingDriver } from '../../../agent/drivers/ping.ts';
import { DeviceLog } from '../../../agent/poll/device-log.ts';
import { PingCycle } from '../../../agent/poll/ping-cycle.ts';
import { pingGroups } from '../../../agent/poll/ping-group.ts';
import { pollMetrics } from '../../../agent/poll/poll-metrics.ts';
import type { Sample } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/process.ts';
import { target } from './fixture.ts';
import { Recorder } from './recorder.ts';

it('reports what was measured before its time was over, and counts the rest as cut', async () => {
  const ping = { interval: 20_000, count: 2, timeout: 1_000 };
  const targets = [
    target('done', { host: '127.0.0.2', ping }),
    target('dead', { host: '127.0.0.3', ping }),
    target('waiting', { host: '127.0.0.4', ping }),
  ];
  const budget = new AbortController();
  // As the system's ping does: hosts in turns, and what is known when it is told to stop.
  const driver: PingDriver = {
    name: 'in turns',
    ping: async () => {
      budget.abort();
      return new Map<string, (number | undefined)[]>([
        ['127.0.0.2', [1, 3]],
        ['127.0.0.3', [undefined, undefined]],
      ]);
    },
  };
  const metrics = new SelfMetrics();
  const samples: Sample[] = [];
  const cycle = new PingCycle({
    group: pingGroups(targets)[0]!,
    driver,
    resolve: async (host) => ({ address: host, canonical: host, family: 4 }),
    clock: new FakeClock(),
    states: new DeviceLog(targets, createLogger('test', 'silent')),
    pings: pollMetrics(metrics).pings,
    emit: (some) => void samples.push(...some),
  });
  await cycle.run(budget.signal);
  expect(samples.filter((s) => s.measurement === 'ping').map((s) => [s.tags['device'], s.fields])).toEqual([
    ['done', expect.objectContaining({ percent_packet_loss: 0, average_response_ms: 2, jitter_ms: 2 })],
    ['dead', expect.objectContaining({ percent_packet_loss: 100 })],
  ]);
  const text = await metrics.text();
  for (const line of ['device="done",result="alive"', 'device="dead",result="silent"', 'device="waiting",result="cut"'])
    expect(text).toContain(`bellwether_agent_pings_total{${line}} 1`);
});

it('after a reload the new hosts are asked, and no fping of the old ones is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-reload-'));
  const calls = join(folder, 'calls');
  const fping = join(folder, 'fping');
  writeFileSync(fping, `#!/bin/sh\necho "$$ $*" >> ${calls}\nexec fping "$@"\n`);
  chmodSync(fping, 0o755);
  // So long that it is under way when the configuration changes: two seconds of packets.
  const slow = { interval: 4_000, count: 20, timeout: 200 };
  const ping = { interval: 1_000, count: 2, timeout: 200 };
  try {
    const before = new Recorder([target('old', { host: '127.0.0.2', ping: slow })], fping);
    const after = new Recorder([target('new', { host: '127.0.0.3', ping })], fping);
    before.poller.start();
    const [pid] = (
      await until('the first fping', 20_000, () => existsSync(calls) && readFileSync(calls, 'utf8'))
    ).split(' ');
    await before.poller.stop();
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(before.of('ping', 'old')).toEqual([]);
    after.poller.start();
    await expect.poll(() => after.of('ping', 'new').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    await after.poller.stop();
    expect(after.last('ping', 'new')).toMatchObject({ result_code: 0n, packets_received: 2n });
    const later = readFileSync(calls, 'utf8').trim().split('\n').slice(1);
    expect(later.filter((call) => call.includes('127.0.0.2'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
