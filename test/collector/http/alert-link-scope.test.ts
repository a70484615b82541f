import { randomBytes } from 'node:crypto';
import type { RouteOptions } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { alertLinkRoutes } from '../../../collector/http/alert-link.ts';
import { alertmanagerRoutes } from '../../../collector/http/alertmanager.ts';
import { alertRoutes } from '../../../collector/http/alerts.ts';
import { calendarRoutes } from '../../../collector/http/calendars.ts';
import { consoleRoutes } from '../../../collector/http/console.ts';
import { engagementRoutes } from '../../../collector/http/engagements.ts';
import { handoverRoutes } from '../../../collector/http/handovers.ts';
import { AlertLinks } from '../../../collector/notify/alert-links.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import { silent } from '../notify/fixtures.ts';
import { Story } from '../notify/responsibility-story.ts';
import { type TestServer, testServer } from './test-server.ts';

const SCHOOL = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
`;

/** What is for anybody, and says nothing of a school: whether it works, the page without its data, the doors themselves. */
const OPEN = /^\/$|^\/(livez|readyz|health|ping|login|logout|query|api\/openapi\.json)$|^\/assets\/|^\/ics\/|^\/a\//;

let story: Story;
let server: TestServer;
let token: string;
const routes: { readonly method: string; readonly url: string }[] = [];

beforeEach(async () => {
  routes.length = 0;
  story = await Story.begin(SCHOOL, '2026-02-02T10:30:00-06:00');
  const { db, router, actions, clock, ritual } = story;
  const record = (): void => {};
  // Nobody gets as far as what is not there.
  const nothing = {} as never;
  const schools = () => [...router.schools.values()];
  server = await testServer({
    db,
    clock,
    routes: [
      consoleRoutes({ db, store: nothing, schools, clock }),
      alertRoutes({ db, router, actions, clock, record }),
      alertLinkRoutes({ db, router, directory: story.parts.directory, actions, clock, record, publicUrl: undefined }),
      engagementRoutes({ book: nothing, lint: nothing, onChange: nothing }),
      calendarRoutes({ db, clock, randomBytes, schools, calendars: nothing, spans: nothing, publicUrl: undefined }),
      handoverRoutes({ ritual, router }),
      alertmanagerRoutes({ tokens: new TokenVerifier(db, clock), import: nothing }),
    ],
  });
  server.app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  const school = (id: string) => router.school(id);
  const links = new AlertLinks({ db, clock, log: silent, randomBytes, school, publicUrl: 'https://w.example' });
  await story.open('a');
  await story.open('b');
  token = (await links.urlFor({ school: 'hilltop', alertId: 'a', contact: 'kim' }))!.split('/a/')[1]!;
  await server.app.ready();
});
afterEach(async () => {
  await server.app.close();
  await story.end();
});

it('a link opens its alert and nothing else: no route takes it for a login', async () => {
  const guarded = routes.filter(({ url }) => !OPEN.test(url));
  // Every route there is, read from the server itself.
  for (const known of [
    '/api/overview',
    '/api/schools/:school/alerts/:id/actions',
    '/api/v2/write',
    '/ingest/alertmanager',
    '/metrics',
  ])
    expect(guarded.map(({ url }) => url)).toContain(known);
  expect(guarded.length).toBeGreaterThan(25);
  const ways: Record<string, string>[] = [
    { authorization: `Bearer ${token}` },
    { authorization: `Token ${token}` },
    { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` },
    { cookie: `bellwether_session=${token}` },
  ];
  for (const { method, url } of guarded)
    for (const headers of ways) {
      const path = url.replaceAll(':school', 'hilltop').replaceAll(/:[a-z]+/g, 'b');
      const reply = await server.app.inject({
        method: method as 'GET',
        url: `${path}?p=${token}`,
        headers,
        // From afar: the collector's own machine may read its metrics.
        remoteAddress: '203.0.113.9',
        ...(method !== 'GET' && method !== 'HEAD' && { payload: { action: 'ack', party: 'internal', by: 'kim' } }),
      });
      expect(reply.statusCode, `${method} ${url} ${Object.keys(headers)}`).toBe(401);
    }
  const login = await server.app.inject({ method: 'POST', url: '/login', payload: { token } });
  expect(login.statusCode).toBe(401);
  expect((await server.app.inject({ url: `/ics/${token}.ics` })).statusCode).toBe(404);
  for (const id of ['a', 'b']) expect((await story.alert(id))!.ackedBy).toBeNull();
});

it('and what opens everything else is no link', async () => {
  for (const other of [server.north, 'b', 'a'.repeat(43)])
    expect(
      (await server.app.inject({ method: 'POST', url: `/a/${other}`, payload: { action: 'ack' } })).statusCode,
    ).toBe(404);
});
