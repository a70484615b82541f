import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Confirmation } from '../../../collector/calendar/calendar-service.ts';
import { readCalendar } from '../../../collector/engagement/calendar/ical.ts';
import type { ResponsibilitySpan } from '../../../collector/engagement/calendar/ical-publish.ts';
import type { School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { calendarRoutes } from '../../../collector/http/calendars.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { CalendarList, IcsLinkCreated, IcsLinkList } from '../../../core/calendar-api.ts';
import { type TestServer, testServer } from './test-server.ts';

const DAY = 86_400_000;
const schoolNamed = (name: string): School =>
  parseSchool(
    `
school: ${name}
tz: America/New_York
parties: { internal: {}, provider: { name: Coastal Tech } }
safety_net: [kim]
base: { owner: internal }
calendars: { district: { file: district.ics } }
`,
    `/config/${name}.yaml`,
  );

const view: CalendarList['calendars'][number] = {
  calendar: 'district',
  status: 'ok',
  source: 'district.ics',
  fetchedAt: 1,
  checkedAt: 1,
  failedSince: null,
  error: null,
  contents: { categories: [], unmapped: [], unmappedCount: 0, problems: [] },
  pending: null,
};

let server: TestServer;
let cookie: string;
let schools: School[];
let confirmation: Confirmation;
let confirmed: (string | undefined)[][];
let asked: { school: string; from: number; days: number }[];

beforeEach(async () => {
  schools = [schoolNamed('north'), schoolNamed('south')];
  confirmation = 'confirmed';
  confirmed = [];
  asked = [];
  const spans = (school: School, from: number, days: number): ResponsibilitySpan[] => {
    asked.push({ school: school.school, from, days });
    const span = { why: 'as agreed', domains: ['wireless'] };
    return [
      { ...span, owner: 'internal', start: from, end: from + 10 * DAY },
      { ...span, owner: 'provider', ownerName: 'Coastal Tech', start: from + 10 * DAY, end: from + 20 * DAY },
    ];
  };
  let routes: Parameters<typeof calendarRoutes>[0] | undefined;
  server = await testServer({ routes: [async (app) => void (await app.register(calendarRoutes(routes!)))] });
  routes = {
    db: server.db,
    clock: server.clock,
    randomBytes,
    schools: () => schools,
    calendars: {
      list: () => [view],
      confirm: async (...args) => {
        confirmed.push(args);
        return confirmation;
      },
    },
    spans,
    publicUrl: 'https://bellwether.example.org/',
  };
  const token = await createAdminToken(server.db, randomBytes);
  const reply = await server.app.inject({ method: 'POST', url: '/login', payload: { token } });
  cookie = String(reply.headers['set-cookie']).split(';')[0]!;
});
afterEach(() => server.close());

type Method = 'GET' | 'POST' | 'DELETE';
const ask = (method: Method, url: string, payload?: object, headers: Record<string, string> = { cookie }) =>
  server.app.inject({ method, url, headers, ...(payload && { payload }) });

async function link(party?: string): Promise<{ id: string; path: string }> {
  const reply = await ask('POST', '/api/schools/north/ics-links', party === undefined ? {} : { party });
  expect(reply.statusCode).toBe(201);
  const { id, url } = reply.json<IcsLinkCreated>();
  expect(url).toMatch(/^https:\/\/bellwether\.example\.org\/ics\/bwc_[A-Za-z0-9_-]{43}\.ics$/);
  return { id, path: new URL(url).pathname };
}

const ROUTES: [Method, string][] = [
  ['GET', '/api/schools/north/calendars'],
  ['POST', '/api/schools/north/calendars/district/confirm'],
  ['GET', '/api/schools/north/ics-links'],
  ['POST', '/api/schools/north/ics-links'],
  ['DELETE', '/api/schools/north/ics-links/0123'],
];

describe('who may', () => {
  it.each(ROUTES)('%s %s needs a session, and a school that is there', async (method, url) => {
    expect((await ask(method, url, undefined, {})).statusCode).toBe(401);
    expect((await ask(method, url.replace('north', 'nowhere'))).statusCode).toBe(404);
  });

  it('changes do not come from pages of others', async () => {
    const headers = { cookie, origin: 'https://evil.example' };
    for (const [method, url] of ROUTES.filter(([m]) => m !== 'GET'))
      expect((await ask(method, url, undefined, headers)).statusCode).toBe(403);
  });
});

describe('calendars', () => {
  it('are listed', async () => {
    const reply = await ask('GET', '/api/schools/north/calendars');
    expect(reply.json()).toEqual({ school: 'north', tz: 'America/New_York', calendars: [view] });
    expect(reply.headers['bellwether-now']).toBe(String(server.clock.now()));
  });

  it('are confirmed, the copy that was seen', async () => {
    const url = '/api/schools/north/calendars/district/confirm';
    expect((await ask('POST', url, { pending: 'abc' })).statusCode).toBe(204);
    expect((await ask('POST', url)).statusCode).toBe(204);
    expect(confirmed).toEqual([
      ['north', 'district', 'abc'],
      ['north', 'district', undefined],
    ]);
    expect((await ask('POST', url, { pending: 3 })).statusCode).toBe(400);
    expect((await ask('POST', url.replace('district', 'other'))).statusCode).toBe(404);
    for (const other of ['nothing_pending', 'another_pending'] as const) {
      confirmation = other;
      expect((await ask('POST', url)).statusCode).toBe(409);
    }
  });
});

describe('links', () => {
  it('are made for a party or all, listed without their tokens, and revoked', async () => {
    const all = await link();
    await server.clock.advance(1000);
    const provider = await link('provider');
    const { links } = (await ask('GET', '/api/schools/north/ics-links')).json<IcsLinkList>();
    const now = server.clock.now();
    expect(links).toEqual([
      { id: all.id, party: null, createdAt: now - 1000, revokedAt: null },
      { id: provider.id, party: 'provider', createdAt: now, revokedAt: null },
    ]);
    expect((await ask('GET', '/api/schools/south/ics-links')).json()).toEqual({ links: [] });
    expect((await ask('DELETE', `/api/schools/south/ics-links/${all.id}`)).statusCode).toBe(404);
    expect((await ask('DELETE', `/api/schools/north/ics-links/${all.id}`)).statusCode).toBe(204);
    expect((await ask('DELETE', `/api/schools/north/ics-links/${all.id}`)).statusCode).toBe(404);
    expect((await server.app.inject(all.path)).statusCode).toBe(404);
    expect((await server.app.inject(provider.path)).statusCode).toBe(200);
  });

  it.each([[{ party: 'nobody' }], [{ party: 3 }], [{ who: 'provider' }]])('%j is refused', async (body) => {
    const reply = await ask('POST', '/api/schools/north/ics-links', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json<{ error: string }>().error).toContain('internal, provider');
  });

  it('only the hash of a token is kept', async () => {
    const { path } = await link();
    const rows = JSON.stringify(await server.db.selectFrom('ics_link').selectAll().execute());
    expect(rows).not.toContain(path.slice('/ics/bwc_'.length, -4));
  });
});

describe('what is published', () => {
  const FROM = Date.UTC(2026, 8, 28, 4);

  it('is a calendar from a week ago on, without a login', async () => {
    const { path } = await link();
    const reply = await server.app.inject(path);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/calendar; charset=utf-8',
      'cache-control': 'private, max-age=300',
      'content-disposition': 'inline; filename="north.ics"',
    });
    expect(asked).toEqual([{ school: 'north', from: FROM, days: 407 }]);
    const read = { zone: 'America/New_York', map: [], from: FROM, until: FROM + 400 * DAY };
    expect(readCalendar(reply.body, read).events.map(({ start, end }) => [start, end])).toEqual([
      [FROM, FROM + 10 * DAY],
      [FROM + 10 * DAY, FROM + 20 * DAY],
    ]);
  });

  it('holds for a link of one party only what that one answers for', async () => {
    const { path } = await link('provider');
    const { body } = await server.app.inject(path);
    expect(body).toContain('SUMMARY:Coastal Tech answers for');
    expect(body).toContain('X-WR-CALNAME:north: when Coastal Tech answers');
    expect(body).not.toContain('internal');
  });

  it('is worked out once a minute at most, and is the same all day to who has it', async () => {
    const { path } = await link();
    const first = await server.app.inject(path);
    await server.app.inject(path);
    expect(asked).toHaveLength(1);
    await server.clock.advance(61_000);
    const again = await server.app.inject({ url: path, headers: { 'if-none-match': String(first.headers['etag']) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect(asked).toHaveLength(2);
  });

  it('ends with the school, and with the party', async () => {
    const { path } = await link('provider');
    schools = [{ ...schools[0]!, parties: new Map() }];
    expect((await server.app.inject(path)).statusCode).toBe(404);
    schools = [];
    expect((await server.app.inject(path)).statusCode).toBe(404);
  });

  it.each(['/ics/x.ics', '/ics/bwc_x.ics', '/ics/.ics', `/ics/bwc_${'x'.repeat(43)}.ics`])(
    '%s is not found',
    async (url) => {
      expect((await server.app.inject(url)).statusCode).toBe(404);
    },
  );

  it('tokens cannot be tried without end, and do not reach the log', async () => {
    const { path } = await link();
    const replies = [];
    for (let i = 0; i < 62; i++) replies.push((await server.app.inject(path)).statusCode);
    expect([replies[0], replies.at(-1)]).toEqual([200, 429]);
    expect(server.logged.join()).not.toContain('bwc_');
  });
});
