import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { AlertLinks, withAlertLinks } from '../../../collector/notify/alert-links.ts';
import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { partyOfContact } from '../../../collector/notify/link-party.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { AlertPipeline } from '../../../collector/notify/pipeline.ts';
import { findAlertLink, LINK_MS, purgeAlertLinks, useAlertLink } from '../../../collector/state/alert-links.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { agreementBody, movedBody, openBody, resolvedBody } from './channels/messages.ts';
import { change, deps, directory, RecordingChannel, responsibility, silent, T0, testState } from './fixtures.ts';

const SCHOOL = parseSchool(
  `
school: lincoln
tz: America/New_York
parties:
  internal: { contacts: [it.kim], coverage: always }
  provider: { contacts: [cts.oncall, it.kim], coverage: always }
safety_net: [principal.ng, cts.noc]
base: { owner: internal }
`,
  'school.yaml',
);

let clock: FakeClock;
let db: StateDb;
let links: AlertLinks;
const make = (publicUrl: string | undefined = 'https://w.example/', of: StateDb = db) =>
  new AlertLinks({
    db: of,
    clock,
    log: silent,
    randomBytes,
    school: (id) => (id === 'lincoln' ? SCHOOL : undefined),
    publicUrl,
  });

beforeEach(async () => {
  clock = new FakeClock(T0);
  db = await testState(clock);
  links = make();
});
afterEach(() => db.destroy());

const of = (contact = 'cts.oncall', alertId = 'a') => ({ school: 'lincoln', alertId, contact });
const tokenOf = (url: string | undefined): string => url!.slice('https://w.example/a/'.length);

it('is the same for another channel, a retry, the next rung; another for another alert, contact, or an hour later', async () => {
  const first = await links.urlFor(of());
  expect(await links.urlFor(of())).toBe(first);
  const others = [await links.urlFor(of('it.kim')), await links.urlFor(of('cts.oncall', 'b'))];
  await clock.advance(3_600_000);
  const all = [first, ...others, await links.urlFor(of())];
  expect(new Set(all).size).toBe(4);
});

it('is a new one once it was used: the ladder began anew', async () => {
  const first = await links.urlFor(of());
  const link = await findAlertLink(db, tokenOf(first));
  expect(await useAlertLink(db, link!.hash, 'ack', clock.now())).toBe(true);
  expect(await useAlertLink(db, link!.hash, 'claim', clock.now())).toBe(false);
  expect(await links.urlFor(of())).not.toBe(first);
});

it('there is none without public_url, for another school, for somebody the school does not have', async () => {
  expect(await make(undefined, db).urlFor(of())).toBeDefined();
  const without = new AlertLinks({ db, clock, log: silent, randomBytes, school: () => SCHOOL, publicUrl: undefined });
  expect(await without.urlFor(of())).toBeUndefined();
  expect(await links.urlFor({ ...of(), school: 'other' })).toBeUndefined();
  expect(await links.urlFor(of('stranger'))).toBeUndefined();
});

it('is for the party they are told for, else one that lists them, else the own people', () => {
  expect(partyOfContact(SCHOOL, 'it.kim', 'provider')).toBe('provider');
  expect(partyOfContact(SCHOOL, 'it.kim')).toBe('internal');
  expect(partyOfContact(SCHOOL, 'cts.oncall', 'safety_net')).toBe('provider');
  expect(partyOfContact(SCHOOL, 'principal.ng', 'safety_net')).toBe('internal');
  expect(partyOfContact(SCHOOL, 'stranger', 'provider')).toBeUndefined();
});

it('links that ran out are deleted in time', async () => {
  const token = tokenOf(await links.urlFor(of()));
  await purgeAlertLinks(db, T0 + LINK_MS);
  expect(await findAlertLink(db, token)).toBeDefined();
  await purgeAlertLinks(db, T0 + LINK_MS + 1);
  expect(await findAlertLink(db, token)).toBeUndefined();
});

it('stands in what says that an alert is open, for each of several, and in nothing else', async () => {
  const got: string[] = [];
  const channel = (type: string) =>
    withAlertLinks(
      {
        type,
        ...{ timeoutMs: 7 },
        deliver: async ({ body }) => {
          got.push(body);
          return { ok: true };
        },
      },
      links,
    );
  const endpoint = { type: 'slack', id: 'slack', address: 'x', secrets: [] };
  const send = (body: string, type = 'slack') =>
    channel(type).deliver({ id: 'm', body, endpoint }, new AbortController().signal);
  await send(openBody());
  const sent = JSON.parse(got[0]!);
  expect(sent.data.ack_url).toMatch(/^https:\/\/w\.example\/a\/.{43}$/);
  expect({ ...sent, data: { ...sent.data, ack_url: undefined } }).toEqual({
    ...JSON.parse(openBody()),
    data: { ...JSON.parse(openBody()).data, ack_url: undefined },
  });
  const each = (id: string) => ({
    reference: id,
    alert: { id, school: 'lincoln' },
    responsibility: { contact: 'it.kim' },
  });
  const several = { type: 'alerts.open', data: { text: 'two', alerts: [each('a'), each('b')] } };
  await send(JSON.stringify(several));
  const urls = JSON.parse(got[1]!).data.alerts.map((alert: { ack_url: string }) => alert.ack_url);
  expect(new Set(urls).size).toBe(2);
  for (const body of [resolvedBody(), movedBody(), agreementBody(), '', 'null', '[]', '{"type":"alert.open"}']) {
    await send(body);
    expect(got.at(-1)).toBe(body);
  }
  // What else a channel says of itself is still said.
  expect(channel('slack')).toMatchObject({ type: 'slack', timeoutMs: 7 });
  await send(openBody(), 'alertmanager');
  expect(got.at(-1)).toBe(openBody());
});

it('a page goes out without a link when none can be made', async () => {
  const broken = await testState(clock);
  await broken.destroy();
  expect(await make('https://w.example', broken).urlFor(of())).toBeUndefined();
});

it('is in what is delivered, and not in what the outbox stores', async () => {
  const phones = new RecordingChannel(clock);
  const bodies: string[] = [];
  phones.reply = ({ body }) => {
    bodies.push(body);
    return { ok: true };
  };
  const basic = { db, directory: directory(), ...deps(clock) };
  const outbox = new Outbox({ ...basic, channels: channelRegistry([withAlertLinks(phones, links)]) });
  const pipeline = new AlertPipeline({ ...basic, responsibility: responsibility(), outbox });
  const stop = new AbortController();
  const running = outbox.run(stop.signal);
  await pipeline.apply([change('opened')]);
  await clock.advance(0);
  const [body] = bodies;
  expect(JSON.parse(body!).data.ack_url).toMatch(/\/a\//);
  const rows = await db.selectFrom('outbox').select('body').execute();
  expect(rows.length).toBeGreaterThan(1);
  for (const row of rows) expect(row.body).not.toContain('/a/');
  stop.abort();
  await clock.advance(10_000);
  await running;
});
