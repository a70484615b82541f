import { expect, it } from 'vitest';
import type { Target } from '../../../agent/config.ts';
import type { PingBatch, PingDriver } from '../../../agent/drivers/ping.ts';
import { Poller } from '../../../agent/poll/loop.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import type { Sample } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { target } from './fixture.ts';

const HOUR = 3_600_000;
const ping = { interval: HOUR, count: 5, timeout: 1_000 };

/** A poller whose regular cycles come once an hour, and whose network answers what `alive` names. */
function poller(targets: readonly Target[], alive: ReadonlySet<string>) {
  const clock = new FakeClock();
  const batches: PingBatch[] = [];
  const samples: Sample[] = [];
  const driver: PingDriver = {
    name: 'stand-in',
    ping: async (batch) => {
      batches.push(batch);
      const times = batch.addresses.map((a) => [
        a,
        Array<number | undefined>(batch.count).fill(alive.has(a) ? 1 : undefined),
      ]);
      return new Map(times as [string, (number | undefined)[]][]);
    },
  };
  const metrics = new SelfMetrics();
  const made = new Poller({
    config: { targets, icmp: { fping: 'fping' } },
    profiles: loadProfiles(),
    clock,
    log: createLogger('test', 'silent'),
    metrics,
    emit: (some) => void samples.push(...some),
    ping: driver,
    resolve: async (host) => ({ address: host, canonical: host, family: 4 }),
  });
  made.start();
  return { clock, batches, samples, poller: made, metrics };
}

const core = target('core1', { host: '127.0.0.2', ping });
const fw = target('fw1', { host: '127.0.0.3', ping });
const quiet = target('printer', { host: '127.0.0.4' });

it('pings what it is asked for at once, and tells what it found under the usual names', async () => {
  const { clock, batches, samples, poller: p } = poller([core, fw, quiet], new Set(['127.0.0.2']));
  p.probe(['core1', 'fw1', 'printer', 'nobodys']);
  await clock.advance(0);
  expect(batches).toEqual([
    { addresses: ['127.0.0.2', '127.0.0.3'], count: 3, periodMs: 100, timeoutMs: 1_000, withinMs: 10_000 },
  ]);
  const seen = samples.map(({ measurement, tags, fields }) => [
    measurement,
    tags['device'],
    fields['packets_received'] ?? fields['down'],
  ]);
  expect(seen).toEqual([
    ['ping', 'core1', 3n],
    ['device', 'core1', 0n],
    ['ping', 'fw1', 0n],
    ['device', 'fw1', 1n],
  ]);
  expect(samples[0]!.time).toBe(clock.now());
  await p.stop();
});

it('asks a device out of turn once in five seconds, however often it is wanted', async () => {
  const { clock, batches, poller: p, metrics } = poller([core, fw], new Set());
  for (let i = 0; i < 20; i++) {
    p.probe(i % 2 === 0 ? ['core1'] : ['core1', 'fw1']);
    await clock.advance(500);
  }
  const asked = batches.flatMap(({ addresses }) => addresses);
  expect(asked.filter((address) => address === '127.0.0.2')).toHaveLength(2);
  expect(await metrics.text()).toContain('bellwether_agent_probes_total{result="done"} 4');
  await p.stop();
  p.probe(['core1']);
  expect(batches.flatMap(({ addresses }) => addresses)).toHaveLength(asked.length);
});
