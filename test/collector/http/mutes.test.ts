import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { muteRoutes } from '../../../collector/http/mutes.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { MuteView, SuppressedList } from '../../../core/suppression-api.ts';
import { Collector, MINUTE, SCHOOL, Site, START } from '../notify/storm.ts';
import { type TestServer, testServer } from './test-server.ts';

const HOUR = 60 * MINUTE;

let collector: Collector;
let server: TestServer;
let token: string;
let ids = 0;

beforeEach(async () => {
  collector = await Collector.begin(`${SCHOOL}calendars: { district: [] }\nmax_maintenance: 10h\n`);
  const { db, router, clock } = collector;
  const routes = [
    muteRoutes({
      db,
      router,
      clock,
      newId: () => `mute-${++ids}`,
      onChange: (school) => collector.suppression.stepSchool(school),
      unknownDevices: (school) => collector.suppression.unknownDevices(school),
    }),
  ];
  server = await testServer({ db, clock, routes });
  token = (await createAdminToken(db, randomBytes))!;
  ids = 0;
});
afterEach(async () => {
  await server.app.close();
  await collector.end();
});

type Method = 'GET' | 'POST' | 'DELETE';
async function ask(method: Method, path: string, payload?: object, authorization = `Bearer ${token}`) {
  const reply = await server.app.inject({
    method,
    url: `/api/schools/${path}`,
    headers: { authorization },
    ...(payload && { payload }),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

const at = (ms: number): string => new Date(START + ms).toISOString();
const window = (more: object = {}) => ({
  matchers: [{ name: 'device', value: 'core1' }],
  endsAt: at(8 * HOUR),
  comment: 'new power supply',
  party: 'internal',
  by: 'Kim Lee',
  ...more,
});

it('needs a login, and a school that is there', async () => {
  for (const [method, path] of [
    ['GET', 'maintenance'],
    ['POST', 'silences'],
    ['DELETE', 'silences/x?party=internal&by=k'],
    ['GET', 'suppressed'],
  ] as const) {
    const payload = method === 'POST' ? window() : undefined;
    expect((await ask(method, `hilltop/${path}`, payload, 'Bearer wrong')).status, path).toBe(401);
    expect((await ask(method, `valley/${path}`, payload)).status, path).toBe(404);
  }
});

it('a window is made with author and end, runs, is ended and stays as history; silences are apart from it', async () => {
  const made = await ask('POST', 'hilltop/maintenance', window());
  expect(made).toEqual({
    status: 201,
    body: {
      id: 'mute-1',
      matchers: [{ name: 'device', value: 'core1', isRegex: false, isEqual: true }],
      startsAt: at(0),
      endsAt: at(8 * HOUR),
      recurring: null,
      comment: 'new power supply',
      party: 'internal',
      createdBy: 'Kim Lee',
      createdAt: at(0),
      endedAt: null,
      endedBy: null,
      status: { state: 'active' },
    },
  });
  expect((await ask('GET', 'hilltop/silences')).body).toEqual({ school: 'hilltop', silences: [] });
  expect((await ask('DELETE', 'hilltop/silences/mute-1?party=internal&by=Kim')).status).toBe(404);
  await collector.clock.advance(HOUR);
  expect((await ask('DELETE', 'hilltop/maintenance/mute-1')).status).toBe(400);
  expect((await ask('DELETE', 'hilltop/maintenance/mute-1?party=nobody&by=Kim')).status).toBe(400);
  expect((await ask('DELETE', 'hilltop/maintenance/mute-1?party=provider&by=Noa')).status).toBe(204);
  expect((await ask('DELETE', 'hilltop/maintenance/mute-1?party=provider&by=Noa')).status).toBe(404);
  const { body } = await ask('GET', 'hilltop/maintenance');
  expect((body as { maintenance: MuteView[] }).maintenance).toMatchObject([
    { id: 'mute-1', endedAt: at(HOUR), endedBy: 'Noa', status: { state: 'expired' } },
  ]);
});

it('recurring ones: hours of the week in the zone of the school, or a calendar of it', async () => {
  const weekly = { weekly: { days: ['mon'], from: '22:00', to: '02:00' } };
  const { body } = await ask('POST', 'hilltop/maintenance', window({ recurring: weekly, endsAt: at(30 * 24 * HOUR) }));
  expect(body).toMatchObject({ recurring: weekly, status: { state: 'pending' } });
  const calendar = { calendar: 'district', category: ['NO_SCHOOL'] };
  const silence = await ask('POST', 'hilltop/silences', window({ recurring: calendar, endsAt: at(399 * 24 * HOUR) }));
  expect(silence.body).toMatchObject({ recurring: calendar, status: { state: 'pending' } });
});

describe('is refused, in words', () => {
  it.each([
    ['no end', { endsAt: undefined }, /^endsAt: expected a time with its zone/],
    ['no zone', { endsAt: '2026-10-05T18:00:00' }, /^endsAt: expected a time with its zone/],
    ['no author', { by: ' ' }, /^by: /],
    ['no reason', { comment: '' }, /^comment: /],
    ['a stranger', { party: 'them' }, /^party: expected one of internal, provider$/],
    ['an end before its begin', { startsAt: at(9 * HOUR) }, /^endsAt: expected a time after startsAt/],
    ['an end in the past', { endsAt: at(-HOUR) }, /^endsAt: expected a time after startsAt, and ahead$/],
    [
      'longer than the school allows',
      { endsAt: at(10 * HOUR + 1) },
      /^endsAt: expected at most 10 hours after startsAt$/,
    ],
    ['nothing to match', { matchers: [] }, /^matchers: /],
    ['everything', { matchers: [{ name: 'device', value: '.*', isRegex: true }] }, /would silence everything$/],
    ['all but one', { matchers: [{ name: 'device', value: 'x', isEqual: false }] }, /would silence everything$/],
    [
      'a pattern that could never end',
      { matchers: [{ name: 'device', value: '(a+)+$\\1', isRegex: true }] },
      /^matchers.0.value: not allowed/,
    ],
    ['a pattern without an end', { matchers: [{ name: 'device', value: '(a', isRegex: true }] }, /a \) missing/],
    [
      'a pattern as long as a novel',
      { matchers: [{ name: 'device', value: 'a'.repeat(500), isRegex: true }] },
      /at most 200 characters/,
    ],
    [
      'a calendar that is not there',
      { recurring: { calendar: 'x' } },
      /^recurring.calendar: expected one of district$/,
    ],
    [
      'hours that are none',
      { recurring: { weekly: { days: ['mon'], from: '9', to: '25:00' } } },
      /^recurring.weekly.from: expected a time of day/,
    ],
    ['more keys', { forever: true }, /forever/],
  ])('%s', async (_what, more, words) => {
    const { status, body } = await ask('POST', 'hilltop/maintenance', window(more));
    expect([status, (body as { error: string }).error]).toEqual([400, expect.stringMatching(words)]);
  });

  it('a silence of more than 14 days, but not of 14', async () => {
    expect((await ask('POST', 'hilltop/silences', window({ endsAt: at(14 * 24 * HOUR + 1) }))).status).toBe(400);
    expect((await ask('POST', 'hilltop/silences', window({ endsAt: at(14 * 24 * HOUR) }))).status).toBe(201);
  });
});

it('shows what nobody is told of under its cause, and puts a window in force at once', async () => {
  const device = (name: string, parent: string | undefined) => ({ name, role: 'switch', parent, phase: 0 });
  const devices = [
    device('wan', undefined),
    device('fw1', 'wan'),
    device('core1', 'fw1'),
    device('sw1', 'core1'),
    device('sw2', 'core1'),
  ];
  const outage = { device: 'core1', from: MINUTE, to: 30 * MINUTE };
  const site = new Site(collector, devices, [outage], { delay: () => 0, probes: true });
  await site.pass(0, 5 * MINUTE);
  const groups = async () => ((await ask('GET', 'hilltop/suppressed')).body as SuppressedList).groups;
  const [behind, ...others] = await groups();
  expect(others).toEqual([]);
  expect(behind).toMatchObject({
    by: 'parent',
    reason: expect.stringContaining('behind core1'),
    cause: { device: 'core1' },
  });
  expect(behind!.alerts.map((alert) => alert.device).sort()).toEqual(['sw1', 'sw2']);
  await ask('POST', 'hilltop/maintenance', window());
  const kinds = (await groups()).map(({ by, of, alerts }) => [by, of, alerts.length]);
  expect(kinds).toEqual([
    ['parent', behind!.of, 2],
    ['maintenance', 'mute-1', 1],
  ]);
  await ask('DELETE', 'hilltop/maintenance/mute-1?party=internal&by=Kim');
  expect((await groups()).map(({ by }) => by)).toEqual(['parent']);
  expect(((await ask('GET', 'hilltop/suppressed')).body as SuppressedList).unknownDevices).toEqual([]);
});
