import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { alertRoutes } from '../../../collector/http/alerts.ts';
import { handoverRoutes } from '../../../collector/http/handovers.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import type { AlertDetail } from '../../../core/page-api.ts';
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
engagements:
  - id: wifi
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    sla: { ack: 15m, resolve: 4h }
    grants: [{ owner: provider, scope: { domain: wireless }, when: { from: 2026-02-02T11:00, to: 2026-02-05 } }]
`;
const MINUTE = 60_000;

let story: Story;
let server: TestServer;
let token: string;
const recorded: unknown[] = [];

beforeEach(async () => {
  story = await Story.begin(SCHOOL, '2026-02-02T10:30:00-06:00');
  const { db, router, actions, clock, ritual } = story;
  const record = (samples: readonly unknown[]): void => void recorded.push(...samples);
  const routes = [alertRoutes({ db, router, actions, clock, record }), handoverRoutes({ ritual, router })];
  server = await testServer({ db, clock, routes });
  token = (await createAdminToken(db, randomBytes))!;
});
afterEach(async () => {
  recorded.length = 0;
  await server.app.close();
  await story.end();
});

async function ask(method: 'GET' | 'POST', path: string, payload?: object, authorization = `Bearer ${token}`) {
  const url = `/api/schools/${path}`;
  const reply = await server.app.inject({ method, url, headers: { authorization }, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}
const act = (payload: object) => ask('POST', 'hilltop/alerts/a/actions', payload);

it('needs a login, and knows no alert of another school', async () => {
  await story.open('a', { domain: 'wireless' });
  for (const [method, path] of [
    ['GET', 'hilltop/alerts/a'],
    ['POST', 'hilltop/alerts/a/actions'],
    ['POST', 'hilltop/explain'],
    ['GET', 'hilltop/handovers'],
    ['POST', 'hilltop/handovers/x/accept'],
  ] as const) {
    expect((await ask(method, path, method === 'POST' ? {} : undefined, 'Bearer wrong')).status, path).toBe(401);
    const elsewhere = path.replace('hilltop', 'valley');
    const payload = { action: 'resume', party: 'internal', by: 'kim' };
    expect((await ask(method, elsewhere, method === 'POST' ? payload : undefined)).status, elsewhere).toBe(404);
  }
});

it('tells an alert whole: who owned it when by which clocks, what happened, who would get it now', async () => {
  await story.pass(15 * MINUTE);
  await story.open('a', { domain: 'wireless' });
  await story.pass(16 * MINUTE);
  expect((await act({ action: 'ack', party: 'provider', by: 'Noa' })).status).toBe(200);
  await story.pass(10 * MINUTE);
  const { status, body } = await ask('GET', 'hilltop/alerts/a');
  const detail = body as AlertDetail;
  expect(status).toBe(200);
  expect(detail.alert).toMatchObject({ owner: 'provider', ackedBy: 'provider', why: 'wifi#0' });
  expect(detail.timeline.map(({ type }) => type).filter((type) => type !== 'notified')).toEqual([
    'opened',
    'owner_changed',
    'acked',
  ]);
  expect(detail.intervals).toMatchObject([
    { party: 'internal', why: 'base', ack: { state: 'stopped', targetMs: null } },
    {
      party: 'provider',
      ack: { state: 'met', targetMs: 15 * MINUTE },
      resolve: { state: 'running', targetMs: 240 * MINUTE },
    },
  ]);
  expect(detail.explanation).toMatchObject({ owner: 'provider', why: 'wifi#0', next_change: { why: 'base' } });
  expect(recorded).toHaveLength(1);
});

it('refuses what cannot be done in words, and what is no action at all', async () => {
  await story.open('a', { domain: 'switching' });
  expect(await act({ action: 'decline', party: 'provider', by: 'Noa', reason: 'no_access' })).toEqual({
    status: 409,
    body: { error: 'only internal can decline it: it is theirs' },
  });
  expect((await act({ action: 'decline', party: 'internal', by: 'kim', reason: 'because' })).body).toEqual({
    error: expect.stringContaining('reason: Invalid option'),
  });
  expect((await act({ action: 'note', party: 'internal', by: 'kim' })).status).toBe(400);
  expect((await act({ action: 'delete', party: 'internal', by: 'kim' })).status).toBe(400);
  expect((await story.alert('a'))!.ackedBy).toBeNull();
});

it('answers who would get an alert at a time', async () => {
  const alert = { domain: 'wireless', severity: 'critical' };
  const { body } = await ask('POST', 'hilltop/explain', { alert, at: '2026-02-03T12:00:00-06:00' });
  expect(body).toMatchObject({
    owner: 'provider',
    why: 'wifi#0',
    at: '2026-02-03T18:00:00.000Z',
    config_version: expect.any(String),
  });
  expect((await ask('POST', 'hilltop/explain', { alert })).body).toMatchObject({ owner: 'internal', why: 'base' });
  expect((await ask('POST', 'hilltop/explain', { alert: {}, at: 'soon' })).status).toBe(400);
});

it('lists the boundaries ahead, and takes an acceptance', async () => {
  const { body } = await ask('GET', 'hilltop/handovers');
  const id = 'wifi#0@2026-02-02T17:00:00.000Z';
  expect((body as { handovers: unknown[] }).handovers[0]).toMatchObject({
    id,
    from: 'internal',
    to: 'provider',
    accepted: false,
  });
  const accept = (party: string) =>
    ask('POST', `hilltop/handovers/${encodeURIComponent(id)}/accept`, { party, by: 'Noa' });
  expect((await accept('internal')).status).toBe(409);
  expect((await accept('provider')).status).toBe(204);
});

it('tells what each party owed in a month, and how it was kept', async () => {
  await story.pass(35 * MINUTE);
  await story.open('a', { domain: 'wireless' });
  await story.pass(16 * MINUTE);
  await act({ action: 'ack', party: 'provider', by: 'Noa' });
  await act({ action: 'pause', party: 'provider', by: 'Noa', reason: 'waiting for a part' });
  const { body } = await ask('GET', 'hilltop/sla?month=2026-02');
  expect(body).toMatchObject({
    school: 'hilltop',
    parties: [
      {
        party: 'provider',
        alerts: 1,
        timeToAck: { medianMs: 16 * MINUTE },
        kept: { ack: { met: 0, breached: 1 } },
        breaches: [{ alertId: 'a', clock: 'ack' }],
        pauses: [{ alertId: 'a', reason: 'waiting for a part', to: null }],
      },
    ],
  });
  expect((await ask('GET', 'hilltop/sla?month=2026-01')).body).toMatchObject({ parties: [] });
  expect((await ask('GET', 'hilltop/sla?month=soon')).status).toBe(400);
  expect((await ask('GET', 'valley/sla?month=2026-01')).status).toBe(404);
});
