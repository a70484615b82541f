import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './test-server.ts';

let server: TestServer;

beforeEach(async () => {
  server = await testServer();
});
afterEach(() => server.close());

const GOOD = 'interface,device=sw1 ifHCInOctets=18446744073709551615u,up=true 1790000000123000000\n';

describe('a write', () => {
  it.each([
    ['v2', '/api/v2/write?org=o&bucket=b'],
    ['v1', '/write?db=telegraf'],
  ])('is answered 204, empty, once it is stored (%s)', async (_api, url) => {
    const reply = await server.write(GOOD, { url });
    expect([reply.status, reply.body]).toEqual([204, '']);
    expect(reply.headers['accept-encoding']).toBe('zstd, gzip');
    expect(server.batches).toEqual([
      {
        school: 'north',
        site: 'main',
        receivedAt: server.clock.now(),
        samples: [
          {
            measurement: 'interface',
            tags: { device: 'sw1', school: 'north', site: 'main' },
            fields: { ifHCInOctets: 18446744073709551615n, up: true },
            time: 1_790_000_000_123,
          },
        ],
      },
    ]);
  });

  it('does not answer before the store has', async () => {
    let stored = (): void => {};
    const slow = await testServer({
      ingest: (batch) =>
        new Promise((resolve) => {
          stored = () => resolve({ written: batch.samples.length, rejected: [] });
        }),
    });
    let answered = false;
    const reply = slow.write(GOOD).finally(() => {
      answered = true;
    });
    await slow.clock.advance(1_000);
    expect(answered).toBe(false);
    stored();
    expect((await reply).status).toBe(204);
    await slow.close();
  });

  it('is counted', async () => {
    await server.write(gzipSync(GOOD), { headers: { 'content-encoding': 'gzip' } });
    await server.write(`${GOOD}bad\n`);
    expect(await server.metric('bellwether_collector_ingest_batches_total', { result: 'stored' })).toBe(1);
    expect(await server.metric('bellwether_collector_ingest_batches_total', { result: 'invalid' })).toBe(1);
    expect(await server.metric('bellwether_collector_ingest_lines_total', { result: 'stored' })).toBe(2);
    expect(await server.metric('bellwether_collector_ingest_lines_total', { result: 'unreadable' })).toBe(1);
    expect(await server.metric('bellwether_collector_ingest_bytes_total', { form: 'plain' })).toBe(2 * GOOD.length + 4);
    expect(await server.metric('bellwether_collector_ingest_seconds_count')).toBe(2);
    expect(await server.metric('bellwether_collector_ingest_in_flight')).toBe(0);
    expect(await server.metric('bellwether_collector_ingest_in_flight_bytes')).toBe(0);
  });

  it.each([
    ['nothing at all', ''],
    ['blank lines and comments', '\n\n# nothing here\n'],
  ])(
    'of %s is fine and stores nothing (InfluxDB 1.x answers the same; there is nothing to lose)',
    async (_what, body) => {
      expect((await server.write(body)).status).toBe(204);
      expect(server.batches).toEqual([]);
    },
  );
});

describe('precision', () => {
  const table: [string, string, number][] = [
    ['/api/v2/write', '1790000000123456789', 1_790_000_000_123],
    ['/api/v2/write?precision=ns', '1790000000123456789', 1_790_000_000_123],
    ['/api/v2/write?precision=us', '1790000000123456', 1_790_000_000_123],
    ['/api/v2/write?precision=ms', '1790000000123', 1_790_000_000_123],
    ['/api/v2/write?precision=s', '1790000000', 1_790_000_000_000],
    ['/write', '1790000000123456789', 1_790_000_000_123],
    ['/write?precision=n', '1790000000123456789', 1_790_000_000_123],
    ['/write?precision=u', '1790000000123456', 1_790_000_000_123],
    ['/write?precision=ms', '1790000000123', 1_790_000_000_123],
    ['/write?precision=s', '1790000000', 1_790_000_000_000],
    ['/write?precision=m', '29833333', 1_789_999_980_000],
    ['/write?precision=h', '497222', 1_789_999_200_000],
    ['/write?precision=h', '-1', -3_600_000],
  ];
  it.each(table)('%s with %s', async (url, stamp, time) => {
    expect((await server.write(`m v=1 ${stamp}`, { url })).status).toBe(204);
    expect(server.batches[0]?.samples[0]?.time).toBe(time);
  });

  it.each(['/write', '/write?precision=m', '/api/v2/write?precision=s'])(
    'a line without timestamp is of now (%s)',
    async (url) => {
      await server.write('m v=1', { url });
      expect(server.batches[0]?.samples[0]?.time).toBe(server.clock.now());
    },
  );

  it.each([
    ['/api/v2/write?precision=m', '{"code":"invalid","message":"precision must be one of ns, us, ms, s"}'],
    ['/api/v2/write?precision=ms&precision=s', '{"code":"invalid","message":"precision must be one of ns, us, ms, s"}'],
    ['/write?precision=constructor', '{"error":"precision must be one of ns, us, ms, s, m, h"}'],
  ])('%s is refused', async (url, body) => {
    expect(await server.write(GOOD, { url })).toMatchObject({ status: 400, body });
    expect(server.batches).toEqual([]);
  });
});

