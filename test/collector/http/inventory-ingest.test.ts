import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InventoryDetail, InventoryList } from '../../../core/inventory-api.ts';
import { asked, bodyOf, lineOf } from '../inventory/stock.ts';
import { InventoryServer } from './inventory-server.ts';

let world: InventoryServer;
beforeEach(async () => {
  world = await new InventoryServer().start();
});
afterEach(() => world.close());

const SW1 = lineOf(
  'sw1',
  { vendor: 'Cisco', hardware: 'C9300-48P', serial: 'FOC1111X0AA', version: '17.9.4' },
  { role: 'switch' },
);
const SW2 = lineOf('sw2', { vendor: 'Aruba', serial: 'SG22K1' });

async function devices(school = 'north'): Promise<string[]> {
  return (await world.json<InventoryList>(`${school}/inventory`)).devices.map(
    ({ site, device }) => `${site}/${device}`,
  );
}

describe('a push', () => {
  it('asks first, and sends what the collector has not; then it asks in vain', async () => {
    expect(await world.push([asked(SW1), asked(SW2)])).toEqual({ wanted: ['sw1', 'sw2'], refused: [] });
    expect(await world.push([SW1, SW2])).toEqual({ wanted: [], refused: [] });
    expect(await devices()).toEqual(['main/sw1', 'main/sw2']);
    await world.clock.advance(3_600_000);
    expect(await world.push([asked(SW1)])).toEqual({ wanted: [], refused: [] });
    const [sw1, sw2] = (await world.json<InventoryList>('north/inventory')).devices;
    expect(sw1!.lastSeen - sw2!.lastSeen).toBe(3_600_000);
    // Another digest: another document.
    expect(await world.push([{ ...asked(SW1), digest: 'other' }])).toEqual({ wanted: ['sw1'], refused: [] });
  });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['plain', bodyOf([SW1]), {}],
    [
      'zstd, frame after frame',
      Buffer.concat([SW1, SW2].map((line) => zstdCompressSync(bodyOf([line])))),
      { 'content-encoding': 'zstd' },
    ],
  ])('%s', async (_name, body, headers) => {
    const reply = await world.post(body, headers);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { wanted: [], refused: [] }]);
    expect(reply.headers['accept-encoding']).toBe('zstd, gzip');
    const { document } = await world.json<InventoryDetail>('north/inventory/main/sw1');
    expect(document).toEqual(SW1.document);
  });

  it('is of the school and the site of its token, whatever it says', async () => {
    await world.push([{ ...SW1, school: 'north', site: 'main' }], world.server.south);
    expect([await devices('north'), await devices('south')]).toEqual([[], ['annex/sw1']]);
  });

  it('leaves out what it does not know: a newer agent is understood', async () => {
    const document = { ...SW1.document, colour: 'grey', identity: { ...SW1.document!.identity, assetTag: '17' } };
    expect(await world.push([{ ...SW1, document, more: true }])).toEqual({ wanted: [], refused: [] });
    expect((await world.json<InventoryDetail>('north/inventory/main/sw1')).document).toEqual(SW1.document);
  });

  it('says of a line where, what was expected and what it got; the others are taken', async () => {
    const broken = {
      ...SW2,
      document: {
        ...SW2.document,
        parts: [{ index: '1', serial: 17 }],
        chassisIds: 'x',
        identity: { vendor: 'v'.repeat(256) },
      },
    };
    expect(await world.push([SW1, broken])).toEqual({
      wanted: [],
      refused: [
        {
          device: 'sw2',
          reason: `document.identity.vendor: expected text of at most 255 characters, got "${'v'.repeat(56)}...; document.chassisIds: expected a list of at most 64, got "x"; document.parts.0.serial: expected text of at most 255 characters, got 17`,
        },
      ],
    });
    expect(await devices()).toEqual(['main/sw1']);
  });

  it.each<[string, object, string]>([
    [
      'a format of the future',
      { ...SW1, document: { ...SW1.document, format: 2 } },
      'document.format: expected format 1; a newer agent needs a newer collector, got 2',
    ],
    [
      'a document of another device',
      { ...SW1, document: { ...SW1.document, device: 'sw9' } },
      'document.device: expected sw1, got sw9',
    ],
    ['no digest', { device: 'sw1', time: 1 }, 'digest: expected a digest, got nothing'],
    [
      'a name that is none',
      { ...SW1, device: 'a/b' },
      'device: expected a name of letters, digits, dots, dashes or underscores, at most 63, got "a/b"',
    ],
  ])('%s is refused', async (_name, line, reason) => {
    const { refused } = await world.push([line]);
    expect(refused.map((one) => one.reason)).toEqual([reason]);
    expect(await devices()).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['no JSON', `${bodyOf([SW1])}{"device": "sw2"`, 'line 2: expected JSON, got {"device": "sw2"'],
    ['no object', '[1]', 'line 1: expected {"device": ...} or {"roster": [...]}, got [1]'],
    [
      'nobody’s',
      '{"digest": "x"}',
      'line 1: device: expected string, got nothing; time: expected a whole number, got nothing',
    ],
    ['a broken roster', '{"roster": [1]}', 'line 1: roster.0: expected string, got 1'],
  ])('%s: nothing of it is taken', async (_name, body, message) => {
    const reply = await world.post(body);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([400, { code: 'invalid', message }]);
    expect(await devices()).toEqual([]);
  });

  it('is bounded: bytes on the wire, bytes within, lines', async () => {
    const small = await new InventoryServer().start({ settings: { bodyLimit: 2_000, inflatedLimit: 4_000 } });
    expect((await small.post('x'.repeat(2_001))).status).toBe(413);
    const bomb = zstdCompressSync(Buffer.alloc(1_000_000, 32));
    expect((await small.post(bomb, { 'content-encoding': 'zstd' })).status).toBe(413);
    expect((await small.post('x', { 'content-encoding': 'br' })).status).toBe(415);
    await small.close();
    expect((await world.post('{"device":"a","time":1,"digest":"x"}\n'.repeat(1_001))).status).toBe(413);
  });

  it('needs a token of an agent', async () => {
    for (const token of [null, 'bw_made-up']) expect((await world.post(bodyOf([SW1]), {}, token)).status).toBe(401);
    expect(await devices()).toEqual([]);
    const { db } = world;
    await db.schema.dropTable('inventory_site').execute();
    const reply = await world.post(bodyOf([SW1]));
    // The agent keeps it: nothing is wrong with what it sent.
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
  });
});

it('goes to the collector that answers for the school', async () => {
  const passed: string[] = [];
  const here = await new InventoryServer().start({
    cluster: {
      id: 'here',
      holds: (school) => school === 'south',
      holderUrl: () => 'http://127.0.0.1:1',
      post: async ({ path, body, headers }) => {
        passed.push(`${path} ${headers['content-type']} ${body}`);
        return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"wanted":["x"],"refused":[]}' };
      },
    },
  });
  const reply = await here.post(bodyOf([asked(SW1)]));
  expect([reply.status, reply.body]).toEqual([200, '{"wanted":["x"],"refused":[]}']);
  expect(passed).toEqual([`/api/v1/inventory application/x-ndjson ${bodyOf([asked(SW1)])}`]);
  expect((await here.post(bodyOf([SW1]), {}, here.server.south)).status).toBe(200);
  expect(passed).toHaveLength(1);
  await here.close();
});
