import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SnmpSession } from '../../../agent/drivers/snmp-session.ts';
import { Conversation } from '../../../agent/poll/conversation.ts';
import { FactsPoll } from '../../../agent/poll/facts-poll.ts';
import { ReplySize } from '../../../agent/poll/reply-size.ts';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { systemClock } from '../../../runtime/clock.ts';
import type { OidTable } from '../../../sim/oid-table.ts';
import { SnmpResponder } from '../../../sim/responder.ts';
import { openSnmpSession } from '../../support/net-snmp-session.ts';
import { readSnmprec } from '../../support/snmprec.ts';
import { community } from './fixture.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const library = new ProfileLibrary(loadProfiles());

const DEVICE = `
  1.3.6.1.2.1.1.1.0|4|Closet Switch 5000
  1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1.2
  1.3.6.1.2.1.2.2.1.1.7|2|7
  1.3.6.1.2.1.2.2.1.2.7|4|Port 7
  1.3.6.1.2.1.10.7.2.1.3.7|65|10
  1.3.6.1.2.1.10.7.2.1.19.7|2|3
  1.3.6.1.2.1.25.3.3.1.2.1|2|12
  1.3.6.1.2.1.47.1.1.1.1.2.4|4|Board
  1.3.6.1.2.1.47.1.1.1.1.7.4|4|Board
  1.3.6.1.2.1.47.1.1.1.1.11.4|4|SERIAL-1
  1.3.6.1.2.1.99.1.1.1.1.4|2|8
  1.3.6.1.2.1.99.1.1.1.2.4|2|9
  1.3.6.1.2.1.99.1.1.1.3.4|2|1
  1.3.6.1.2.1.99.1.1.1.4.4|2|415
  1.3.6.1.2.1.99.1.1.1.5.4|2|1
`;
const TEMPERATURE = '1.3.6.1.2.1.99.1.1.1.4';
const STATUS = '1.3.6.1.2.1.99.1.1.1.5';

let table: OidTable;
let responder: SnmpResponder;
let session: SnmpSession;
let poll: FactsPoll;
beforeEach(async () => {
  table = readSnmprec(DEVICE);
  responder = new SnmpResponder({
    address: '127.0.0.1',
    port: 0,
    community: 'tests-only',
    device: table,
    clock: systemClock,
  });
  const { port } = await responder.start();
  const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
  session = openSnmpSession({ address, credentials: community(port), clock: systemClock, onFault: () => {} });
  poll = new FactsPoll(library, { interval: MINUTE, inventory: HOUR });
});
afterEach(async () => {
  session.close();
  await responder.stop();
});

const at = (minutes: number, uptime = 1e6 + minutes * 60) =>
  poll.read(
    () =>
      Promise.resolve(
        new Conversation({
          session,
          credentials: community(0),
          size: new ReplySize(20),
          clock: systemClock,
          signal: AbortSignal.timeout(20_000),
        }),
      ),
    { at: minutes * MINUTE, time: minutes * MINUTE, uptime, tags: { device: 'sw' } },
  );
const integer = (value: number) => ({ type: 'integer', value }) as const;

it('reads everything once, then only what changes by itself, with the names of then', async () => {
  const first = await at(0);
  expect(first).toMatchObject({ kind: 'full', outcome: 'ok', facts: { inventory: [{ serial: 'SERIAL-1' }] } });
  const { requests } = responder.stats;
  table.set(TEMPERATURE, '4', integer(482)).set('1.3.6.1.2.1.10.7.2.1.3', '7', { type: 'counter32', value: 16 });
  table.set('1.3.6.1.2.1.47.1.1.1.1.2', '4', { type: 'octets', value: 'renamed' });
  const second = await at(1);
  expect(second).toMatchObject({ kind: 'vitals', outcome: 'ok', facts: undefined });
  expect(responder.stats.requests - requests).toBeLessThan(requests / 2);
  const fields = (name: string) => second.samples.find((s) => s.measurement === name);
  expect(fields('sensor')).toMatchObject({ fields: { temperature_celsius: 48.2 }, tags: { descr: 'Board' } });
  expect(fields('cpu')?.fields).toEqual({ usage_active: 12 });
  expect(fields('ethernet')).toMatchObject({ fields: { damaged_per_s: 0.1 }, tags: { ifDescr: 'Port 7' } });
});

it('what the device no longer gives, or marks as not working, is not told with its old value', async () => {
  await at(0);
  table.set(STATUS, '4', integer(3));
  expect((await at(1)).samples.filter((s) => s.measurement === 'sensor')).toEqual([]);
  table.set(STATUS, '4', integer(1)).delete(`${TEMPERATURE}.4`);
  expect((await at(2)).samples.filter((s) => s.measurement === 'sensor')).toEqual([]);
});

it('reads everything again after an hour, after a restart, for rows that are new, and on request', async () => {
  const kinds: string[] = [];
  const step = async (minutes: number, uptime?: number) => kinds.push(`${minutes} ${(await at(minutes, uptime)).kind}`);
  await step(0);
  await step(59);
  await step(60);
  table.set('1.3.6.1.2.1.25.3.3.1.2', '2', integer(50));
  await step(66);
  await step(67);
  await step(68);
  await step(80, 30);
  await step(81, 90);
  poll.wantFull(82 * MINUTE);
  await step(82, 150);
  await step(85, 330);
  await step(86, 390);
  expect(kinds).toEqual([
    '0 full',
    '59 vitals',
    '60 full',
    '66 vitals',
    '67 full',
    '68 vitals',
    '80 full',
    '81 vitals',
    // Five minutes after the last at the earliest.
    '82 vitals',
    '85 full',
    '86 vitals',
  ]);
});