describe('the tenant', () => {
  it("is the token's, whatever the body says", async () => {
    const body = 'm,school=south,site=annex v=1 1\nm,school=north,site=main v=2 2\nm v=3 3\n';
    expect((await server.write(body)).status).toBe(204);
    for (const { tags } of server.batches[0]!.samples) expect(tags).toEqual({ school: 'north', site: 'main' });
    expect(server.batches[0]).toMatchObject({ school: 'north', site: 'main' });
    expect(await server.metric('bellwether_collector_ingest_restamped_total')).toBe(1);
    expect((await server.write('m v=1', { token: server.south })).status).toBe(204);
    expect(server.batches[1]).toMatchObject({ school: 'south', site: 'annex' });
  });

  it.each(['m school="south" 1', 'm,device=x v=1,site="annex" 1', 'm sch\\ool=1,school=2i 1'])(
    'cannot be imitated by a field: %s',
    async (line) => {
      const reply = await server.write(`${line}\nm v=1 2`);
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.body).message).toMatch(
        /^partial write: 1 line dropped: line 1: "(school|site)" is a tag set/,
      );
      expect(server.batches[0]?.samples).toHaveLength(1);
    },
  );

  it('cannot be chosen by the query or by headers', async () => {
    await server.write('m v=1', {
      url: '/api/v2/write?org=south&bucket=south&school=south&site=annex&db=south',
      headers: { school: 'south', 'x-school': 'south' },
    });
    expect(server.batches[0]).toMatchObject({
      school: 'north',
      site: 'main',
      samples: [{ tags: { school: 'north', site: 'main' } }],
    });
  });
});

describe('bad lines', () => {
  const body = `${GOOD}nonsense\n${GOOD}m v=\n# fine\nm v=1 soon\n`;

  it('are named by number, the good ones are stored (v2)', async () => {
    const reply = await server.write(body);
    expect(reply.status).toBe(400);
    const { code, message, ...rest } = JSON.parse(reply.body);
    expect([code, rest]).toEqual(['invalid', {}]);
    expect(message).toMatch(/^partial write: 3 lines dropped: line 2: .+; line 4: .+; line 6: .+$/);
    expect(server.batches[0]?.samples).toHaveLength(2);
  });

  it('are named in the 1.x form, and in its header (v1)', async () => {
    const reply = await server.write(`${GOOD}m v=é\u0001x 1\n`, { url: '/write' });
    expect(reply.status).toBe(400);
    expect(Object.keys(JSON.parse(reply.body))).toEqual(['error']);
    expect(JSON.parse(reply.body).error).toMatch(/^partial write: 1 line dropped: line 2: /);
    expect(reply.headers['x-influxdb-error']).toMatch(/^partial write: 1 line dropped: line 2: [\x20-\x7e]*$/);
  });

  it('get the same reply when there is no good one, and the store is left alone', async () => {
    const reply = await server.write('nonsense');
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).message).toMatch(/^partial write: 1 line dropped: line 1: /);
    expect(server.batches).toEqual([]);
  });

  it('do not make the reply grow with them', async () => {
    const reply = await server.write(`${'x'.repeat(5_000)}\n`.repeat(1_000));
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).message).toMatch(/^partial write: 1000 lines dropped: line 1: .*; and 995 more$/);
    expect(reply.body.length).toBeLessThan(1_200);
  });

  it('are those that are not UTF-8, and those of impossible times', async () => {
    const reply = await server.write(
      Buffer.concat([
        Buffer.from('m v=1 1\nm s="'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('" 1\nm v=2 2\nm v=3 9000000000000000\n'),
      ]),
      { url: '/api/v2/write?precision=ms' },
    );
    expect(JSON.parse(reply.body).message).toBe(
      'partial write: 2 lines dropped: line 2: not valid UTF-8; line 4: timestamp outside the years 1677 to 2262: check the precision',
    );
    expect(server.batches[0]?.samples.map((s) => s.fields)).toEqual([{ v: 1 }, { v: 2 }]);
  });

  it('are those the store refuses, under the number they had in the body', async () => {
    const typed = await testServer({
      ingest: async () => ({ written: 1, rejected: [{ index: 1, reason: 'field "v" is a float, not a string' }] }),
    });
    const reply = await typed.write('# head\n\nbad\nm v=1 1\nm v="a" 2\n');
    expect(JSON.parse(reply.body).message).toMatch(
      /^partial write: 2 lines dropped: line 3: .+; line 5: field "v" is a float, not a string$/,
    );
    expect(await typed.metric('bellwether_collector_ingest_lines_total', { result: 'rejected' })).toBe(1);
    expect(await typed.metric('bellwether_collector_ingest_lines_total', { result: 'stored' })).toBe(1);
    await typed.close();
  });
});

