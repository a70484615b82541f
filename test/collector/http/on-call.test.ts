import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { onCallRoutes } from '../../../collector/http/on-call.ts';
import { Pager } from '../../../collector/notify/pager.ts';
import { Router } from '../../../collector/notify/router.ts';
import { SafetyNetTest } from '../../../collector/notify/safety-net-test.ts';
import { schoolDirectory } from '../../../collector/notify/school-directory.ts';
import { messagesOf } from '../../../collector/state/outbox.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { OnCallList, SafetyNetReport } from '../../../core/on-call-api.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { deps } from '../notify/fixtures.ts';
import { memoryState } from '../state/state.ts';
import { type TestServer, testServer } from './test-server.ts';

const SCHOOL = `
school: north
tz: America/New_York
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon], from: "07:00", to: "08:00" } }] }
  provider:
    name: Coastal Tech
    contacts: [ada, ben]
    coverage: always
    absences: [{ who: ben, from: 2026-10-06, to: 2026-10-07 }]
    on_call: { rotation: { contacts: [ada, ben], start: 2026-08-31, handover: "Mon 08:00" } }
contacts:
  kim: { name: Kim Lee, channels: [{ type: ntfy, url: "https://ntfy.example.org/kim" }] }
  ada: { name: Ada Okafor, channels: [{ type: email, to: ada@example.org }, { type: ntfy, url: "https://ntfy.example.org/ada" }] }
  ben: { channels: [{ type: ntfy, url: "https://ntfy.example.org/ben" }] }
safety_net: [kim, ada]
base: { owner: internal }
`;

let server: TestServer;
let headers: Record<string, string>;
let clock: FakeClock;

beforeEach(async () => {
  // Tuesday, 6 October 2026, 12:00 in New York: Ben's week.
  clock = new FakeClock(Date.UTC(2026, 9, 6, 16));
  const db = await memoryState(clock);
  const router = new Router();
  router.use([parseSchool(SCHOOL, 'north.yaml')]);
  const directory = schoolDirectory(() => router.schools);
  const basic = { db, router, directory, ...deps(clock) };
  const safetyNet = new SafetyNetTest({
    ...basic,
    pager: new Pager(basic),
    outbox: { notify() {} },
    observe: async () => {},
  });
  server = await testServer({ clock, db, routes: [onCallRoutes({ router, safetyNet, clock })] });
  headers = { authorization: `Bearer ${await createAdminToken(db, randomBytes)}` };
});
afterEach(() => server.close());

const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
  server.app.inject({ method, url: `/api/schools/${url}`, headers, ...(payload && { payload }) });

describe('who is on call', () => {
  it('of each party, with who stands in, who comes next and what is wrong', async () => {
    const { parties } = (await ask('GET', 'north/on-call')).json<OnCallList>();
    expect(parties).toEqual([
      {
        party: 'internal',
        name: "the school's own IT",
        turns: false,
        covered: false,
        now: { contact: 'kim', name: 'Kim Lee' },
        standsInFor: null,
        by: 'first',
        next: null,
        problems: [],
      },
      {
        party: 'provider',
        name: 'Coastal Tech',
        turns: true,
        covered: true,
        now: { contact: 'ada', name: 'Ada Okafor' },
        standsInFor: { contact: 'ben', name: 'ben' },
        by: 'rotation',
        next: { contact: 'ben', name: 'ben', at: Date.UTC(2026, 9, 19, 12) },
        problems: [
          {
            kind: 'absent',
            start: clock.now(),
            end: Date.UTC(2026, 9, 7, 4),
            text: 'ben is absent (ada stands in)',
          },
        ],
      },
    ]);
  });

  it('needs a login, and a school that there is', async () => {
    expect((await server.app.inject({ url: '/api/schools/north/on-call' })).statusCode).toBe(401);
    expect((await server.app.inject({ url: '/api/schools/north/safety-net' })).statusCode).toBe(401);
    for (const path of ['on-call', 'safety-net']) expect((await ask('GET', `south/${path}`)).statusCode).toBe(404);
    expect((await ask('POST', 'south/safety-net/test', { by: 'Kim' })).statusCode).toBe(404);
  });
});

describe('the safety net', () => {
  it('is tested when somebody asks for it, once in ten minutes, and tells what is under way', async () => {
    const before = (await ask('GET', 'north/safety-net')).json<SafetyNetReport>();
    expect(before).toMatchObject({ school: 'north', tests: [], next: Date.UTC(2026, 9, 7, 14) });
    expect(before.contacts).toEqual([
      { contact: 'kim', name: 'Kim Lee', channels: ['ntfy'] },
      { contact: 'ada', name: 'Ada Okafor', channels: ['email', 'ntfy'] },
    ]);
    expect((await ask('POST', 'north/safety-net/test', {})).statusCode).toBe(400);
    const asked = await ask('POST', 'north/safety-net/test', { by: 'Kim' });
    expect(asked.statusCode).toBe(202);
    const [test] = asked.json<SafetyNetReport>().tests;
    expect(test).toMatchObject({ actor: 'Kim', beganAt: clock.now() });
    expect(test!.results.map(({ name, channel, result }) => [name, channel, result])).toEqual([
      ['Ada Okafor', 'email', 'waiting'],
      ['Ada Okafor', 'ntfy', 'waiting'],
      ['Kim Lee', 'ntfy', 'waiting'],
    ]);
    const rows = await messagesOf(server.db, `safety-net north ${test!.round}`);
    expect(rows.map(({ kind, party, contact, channel }) => [kind, party, contact, channel]).sort()).toEqual([
      ['note', 'safety_net', 'ada', 'email'],
      ['note', 'safety_net', 'ada', 'ntfy'],
      ['note', 'safety_net', 'kim', 'ntfy'],
    ]);
    expect((await ask('POST', 'north/safety-net/test', { by: 'Kim' })).statusCode).toBe(409);
    await clock.advance(10 * 60_000);
    expect((await ask('POST', 'north/safety-net/test', { by: 'Kim' })).statusCode).toBe(202);
  });
});