it('a device that is silent is asked for everything again after five minutes, and forgets nothing', async () => {
  await at(0);
  responder.behaviour = { silent: true };
  expect(await at(60)).toMatchObject({ kind: 'full', outcome: 'BW_SNMP_TIMEOUT', samples: [], facts: undefined });
  responder.behaviour = {};
  expect(await at(61)).toMatchObject({ kind: 'vitals', outcome: 'ok' });
  expect(await at(65)).toMatchObject({ kind: 'full', outcome: 'ok' });
});

it('a fault in one table that is new is no news of the inventory; one that stays is how the device is', async () => {
  await at(0);
  // Names of parts that do not end: the same one again and again.
  const broken = table.next.bind(table);
  table.next = (oid, time) =>
    oid.startsWith('1.3.6.1.2.1.47.1.1.1.1.11.4') ? broken('1.3.6.1.2.1.47.1.1.1.1.11', time) : broken(oid, time);
  expect(await at(60)).toMatchObject({ kind: 'full', outcome: 'BW_SNMP_LOOP', facts: undefined });
  expect(await at(65)).toMatchObject({ kind: 'full', outcome: 'BW_SNMP_LOOP', facts: { inventory: [{}] } });
  expect(await at(70)).toMatchObject({ kind: 'vitals' });
});

it('counts of before a restart make no rate with those after it', async () => {
  const damaged = '1.3.6.1.2.1.10.7.2.1.3';
  const rate = async (minutes: number, uptime?: number) =>
    (await at(minutes, uptime)).samples.find((s) => s.measurement === 'ethernet')?.fields['damaged_per_s'];
  await at(0);
  table.set(damaged, '7', { type: 'counter32', value: 6010 });
  expect(await rate(1, 30)).toBeUndefined();
  table.set(damaged, '7', { type: 'counter32', value: 6070 });
  expect(await rate(2, 90)).toBe(1);
});

it('a row in the place of another, between the same rows as before, is read with its names', async () => {
  const load = '1.3.6.1.2.1.25.3.3.1.2';
  table.set(load, '5', integer(20)).set(load, '9', integer(30));
  await at(0);
  table.delete(`${load}.5`);
  table.set(load, '6', integer(40));
  expect((await at(10)).kind).toBe('vitals');
  expect((await at(11)).kind).toBe('full');
});

it('is due by its own interval, whatever that of the polls is', async () => {
  expect(poll.isDue(0, 20_000)).toBe(true);
  await at(0);
  expect(poll.isDue(20_000, 20_000)).toBe(false);
  expect(poll.isDue(59_900, 20_000)).toBe(true);
});

it("what a profile of somebody's own counts has a rate from the second reading on", async () => {
  const { profiles } = loadProfiles();
  const text = 'sysobjectid: 1.3.6.1.4.1.99999.*\nmetrics: [{ symbol: { OID: 1.3.6.1.4.1.99999.7.0, name: jobs } }]';
  const own = decodeProfile(text, 'own.yaml').profile;
  poll = new FactsPoll(new ProfileLibrary({ profiles: new Map([...profiles, ['own.yaml', own]]) }), {
    interval: MINUTE,
    inventory: HOUR,
  });
  const jobs = (value: number) => table.set('1.3.6.1.4.1.99999.7', '0', { type: 'counter32', value });
  const fields = async (minutes: number) =>
    (await at(minutes)).samples.find((s) => s.measurement === 'profile')?.fields;
  jobs(100);
  expect(await fields(0)).toEqual({ jobs: 100 });
  jobs(220);
  expect(await fields(1)).toEqual({ jobs: 220, 'jobs.rate': 2 });
  jobs(5);
  expect(await fields(2)).toEqual({ jobs: 5 });
});

it('a pass over everything that is cut short tells what it read under the names of before', async () => {
  const { profiles } = loadProfiles();
  const [values, names] = ['1.3.6.1.4.1.99999.8.1.2', '1.3.6.1.4.1.99999.9.1.2'];
  const text = `sysobjectid: 1.3.6.1.4.1.99999.*
metrics:
  - table: { OID: 1.3.6.1.4.1.99999.8, name: pumps }
    symbols: [{ OID: ${values}, name: flow }]
    metric_tags: [{ tag: pump, table: names, column: { OID: ${names}, name: pumpName } }]`;
  const own = decodeProfile(text, 'own.yaml').profile;
  poll = new FactsPoll(new ProfileLibrary({ profiles: new Map([...profiles, ['own.yaml', own]]) }), {
    interval: MINUTE,
    inventory: HOUR,
  });
  table.set(values, '3', integer(40)).set(names, '3', { type: 'octets', value: 'Cellar' });
  const pump = { measurement: 'profile', tags: { pump: 'Cellar' }, fields: { flow: 40 } };
  expect((await at(0)).samples.find((s) => s.measurement === 'profile')).toMatchObject(pump);
  // Silent once the values were read: asked for first to see whether the column is there.
  let asked = 0;
  const real = table.next.bind(table);
  table.next = (oid, time) => {
    if (oid === values && ++asked === 2) responder.behaviour = { silent: true };
    return real(oid, time);
  };
  const cut = await at(60);
  expect(cut).toMatchObject({ kind: 'full', outcome: 'BW_SNMP_TIMEOUT', facts: undefined });
  expect(cut.samples.find((s) => s.measurement === 'profile')).toMatchObject(pump);
});
