import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, storageSchema } from '../../../collector/storage/config.ts';
import { freePort } from '../../../sim/free-port.ts';
import { metricStoreContract, recentMinute, sample } from '../../contract/metric-store.ts';
import { startInfluxd } from '../../support/influxd.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { storeParts } from '../../support/store-parts.ts';

function influx1(url: string, more: Record<string, unknown> = {}) {
  const config = storageSchema.parse({ driver: 'influx1', url, database: 'bell "w"', timeout: '10s', ...more });
  return createStore(config, { ...storeParts, dataDir: '/nonexistent' });
}

metricStoreContract('influx1 (InfluxDB 1.6)', async () => {
  const server = await startInfluxd();
  const open = async () => {
    const store = influx1(server.url);
    await store.start();
    return store;
  };
  let store = await open();
  return {
    store,
    reopen: async () => {
      store = await open();
      return store;
    },
    close: async () => {
      await store.stop();
      await server.stop();
    },
  };
});

describe('influx1', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startInfluxd();
  });
  afterAll(() => server?.stop());
  const t = recentMinute();

  it('writes unsigned values above 2^63 - 1 as that, since 1.x has no unsigned type', async () => {
    const store = influx1(server.url);
    await store.start();
    expect(await store.write([sample('u', t, { i: 2n ** 64n - 1n })])).toEqual({ written: 1, rejected: [] });
    expect((await store.latest({ school: 'lincoln', measurement: 'u', since: t }))[0]?.fields).toEqual({
      i: 2n ** 63n - 1n,
    });
    await store.stop();
  });

  it('creates the database again when it was dropped', async () => {
    const store = influx1(server.url, { database: 'dropped' });
    await store.start();
    await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q: 'DROP DATABASE "dropped"' }) });
    const batch = [sample('again', t, { v: 1 })];
    await expect(store.write(batch)).rejects.toMatchObject({ code: 'BW_STORAGE_UNAVAILABLE', retryable: true });
    expect(await store.write(batch)).toEqual({ written: 1, rejected: [] });
    await store.stop();
  });

  it('names a retention policy when told to', async () => {
    const store = influx1(server.url, { database: 'policies', retention_policy: 'two weeks' });
    await store.start();
    const q = 'CREATE RETENTION POLICY "two weeks" ON "policies" DURATION 2w REPLICATION 1';
    await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q }) });
    expect(await store.write([sample('rp', t, { v: 1 })])).toEqual({ written: 1, rejected: [] });
    expect(await store.write([sample('rp', t - 30 * 86_400_000, { v: 1 }), sample('rp', t, { v: 2 })])).toMatchObject({
      written: 1,
      rejected: [{ index: 0, reason: 'points beyond retention policy' }],
    });
    const range = { school: 'lincoln', measurement: 'rp', field: 'v', from: t, to: t + 1 };
    expect((await store.range(range))[0]?.points).toEqual([[t, 2]]);
    expect((await store.latest({ ...range, since: t }))[0]?.fields).toEqual({ v: 2 });
    await store.stop();
  });

  it('starts without its server, says so on every call, and works once the server is there', async () => {
    const port = await freePort();
    const store = influx1(`http://127.0.0.1:${port}`, { timeout: '5s' });
    await store.start();
    const query = { school: 'lincoln', measurement: 'x', field: 'v', from: 0, to: t };
    const gone = { code: 'BW_STORAGE_UNAVAILABLE', retryable: true };
    await expect(store.write([sample('x', t, { v: 1 })])).rejects.toMatchObject(gone);
    await expect(store.ping()).rejects.toMatchObject(gone);
    await expect(store.range(query)).rejects.toMatchObject(gone);
    await expect(store.latest({ ...query, since: 0 })).rejects.toMatchObject(gone);
    const late = await startInfluxd(port);
    try {
      await store.ping();
      expect(await store.write([sample('x', t, { v: 1 })])).toEqual({ written: 1, rejected: [] });
    } finally {
      await store.stop();
      await late.stop();
    }
  });
});
