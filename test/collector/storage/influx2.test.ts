import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, storageSchema } from '../../../collector/storage/config.ts';
import { freePort } from '../../../sim/free-port.ts';
import { recentMinute, sample } from '../../contract/metric-store.ts';
import { startInfluxd } from '../../support/influxd.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { storeParts } from '../../support/store-parts.ts';
import { startVictoriaMetrics } from '../../support/victoria-metrics.ts';

/*
 * No single Debian package speaks both halves of InfluxDB 2: VictoriaMetrics takes v2 writes, InfluxDB 1.6 answers the 1.x-compatible /query.
 * The store has an address for each, so both halves run against a real server.
 */
function influx2(url: string, queryUrl = url) {
  const more = { org: 'district', bucket: 'bellwether', token: 'token-of-this-test', timeout: '10s' };
  const config = storageSchema.parse({ driver: 'influx2', url, query_url: queryUrl, ...more });
  return createStore(config, { ...storeParts, dataDir: '/nonexistent' });
}

const t = recentMinute();
const school = 'lincoln';

describe('influx2 writes (VictoriaMetrics)', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startVictoriaMetrics();
  });
  afterAll(() => server?.stop());

  async function exported(match: string): Promise<Record<string, [number, number][]>> {
    await fetch(`${server.url}/internal/force_flush`);
    const query = new URLSearchParams({ 'match[]': match });
    const text = await (await fetch(`${server.url}/api/v1/export?${query}`)).text();
    const lines = text.trim() === '' ? [] : text.trim().split('\n');
    return Object.fromEntries(
      lines.map((line) => {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>;
          values: number[];
          timestamps: number[];
        };
        return [`${metric['__name__']} ${metric['port'] ?? ''}`, timestamps.map((time, i) => [time, values[i]!])];
      }),
    );
  }

  it('stores every point of a batch, large enough to be compressed', async () => {
    const store = influx2(server.url);
    await store.start();
    await store.start();
    await store.ping();
    const points = Array.from({ length: 300 }, (_, n) =>
      sample(
        'w',
        t + Math.floor(n / 3) * 1000,
        { octets: BigInt(n), pct: n / 8, up: true },
        { port: `Gi1/0/${n % 3} "é"` },
      ),
    );
    expect(await store.write(points)).toEqual({ written: 300, rejected: [] });
    const found = await exported('{__name__=~"w_.*",school="lincoln",site="main"}');
    expect(Object.keys(found).sort()).toEqual(
      ['w_octets', 'w_pct', 'w_up'].flatMap((name) => [0, 1, 2].map((n) => `${name} Gi1/0/${n} "é"`)),
    );
    for (let port = 0; port < 3; port++) {
      const times = Array.from({ length: 100 }, (_, i) => t + i * 1000);
      expect(found[`w_octets Gi1/0/${port} "é"`]).toEqual(times.map((time, i) => [time, i * 3 + port]));
      expect(found[`w_pct Gi1/0/${port} "é"`]).toEqual(times.map((time, i) => [time, (i * 3 + port) / 8]));
    }
    await store.stop();
  });

  it('refuses by index what no store can hold, and stores the rest', async () => {
    const store = influx2(server.url);
    await store.start();
    const result = await store.write([sample('bad', t, { v: Number.NaN }), sample('bad', t, { v: 7 })]);
    expect(result).toMatchObject({ written: 1, rejected: [{ index: 0 }] });
    expect(await exported('{__name__="bad_v"}')).toEqual({ 'bad_v ': [[t, 7]] });
    await store.stop();
  });

  it('stores nothing for a caller that gave up before, nor once stopped', async () => {
    const store = influx2(server.url);
    await store.start();
    const gone = { code: 'BW_STORAGE_UNAVAILABLE', retryable: true };
    await expect(store.write([sample('aborted', t, { v: 1 })], AbortSignal.abort())).rejects.toMatchObject(gone);
    await store.stop();
    await store.stop();
    await expect(store.write([sample('aborted', t, { v: 1 })])).rejects.toMatchObject(gone);
    expect(await exported('{__name__="aborted_v"}')).toEqual({});
  });
});

describe("influx2 reads (InfluxDB's 1.x-compatible /query)", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startInfluxd();
    const config = storageSchema.parse({ driver: 'influx1', url: server.url, database: 'bellwether' });
    const filler = createStore(config, { ...storeParts, dataDir: '/nonexistent' });
    await filler.start();
    await filler.write([
      ...[0, 1, 2, 3].map((n) => sample('r', t + n * 60_000, { v: n, big: 2n ** 62n + BigInt(n) }, { port: "Gi '1'" })),
      sample('r', t, { v: 99 }, { school: 'other' }),
    ]);
    await filler.stop();
  });
  afterAll(() => server?.stop());

  it('gives the last values exactly and a range, for one school', async () => {
    const store = influx2(server.url);
    await store.start();
    const tags = { school, site: 'main', port: "Gi '1'" };
    expect(await store.latest({ school, measurement: 'r', since: t, tags: { port: "Gi '1'" } })).toEqual([
      { tags, time: t + 180_000, fields: { v: 3, big: 2n ** 62n + 3n } },
    ]);
    expect(await store.range({ school, measurement: 'r', field: 'v', from: t, to: t + 180_000 })).toEqual([
      {
        tags,
        points: [
          [t, 0],
          [t + 60_000, 1],
          [t + 120_000, 2],
        ],
      },
    ]);
    await store.stop();
  });

  it('calls a server without v2 writes unavailable, so that nothing is lost', async () => {
    const store = influx2(server.url);
    await store.start();
    const gone = { code: 'BW_STORAGE_UNAVAILABLE', retryable: true };
    await expect(store.write([sample('r', t, { v: 1 })])).rejects.toMatchObject(gone);
    await store.stop();
  });
});

describe('influx2 without its server', () => {
  it('starts, and says on every call that it is unavailable', async () => {
    const store = influx2(`http://127.0.0.1:${await freePort()}`);
    await store.start();
    const query = { school, measurement: 'x', field: 'v', from: 0, to: t };
    const gone = { code: 'BW_STORAGE_UNAVAILABLE', retryable: true };
    await expect(store.write([sample('x', t, { v: 1 })])).rejects.toMatchObject(gone);
    await expect(store.ping()).rejects.toMatchObject(gone);
    await expect(store.range(query)).rejects.toMatchObject(gone);
    await expect(store.latest({ ...query, since: 0 })).rejects.toMatchObject(gone);
    await store.stop();
  });
});
