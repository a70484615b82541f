import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BellwetherError } from '../../../core/errors.ts';
import { type TestServer, testServer } from './test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await testServer();
});
afterEach(() => server.close());

const GOOD = 'interface,device=sw1 ifHCInOctets=18446744073709551615u,up=true 1790000000123000000\n';

describe('a credential', () => {
  const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  it('may come in every way InfluxDB clients send it', async () => {
    const { north } = server;
    const ways: [string, Record<string, string>][] = [
      ['', { authorization: `Token ${north}` }],
      ['', { authorization: `token ${north}` }],
      ['', { authorization: `Bearer ${north}` }],
      ['', { authorization: basic('anyone', north) }],
      ['', { authorization: basic('', north) }],
      [`&u=anyone&p=${north}`, {}],
    ];
    for (const [query, headers] of ways) {
      const reply = await server.write(GOOD, { url: `/write?db=x${query}`, headers, token: null });
      expect([query, headers, reply.status]).toEqual([query, headers, 204]);
    }
  });

  it("that is missing or wrong is 401 in the client's own form, and the body is not looked at", async () => {
    for (const authorization of [
      `Token ${server.north}x`,
      'Token',
      'Basic ???',
      basic('u', ''),
      basic('u', 'x'),
      'Digest x',
      ' ',
    ]) {
      const v2 = await server.write(GOOD, { token: null, headers: { authorization } });
      expect([authorization, v2.status, JSON.parse(v2.body).code]).toEqual([authorization, 401, 'unauthorized']);
    }
    const v1 = await server.write(GOOD, { url: '/write?u=a&p=b', token: null });
    expect([v1.status, v1.body]).toEqual([401, '{"error":"the token is unknown or revoked"}']);
    const none = await server.write(GOOD, { url: '/write', token: null });
    expect([none.status, JSON.parse(none.body).error]).toEqual([
      401,
      'a token is needed: Authorization: Token <token>',
    ]);
    expect(server.batches).toEqual([]);
    expect(await server.metric('bellwether_collector_auth_failures_total', { door: 'ingest' })).toBe(9);
  });

  it('that is refused is logged once a minute per address, without the credential', async () => {
    const refusals = () => server.logged.filter((line) => line.includes('credential refused'));
    for (let i = 0; i < 5; i++) await server.write(GOOD, { url: '/write?u=a&p=bw_very-secret', token: null });
    expect(refusals()).toHaveLength(1);
    await server.clock.advance(60_000);
    await server.write(GOOD, { token: 'bw_very-secret' });
    expect(refusals()).toHaveLength(2);
    expect(server.logged.join('')).not.toContain('very-secret');
    expect(refusals()[0]).toContain('127.0.0.1');
  });

  it('marks its agent as heard, even when the store is away', async () => {
    const away = await testServer({ ingest: async () => Promise.reject(new Error('no')) });
    await away.write(GOOD);
    expect(await away.agents.list()).toMatchObject([{ school: 'north', site: 'main', lastSeen: away.clock.now() }]);
    await away.write(GOOD, { token: 'bw_wrong' });
    expect(await away.agents.list()).toHaveLength(1);
    await away.close();
  });

  it('that cannot be checked is 503, not 401: a 1.x client would drop its data', async () => {
    await server.db.schema.dropTable('agent').execute();
    await server.db.schema.dropTable('token').execute();
    for (const url of ['/api/v2/write', '/write']) {
      const reply = await server.write(GOOD, { url });
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
    }
  });
});

