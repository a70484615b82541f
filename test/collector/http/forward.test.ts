import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Cluster } from '../../../collector/http/forward.ts';
import { PeerClient } from '../../../collector/outbound/peer.ts';
import { freePort } from '../../../sim/free-port.ts';
import { listen, type TestServer, testServer } from './test-server.ts';

const LINE = 'ping,device=r1 up=1i 1790000000123000000';
/** The holder of north; `here` passes what is north's on to it. Both know the same tokens. */
let there: TestServer;
let here: TestServer;
let peers: PeerClient;
let holder: string | undefined;
let holds: string[];
beforeEach(async () => {
  peers = new PeerClient(undefined);
  holds = [];
  const cluster = (id: string, own: (school: string) => boolean): Cluster => ({
    id,
    holds: own,
    holderUrl: (school) => (school === 'north' ? holder : undefined),
    post: (request, signal) => peers.post(request, signal),
  });
  there = await testServer({ cluster: cluster('there', (school) => holds.includes(school)) });
  here = await testServer({ cluster: cluster('here', (school) => school === 'south'), db: there.db });
  holds = ['north'];
  holder = (await listen(there.app)).url;
});
afterEach(async () => {
  await peers.close();
  await here.app.close();
  await there.close();
});

it("goes to the school's holder as it came, under its sender's own token", async () => {
  const headers = { 'content-encoding': 'gzip' };
  const reply = await here.write(gzipSync(LINE), { url: '/write?db=x&precision=ns', headers, token: there.north });
  expect([reply.status, reply.body]).toEqual([204, '']);
  expect(here.batches).toEqual([]);
  expect(there.batches.map(({ school, samples }) => [school, samples[0]!.tags['device']])).toEqual([['north', 'r1']]);
  expect(await here.metric('bellwether_collector_ingest_batches_total', { result: 'passed_on' })).toBe(1);
});

it('is taken here where this one holds the school', async () => {
  expect((await here.write(LINE, { token: there.south })).status).toBe(204);
  expect([here.batches.length, there.batches.length]).toEqual([1, 0]);
});

it('brings back what the holder says', async () => {
  const v1 = await here.write(`${LINE}\nbad`, { url: '/write?db=x', token: there.north });
  expect([v1.status, v1.headers['x-influxdb-error']]).toEqual([400, expect.stringMatching(/^partial write: 1 line/)]);
  expect(v1.headers['content-type']).toMatch(/^application\/json/);
  expect(JSON.parse(v1.body)).toEqual({ error: v1.headers['x-influxdb-error'] });
  expect(there.batches).toHaveLength(1);
});

it.each<[string, { url?: string | null; lost?: boolean }, string]>([
  ['nobody is known to answer for the school', { url: null }, 'no collector answers for this school'],
  ['the holder is gone', { url: 'gone' }, 'cannot be reached now'],
  ['the holder has lost it by now: it is passed on once', { lost: true }, 'no collector answers'],
])('the sender keeps its batch and tries again when %s', async (_name, { url, lost }, text) => {
  if (url === null) holder = undefined;
  if (url === 'gone') holder = `http://127.0.0.1:${await freePort()}`;
  if (lost) holds = [];
  const reply = await here.write(LINE, { token: there.north });
  expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
  expect(reply.body).toContain(text);
  expect([here.batches, there.batches]).toEqual([[], []]);
});

it('takes nothing that is too large, and nothing of an unknown token, whoever the holder is', async () => {
  const small = await testServer({ cluster: { ...unheld, holderUrl: () => holder }, settings: { bodyLimit: 64 } });
  expect((await small.write('x'.repeat(65))).status).toBe(413);
  expect((await small.write(LINE, { token: 'bw_unknown' })).status).toBe(401);
  expect(there.batches).toEqual([]);
  await small.close();
});

const unheld: Cluster = {
  id: 'small',
  holds: () => false,
  holderUrl: () => undefined,
  post: () => Promise.reject(new Error('not asked')),
};
