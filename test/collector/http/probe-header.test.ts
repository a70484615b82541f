import { afterEach, expect, it } from 'vitest';
import { HttpTransport } from '../../../agent/push/transport.ts';
import { buildServer } from '../../../collector/http/server.ts';
import { ProbeRequests } from '../../../collector/notify/probe-requests.ts';
import { AgentRegistry } from '../../../collector/state/agents.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import { AGENT_HEADER, PROBE_HEADER, parseProbeHeader } from '../../../core/probe-header.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { memoryState, tokenFor } from '../state/state.ts';

const clock = systemClock;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(probes: ProbeRequests) {
  const db = await memoryState(clock);
  const app = buildServer({
    log: createLogger('test', 'silent'),
    clock,
    metrics: new SelfMetrics(),
    db,
    tokens: new TokenVerifier(db, clock),
    agents: new AgentRegistry(db, clock),
    // What the samples of a write make wanted is asked for in the answer to that very write.
    ingest: async ({ school, site, samples }) => {
      probes.want(school, [{ site, device: samples[0]!.measurement }], clock.now() + 60_000);
      return { written: samples.length, rejected: [] };
    },
    checks: [],
    version: '1',
    probes,
  });
  closing.push(
    () => db.destroy(),
    () => app.close(),
  );
  const north = (await tokenFor(db, clock, 'north')).token;
  const south = (await tokenFor(db, clock, 'south')).token;
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), app, north, south };
}

it('our own agent is asked in the answer to its write, once; other clients never are', async () => {
  const probes = new ProbeRequests();
  const { url, app, north, south } = await server(probes);
  const transport = new HttpTransport({ url, token: north, timeoutMs: 5_000, clock });
  transport.start();
  closing.push(() => transport.stop());
  const { zstdCompressSync } = await import('node:zlib');
  const push = async (line: string) => {
    const reply = await transport.post([zstdCompressSync(line)], line.length, new AbortController().signal);
    return [reply.status, reply.headers[PROBE_HEADER]];
  };
  expect(await push('core1 v=1\n')).toEqual([204, 'core1']);
  expect(await push('core1 v=1\n')).toEqual([204, undefined]);
  expect(await push('fw1 v=1\n')).toEqual([204, 'fw1']);
  const telegraf = (token: string, headers = {}) =>
    app.inject({
      method: 'POST',
      url: '/write',
      headers: { authorization: `Token ${token}`, ...headers },
      payload: 'x v=1',
    });
  expect((await telegraf(north)).headers[PROBE_HEADER]).toBeUndefined();
  // Another school's agent hears nothing of it.
  expect((await telegraf(south, { [AGENT_HEADER]: 'probe' })).headers[PROBE_HEADER]).toBe('x');
});

it('asks a device again after five seconds, until it was heard or nobody waits any more', () => {
  const probes = new ProbeRequests();
  probes.want(
    'north',
    [
      { site: 'main', device: 'core1' },
      { site: 'annex', device: 'sw1' },
    ],
    60_000,
  );
  expect(probes.take('north', 'main', 0)).toEqual(['core1']);
  expect(probes.take('north', 'main', 4_999)).toEqual([]);
  expect(probes.take('north', 'main', 5_000)).toEqual(['core1']);
  probes.heard('north', 'main', 'core1');
  expect(probes.take('north', 'main', 20_000)).toEqual([]);
  expect(probes.take('south', 'annex', 20_000)).toEqual([]);
  expect(probes.take('north', 'annex', 60_000)).toEqual([]);
});

it('hands out at most 20 names at a time', () => {
  const probes = new ProbeRequests();
  probes.want(
    'north',
    Array.from({ length: 45 }, (_, n) => ({ site: 'main', device: `d${n}` })),
    60_000,
  );
  expect([0, 1, 2].map((at) => probes.take('north', 'main', at).length)).toEqual([20, 20, 5]);
});

it.each([
  [undefined, []],
  ['', []],
  ['core1, fw1,core1', ['core1', 'fw1']],
  ['-f,/etc/passwd,a b,ok', ['ok']],
  [Array.from({ length: 50 }, (_, n) => `d${n}`).join(','), Array.from({ length: 20 }, (_, n) => `d${n}`)],
])('%j names devices only', (value, names) => expect(parseProbeHeader(value)).toEqual(names));
