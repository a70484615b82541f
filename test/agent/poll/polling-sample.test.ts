import { expect, it } from 'vitest';
import type { Target } from '../../../agent/config.ts';
import type { OpenSnmpSession } from '../../../agent/drivers/snmp-session.ts';
import { Poller } from '../../../agent/poll/loop.ts';
import { PollBook } from '../../../agent/poll/poll-book.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { BellwetherError } from '../../../core/errors.ts';
import type { Sample } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { community, target } from './fixture.ts';

/** Nobody answers; each request waits its two seconds. */
function silentNetwork(clock: FakeClock): OpenSnmpSession {
  const ask = async (_what: unknown, signal: AbortSignal): Promise<never> => {
    await clock.sleep(2_000, signal);
    if (signal.aborted) throw new BellwetherError('BW_SNMP_BUDGET', 'the time budget of this poll is spent');
    throw new BellwetherError('BW_SNMP_TIMEOUT', 'no answer within 2000 ms', { retryable: true });
  };
  return () => ({ get: ask, getNext: ask, getBulk: ask, close: () => {} });
}

function world() {
  const clock = new FakeClock();
  const samples: Sample[] = [];
  const metrics = new SelfMetrics();
  const book = new PollBook();
  const start = (targets: readonly Target[]): Poller => {
    const poller = new Poller({
      config: { targets, icmp: { fping: 'fping' } },
      profiles: loadProfiles(),
      clock,
      log: createLogger('test', 'silent'),
      metrics,
      book,
      emit: (some) => void samples.push(...some),
      openSession: silentNetwork(clock),
      resolve: async (host) => ({ address: host, canonical: host, family: 4 }),
    });
    poller.start();
    return poller;
  };
  return { clock, samples, metrics, book, start };
}

const sw = (name: string): Target => target(name, { intervalMs: 60_000, snmp: community(161, { timeout: 2_000 }) });

it('how a device is polled is told soon after the start and then every 5 minutes, with its other samples', async () => {
  const { clock, samples, start } = world();
  const began = clock.now();
  const poller = start([target('sw', { ...sw('sw'), tags: { zone: 'b' } })]);
  await clock.advance(13 * 60_000);
  const told = samples.filter(({ measurement }) => measurement === 'snmp_poll');
  const minutes = told.map(({ time }) => Math.floor((time - began) / 60_000));
  expect(minutes.map((m) => m - minutes[0]!)).toEqual([0, 5, 10]);
  expect(samples.filter((s) => s.time === told[1]!.time).map((s) => s.measurement)).toEqual([
    'snmp',
    'device',
    'snmp_poll',
  ]);
  expect(told[0]).toMatchObject({
    tags: { device: 'sw', zone: 'b', role: 'switch', domain: 'switching' },
    fields: {
      ...{ verdict: 'silent', cause: 'no answer within 2000 ms' },
      ...{ mean_ms: 4000, max_ms: 4000, share_percent: 6.667, wanted_interval_s: 60 },
      ...{ polls: 1n, failed: 1n, skipped: 0n, requests: 2n, retries: 1n, timeouts: 2n },
    },
  });
  // Most polls of the stretch after it were spared: it is asked for one value only, and less often.
  expect(told[1]!.fields).toMatchObject({ interval_s: 60, polls: 5n, failed: 5n });
  expect(Number(told[1]!.fields['requests'])).toBeLessThan(10);
  await poller.stop();
});

it('after a reload a device that is gone leaves the metrics, and the others go on counting', async () => {
  const { clock, metrics, book, start } = world();
  const first = start([sw('a'), sw('b')]);
  await clock.advance(60_000);
  await first.stop();
  const before = book.totals();
  expect(before.failed).toBeGreaterThanOrEqual(2);
  const second = start([sw('a')]);
  await clock.advance(60_000);
  await second.stop();
  const text = await metrics.text();
  expect(text).toMatch(/bellwether_agent_polls_total\{device="a",outcome="BW_SNMP_TIMEOUT"\} [2-9]/);
  expect(text).not.toContain('device="b"');
  expect(book.totals().failed).toBeGreaterThan(before.failed);
});