describe('a store that cannot take it', () => {
  it('is told to the operator: at once, once a minute, and when it is over', async () => {
    let full = true;
    const error = new BellwetherError('BW_STORAGE_UNAVAILABLE', 'disk is full', { retryable: true });
    const flaky = await testServer({
      ingest: async ({ samples }) =>
        full ? Promise.reject(error) : Promise.resolve({ written: samples.length, rejected: [] }),
    });
    const lines = () => flaky.logged.map((l) => JSON.parse(l)).filter((l) => /stored/.test(l.msg));
    for (let i = 0; i < 3; i++) await flaky.write(GOOD);
    expect(lines()).toMatchObject([{ level: 50, err: 'disk is full', refused: 1 }]);
    const ready = async () => (await flaky.app.inject({ url: '/readyz' })).statusCode;
    expect(await ready()).toBe(503);
    await flaky.clock.advance(60_000);
    await flaky.write(GOOD);
    expect(lines()).toMatchObject([{}, { level: 50, refused: 4 }]);
    full = false;
    await flaky.clock.advance(1_000);
    expect(await ready()).toBe(503);
    for (let i = 0; i < 2; i++) await flaky.write(GOOD);
    await flaky.clock.advance(1_000);
    expect(await ready()).toBe(200);
    expect(lines()).toMatchObject([
      {},
      {},
      { level: 30, refused: 4, lasted: '1m 1s', msg: 'batches are stored again' },
    ]);
    await flaky.close();
  });

  it.each([
    [
      'is down',
      new BellwetherError('BW_STORAGE_UNAVAILABLE', 'disk at /srv/secret is full', { retryable: true }),
      'batches cannot be stored',
      1,
    ],
    ['has a fault', new TypeError('x is not a function, at /srv/secret'), 'could not be stored', 2],
  ])('%s: 503 with Retry-After, and the client does not learn why', async (_what, error, words, logs) => {
    const broken = await testServer({ ingest: async () => Promise.reject(error) });
    for (const [url, key] of [
      ['/api/v2/write', 'message'],
      ['/write', 'error'],
    ] as const) {
      const reply = await broken.write(GOOD, { url });
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
      expect(JSON.parse(reply.body)[key]).toBe('the batch could not be stored now, try later');
    }
    expect(broken.logged.filter((line) => line.includes(words))).toHaveLength(logs);
    await broken.close();
  });

  it('is too slow: 503 at the deadline, the store is told to stop, and the place stays taken until it has', async () => {
    let release = (): void => {};
    const signals: AbortSignal[] = [];
    const slow = await testServer({
      settings: { writeTimeoutMs: 10_000 },
      ingest: (batch, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          release = () => resolve({ written: batch.samples.length, rejected: [] });
        }),
    });
    const reply = slow.write(GOOD);
    await slow.clock.advance(9_999);
    expect(signals.map((s) => s.aborted)).toEqual([false]);
    await slow.clock.advance(1);
    expect(await reply).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(signals.map((s) => s.aborted)).toEqual([true]);
    expect(await slow.metric('bellwether_collector_ingest_in_flight')).toBe(1);
    release();
    await slow.clock.advance(0);
    expect(await slow.metric('bellwether_collector_ingest_in_flight')).toBe(0);
    expect(slow.clock.sleeping).toBe(0);
    await slow.close();
  });
});

describe('overload', () => {
  it('is 503 above the batches in flight; one token gets a quarter of the places', async () => {
    const releases: (() => void)[] = [];
    const busy = await testServer({
      settings: { inFlightBatches: 8 },
      ingest: (batch) =>
        new Promise((resolve) => releases.push(() => resolve({ written: batch.samples.length, rejected: [] }))),
    });
    const held = [busy.write(GOOD), busy.write(GOOD), busy.write(GOOD, { token: busy.south })];
    await expect.poll(() => releases.length).toBe(3);
    const third = await busy.write(GOOD, { url: '/write' });
    expect([third.status, third.headers['retry-after'], third.body]).toEqual([
      503,
      '5',
      '{"error":"too many batches of this token at once, try later"}',
    ]);
    const other = busy.write(GOOD, { token: busy.south });
    await expect.poll(() => releases.length).toBe(4);
    for (const release of releases) release();
    expect((await Promise.all([...held, other])).map((r) => r.status)).toEqual([204, 204, 204, 204]);
    const again = busy.write(GOOD);
    await expect.poll(() => releases.length).toBe(5);
    releases[4]!();
    expect((await again).status).toBe(204);
    expect(await busy.metric('bellwether_collector_ingest_batches_total', { result: 'overload' })).toBe(1);
    await busy.close();
  });

  it('is 503 when the bytes held would exceed their bound, and they are given back', async () => {
    const small = await testServer({ settings: { inFlightBytes: 20_000 } });
    const big = zstdCompressSync('m v=1 1\n'.repeat(10_000));
    expect(await small.write(big, { headers: { 'content-encoding': 'zstd' } })).toMatchObject({ status: 503 });
    expect(await small.metric('bellwether_collector_ingest_in_flight_bytes')).toBe(0);
    expect((await small.write(GOOD)).status).toBe(204);
    await small.close();
  });
});