describe('content encoding', () => {
  const twice = GOOD + GOOD.replace('sw1', 'sw2');
  it.each([
    ['identity', Buffer.from(twice)],
    ['gzip', gzipSync(twice)],
    ['gzip', Buffer.concat([gzipSync(GOOD), gzipSync(GOOD)])],
    ['GZIP', gzipSync(twice)],
    ['zstd', zstdCompressSync(twice)],
    ['zstd', Buffer.concat([zstdCompressSync(GOOD), zstdCompressSync(''), zstdCompressSync(GOOD)])],
  ])('%s (case %#) is taken whole', async (encoding, body) => {
    expect((await server.write(body, { headers: { 'content-encoding': encoding } })).status).toBe(204);
    expect(server.batches[0]?.samples).toHaveLength(2);
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'x'])('%s is refused, saying what is taken', async (encoding) => {
    const reply = await server.write(GOOD, { headers: { 'content-encoding': encoding } });
    expect(reply.status).toBe(415);
    expect(reply.headers['accept-encoding']).toBe('zstd, gzip');
    expect(JSON.parse(reply.body).code).toBe('unsupported media type');
  });

  it.each([
    ['gzip', gzipSync(GOOD).subarray(0, 40)],
    ['zstd', zstdCompressSync(GOOD).subarray(0, 40)],
    ['zstd', Buffer.concat([zstdCompressSync(GOOD), zstdCompressSync(GOOD).subarray(0, 20)])],
    ['gzip', Buffer.from(GOOD)],
    ['zstd', Buffer.concat(Array.from({ length: 1_001 }, () => zstdCompressSync('')))],
  ])('%s that is broken or cut off (case %#) is refused whole', async (encoding, body) => {
    const reply = await server.write(body, { headers: { 'content-encoding': encoding } });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).message).toMatch(/^(cannot decompress the body|more than 1000 compressed frames)/);
    expect(server.batches).toEqual([]);
  });
});

describe('size limits', () => {
  it("answer 413 for a body, and for what it decompresses to, in the client's form", async () => {
    const limited = await testServer({ settings: { bodyLimit: 1_000, inflatedLimit: 5_000 } });
    const text = 'm v=1 1\n'.repeat(700);
    for (const [body, headers] of [
      [Buffer.from(text), {}],
      [gzipSync(text), { 'content-encoding': 'gzip' }],
      [zstdCompressSync(text), { 'content-encoding': 'zstd' }],
      [
        Buffer.concat([zstdCompressSync(text.slice(0, 4_000)), zstdCompressSync(text.slice(0, 4_000))]),
        { 'content-encoding': 'zstd' },
      ],
    ] as [Buffer, Record<string, string>][]) {
      const v2 = await limited.write(body, { headers });
      expect([v2.status, JSON.parse(v2.body).code]).toEqual([413, 'request too large']);
      const v1 = await limited.write(body, { url: '/write', headers });
      expect([v1.status, JSON.parse(v1.body).error]).toEqual([
        413,
        expect.stringMatching(/^the body is larger than (1000|5000) bytes/),
      ]);
    }
    expect(limited.batches).toEqual([]);
    expect(await limited.metric('bellwether_collector_ingest_batches_total', { result: 'too_large' })).toBe(8);
    await limited.close();
  });
});
