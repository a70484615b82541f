import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { endpointRoutes } from '../../../collector/http/endpoints.ts';
import { EndpointWatch } from '../../../collector/notify/endpoint-watch.ts';
import { schoolDirectory } from '../../../collector/notify/school-directory.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { EndpointList } from '../../../core/endpoint-api.ts';
import { deps } from '../notify/fixtures.ts';
import { type TestServer, testServer } from './test-server.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const NORTH = parseSchool(
  `
school: north
tz: America/New_York
parties: { internal: { contacts: [kim] }, provider: {} }
contacts:
  kim:
    name: Kim Lee
    channels:
      - { type: webhook, url: "https://hooks.example.org/very-secret-path", secret: "${SECRET}" }
      - { type: twilio, account_sid: AC0123456789abcdef0123456789abcdef, auth_token: 00112233445566778899aabbccddeeff, from: "+15551230100", to: "+15551230199" }
  lee: { channels: [{ type: ntfy, url: "https://ntfy.example.org/very-secret-topic" }] }
safety_net: [kim, lee]
base: { owner: internal }
`,
  '/config/north.yaml',
);

let server: TestServer;
let token: string;
let woken: number;

beforeEach(async () => {
  woken = 0;
  const schools = new Map([['north', NORTH]]);
  const router = { school: (id: string) => schools.get(id) };
  let endpoints: EndpointWatch;
  server = await testServer({
    routes: [async (app) => void (await app.register(endpointRoutes({ endpoints: endpoints!, router })))],
  });
  endpoints = new EndpointWatch({
    ...deps(server.clock),
    db: server.db,
    schools: () => schools,
    directory: schoolDirectory(() => schools),
    outbox: { notify: () => void woken++ },
    newId: () => 'once',
    observe: async () => {},
  });
  token = (await createAdminToken(server.db, randomBytes))!;
});
afterEach(() => server.close());

const call = (url: string, body?: object, as = token) =>
  server.app.inject({
    method: body ? 'POST' : 'GET',
    url: `/api/schools/${url}`,
    headers: { authorization: `Bearer ${as}` },
    ...(body && { payload: body }),
  });

it('lists every channel of every contact; no address and no secret', async () => {
  const reply = await call('north/endpoints');
  const { endpoints } = reply.json<EndpointList>();
  expect(endpoints.map(({ contact, name, channel, host, state }) => [contact, name, channel, host, state])).toEqual([
    ['kim', 'Kim Lee', 'webhook', 'hooks.example.org', 'ok'],
    ['kim', 'Kim Lee', 'twilio', 'api.twilio.com', 'ok'],
    ['lee', 'lee', 'ntfy', 'ntfy.example.org', 'ok'],
  ]);
  expect(reply.body).not.toMatch(/secret|whsec|0199|AC0123|0011/);
  expect(reply.headers['cache-control']).toBe('private, no-store');
});

it('a test waits for its outcome, and says who asked', async () => {
  const reply = call('north/endpoints/kim/webhook/test', { by: 'Kim' });
  for (let i = 0; i < 250 && woken === 0; i++) await server.clock.advance(0);
  await server.clock.advance(21_000);
  expect((await reply).json()).toEqual({ reference: expect.stringMatching(/^msg_/), result: 'waiting', error: null });
  const [row] = await server.db.selectFrom('outbox').selectAll().execute();
  expect(row).toMatchObject({ school: 'north', contact: 'kim', channel: 'webhook', kind: 'note' });
  expect(row!.body).toContain('by Kim');
});

it.each([
  ['south/endpoints', undefined, 404],
  ['south/endpoints/kim/webhook/test', { by: 'Kim' }, 404],
  ['north/endpoints/nobody/webhook/test', { by: 'Kim' }, 404],
  ['north/endpoints/kim/slack/test', { by: 'Kim' }, 404],
  ['north/endpoints/kim/webhook/test', {}, 400],
  ['north/endpoints/kim/webhook/test', { by: 'Kim', url: 'https://elsewhere.example' }, 400],
])('%s %j: %i', async (url, body, status) => expect((await call(url, body)).statusCode).toBe(status));

it('nothing without a login', async () => {
  expect((await call('north/endpoints', undefined, 'wrong')).statusCode).toBe(401);
  expect((await call('north/endpoints/kim/webhook/test', { by: 'Kim' }, 'wrong')).statusCode).toBe(401);
  expect(woken).toBe(0);
});
