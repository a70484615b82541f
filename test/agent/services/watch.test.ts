import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../../../agent/drivers/check/attempt.ts';
import type { RunCheck } from '../../../agent/drivers/check/run-check.ts';
import { FailureHistory } from '../../../agent/services/failure-history.ts';
import type { Service } from '../../../agent/services/service.ts';
import { ServiceWatch } from '../../../agent/services/watch.ts';
import type { Sample } from '../../../core/sample.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { type Dnsmasq, startDnsmasq } from '../../support/dnsmasq.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/process.ts';
import { Servers } from '../drivers/check/fixture.ts';
import { dns, http, service } from './fixture.ts';

const good: Attempt = { type: 'dns', totalMs: 5, rcode: 0, records: ['192.0.2.1'] };
const bad: Attempt = { ...good, rcode: 2, records: [] };
const ours: Attempt = { ...good, fault: { step: 'query', kind: 'ours', text: 'no name server' } };

function watch(services: readonly Service[], runCheck: RunCheck | undefined, more: { history?: FailureHistory } = {}) {
  const clock = new FakeClock();
  const samples: Sample[] = [];
  const metrics = new SelfMetrics();
  const made = new ServiceWatch({
    services,
    history: more.history ?? new FailureHistory(),
    fping: 'fping',
    clock,
    log: createLogger('test', 'silent'),
    metrics,
    emit: (some) => void samples.push(...some),
    ...(runCheck && { runCheck }),
  });
  made.start();
  const own = (field: string, name = 'www') =>
    samples.filter((s) => s.measurement === 'service' && s.tags['service'] === name).map((s) => s.fields[field]);
  return { clock, samples, metrics, watch: made, own };
}

describe('services are checked', () => {
  it('each on its own interval, from a place in it that is its own', async () => {
    const begun: string[] = [];
    const names = ['a', 'b', 'c', 'd'];
    const w = watch(
      names.map((name) => service(dns, { name })),
      async ({ name }) => {
        begun.push(`${name} ${w.clock.monotonic() % 30_000}`);
        return good;
      },
    );
    await w.clock.advance(90_000);
    await w.watch.stop();
    expect(w.samples.filter((s) => s.measurement === 'service')).toHaveLength(12);
    expect(new Set(begun).size).toBe(4);
    expect(new Set(begun.map((text) => text.split(' ')[1])).size).toBe(4);
  });

  it('with the failures of the last five attempts; what says nothing does not count', async () => {
    const attempts = [bad, good, bad, ours, bad, good, good, good, good, good];
    const w = watch([service(dns)], async () => attempts.shift()!);
    await w.clock.advance(300_000);
    await w.watch.stop();
    expect(w.own('failures_of_5')).toEqual([1n, 1n, 2n, undefined, 3n, 3n, 2n, 2n, 1n, 0n]);
    expect(w.own('state')).toEqual(['failed', 'ok', 'failed', 'unknown', 'failed', 'ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('and what was seen of them outlives a reload, unless they are asked otherwise', async () => {
    const history = new FailureHistory();
    const failures = async (s: Service): Promise<unknown> => {
      const w = watch([s], async () => bad, { history });
      await w.clock.advance(30_000);
      await w.watch.stop();
      return w.own('failures_of_5').at(-1);
    };
    expect(await failures(service(dns))).toBe(1n);
    expect(await failures(service(dns, { intervalMs: 20_000, tags: {} }))).toBe(2n);
    expect(await failures(service({ ...dns, query: 'other.test' }))).toBe(1n);
    expect(await failures(service(dns))).toBe(1n);
  });

  it('at their interval in the window, now and then outside', async () => {
    const window = { weekdays: [], dates: [], from: 15 * 60, to: 16 * 60, tz: 'UTC', outsideMs: 600_000 };
    const w = watch([service(dns, { window })], async () => good);
    // The clock begins at 14:00.
    await w.clock.advance(3_600_000);
    expect(w.own('state').length).toBe(6);
    await w.clock.advance(3_600_000);
    expect(w.own('state').length).toBe(6 + 120);
    await w.watch.stop();
  });
});

it('yesterday is not held against a service', async () => {
  let now = bad;
  const window = { weekdays: [], dates: [], from: 14 * 60, to: 15 * 60, tz: 'UTC', outsideMs: undefined };
  const w = watch([service(dns, { window })], async () => now);
  await w.clock.advance(3_600_000);
  expect(w.own('failures_of_5').at(-1)).toBe(5n);
  now = good;
  await w.clock.advance(23 * 3_600_000 + 30_000);
  await w.watch.stop();
  expect(w.own('failures_of_5').at(-1)).toBe(0n);
});

describe('a check that hangs', () => {
  const hang: RunCheck = (_service, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(bad), { once: true }));

  it('is cut, counted and not told; the others go on', async () => {
    const w = watch([service(dns, { name: 'hung' }), service(dns)], (s, signal) =>
      s.name === 'hung' ? hang(s, signal) : Promise.resolve(good),
    );
    await w.clock.advance(60_000);
    await w.watch.stop();
    expect([w.own('state', 'hung'), w.own('state')]).toEqual([[], ['ok', 'ok']]);
    const text = await w.metrics.text();
    expect(text).toMatch(/bellwether_agent_service_checks_total\{service="hung",result="cut"\} [12]/);
    expect(text).toMatch(/bellwether_agent_service_checks_total\{service="www",result="ok"\} 2/);
  });

  it('holds one of 32 places; who gets none in time is left out', async () => {
    let under = 0;
    let most = 0;
    const services = Array.from({ length: 40 }, (_, i) => service(dns, { name: `s${i}`, intervalMs: 10_000 }));
    const w = watch(services, async (s, signal) => {
      under += 1;
      most = Math.max(most, under);
      await hang(s, signal);
      under -= 1;
      return bad;
    });
    await w.clock.advance(60_000);
    expect(most).toBe(32);
    await w.watch.stop();
    expect(under).toBe(0);
    expect(w.samples).toEqual([]);
  });

  it('ends with the watch', async () => {
    const w = watch([service(dns)], hang);
    await w.clock.advance(30_000);
    await w.watch.stop();
    await w.watch.stop();
    expect(w.clock.sleeping).toBe(0);
  });
});

it('a defect in one check ends neither it nor the others', async () => {
  let calls = 0;
  const w = watch([service(dns)], async () => {
    calls += 1;
    if (calls === 1) throw new Error('a defect');
    return good;
  });
  await w.clock.advance(60_000);
  await w.watch.stop();
  expect(w.own('state')).toEqual(['ok']);
});

describe('on a real network', () => {
  const servers = new Servers();
  afterEach(() => servers.stop());
  let dnsmasq: Dnsmasq;
  beforeAll(async () => {
    dnsmasq = await startDnsmasq('--host-record=www.test,192.0.2.10');
  });
  afterAll(() => dnsmasq?.stop());

  it('each kind of check gives its samples', async () => {
    const web = await servers.start(createServer((_, response) => void response.end('welcome')));
    const server = { address: '127.0.0.1', port: dnsmasq.port };
    const quick = { intervalMs: 1_000, timeoutMs: 300 };
    const services = [
      service({ ...dns, query: 'www.test', server, expect: ['192.0.2.10'] }, { ...quick, name: 'dns' }),
      service({ ...http, url: `http://127.0.0.1:${web}/`, expectText: 'welcome' }, { ...quick, name: 'web' }),
      service({ type: 'tcp', host: '127.0.0.1', port: web }, { ...quick, name: 'port' }),
      service({ type: 'gateway', host: '127.0.0.1' }, { ...quick, intervalMs: 2_000, name: 'gateway' }),
    ];
    const samples: Sample[] = [];
    const made = new ServiceWatch({
      services,
      history: new FailureHistory(),
      fping: 'fping',
      clock: systemClock,
      log: createLogger('test', 'silent'),
      metrics: new SelfMetrics(),
      emit: (some) => void samples.push(...some),
    });
    made.start();
    try {
      const names = ['dns', 'gateway', 'port', 'web'];
      await until('a good answer of each', 20_000, () =>
        names.every((name) => samples.some((s) => s.tags['service'] === name && s.fields['state'] === 'ok')),
      );
    } finally {
      await made.stop();
    }
    expect([...new Set(samples.map((s) => s.measurement))].sort()).toEqual([
      'dns_query',
      'http_response',
      'net_response',
      'ping',
      'service',
    ]);
  });
});
