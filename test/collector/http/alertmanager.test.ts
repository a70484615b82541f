import { afterEach, beforeEach, expect, it } from 'vitest';
import { AlertmanagerImport } from '../../../collector/alertmanager/import.ts';
import { alertmanagerSchema } from '../../../collector/alertmanager/mapping.ts';
import { alertmanagerRoutes } from '../../../collector/http/alertmanager.ts';
import { listAlerts, listEvents } from '../../../collector/state/alerts.ts';
import { TokenVerifier } from '../../../collector/state/token-verifier.ts';
import { listTokens, revokeToken } from '../../../collector/state/tokens.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { firing, notification, resolved } from '../alertmanager/notifications.ts';
import { silent } from '../notify/fixtures.ts';
import { Story } from '../notify/responsibility-story.ts';
import { type TestServer, testServer } from './test-server.ts';

const SCHOOL = `
school: north
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements:
  - id: wired
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, scope: { domain: switching } }]
`;
const HOUR = 3_600_000;

let story: Story;
let server: TestServer;
let imports: AlertmanagerImport;
const samples: unknown[] = [];
const metrics = new SelfMetrics();
/** What `pipeline.apply` does instead, once. */
let fault: (() => Promise<never>) | undefined;

beforeEach(async () => {
  samples.length = 0;
  fault = undefined;
  // 09:00 in Chicago.
  story = await Story.begin(SCHOOL, '2026-10-05T14:00:00Z');
  imports = restarted();
  await serve();
});
afterEach(async () => {
  await server.app.close();
  await story.end();
});

function restarted(): AlertmanagerImport {
  const { db, pipeline, clock } = story;
  let ids = 0;
  return new AlertmanagerImport({
    db,
    pipeline: {
      apply: (changes) => {
        const failing = fault;
        fault = undefined;
        return failing ? failing() : pipeline.apply(changes);
      },
    },
    mapping: () => alertmanagerSchema.parse({}),
    clock,
    log: silent,
    metrics,
    newId: () => `new-${clock.now()}-${++ids}`,
    record: (got) => void samples.push(...got),
  });
}

async function serve(take: AlertmanagerImport['take'] = (of, got) => imports.take(of, got), atOnce?: number) {
  const { db, clock } = story;
  const tokens = new TokenVerifier(db, clock);
  const route = alertmanagerRoutes({ tokens, import: { take }, ...(atOnce !== undefined && { atOnce }) });
  server = await testServer({ db, clock, routes: [route] });
}

async function notify(body: unknown, authorization = `Bearer ${server.north}`) {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await server.app.inject({ method: 'POST', url: '/ingest/alertmanager', headers, payload });
  await story.clock.advance(0);
  return { status: reply.statusCode, body: reply.json(), headers: reply.headers };
}
const alerts = () => listAlerts(story.db);

it('an alert comes, is told to who answers by agreement, is told again, and ends', async () => {
  const labels = { alertname: 'PortErrors', domain: 'switching', severity: 'warning', device: 'sw-1' };
  expect(await notify(notification([firing({ labels })]))).toMatchObject({
    status: 200,
    body: { opened: 1, resolved: 0, unchanged: 0 },
  });
  const [open] = await alerts();
  expect(open).toMatchObject({ state: 'open', owner: 'provider', why: 'wired#0', site: 'main', rule: 'PortErrors' });
  expect(story.told()).toEqual(['noc alert.open']);
  expect(samples).toHaveLength(1);

  // Every repeat_interval, and by another Alertmanager of a pair.
  await story.clock.advance(60_000);
  for (let i = 0; i < 3; i++)
    expect((await notify(notification([firing({ labels })]))).body).toEqual({ opened: 0, resolved: 0, unchanged: 1 });
  expect(await alerts()).toEqual([open]);

  expect(await story.act(open!.id, { action: 'ack', party: 'provider', by: 'noc' })).toBe('ok');
  const end = resolved('2026-10-05T14:00:30Z', { labels });
  expect((await notify(notification([end], { status: 'resolved' }))).body).toMatchObject({ resolved: 1 });
  await story.clock.advance(60_000);
  expect(await story.alert(open!.id)).toMatchObject({ state: 'resolved', resolvedAt: Date.UTC(2026, 9, 5, 14, 0, 30) });
  expect(story.told()).toEqual(['noc alert.open', 'noc alert.resolved']);
  expect(await story.replayed(open!.id)).toEqual(await story.alert(open!.id));
  // Told twice, and of something unknown: fine.
  const recorded = samples.length;
  expect((await notify(notification([end]))).body).toEqual({ opened: 0, resolved: 0, unchanged: 1 });
  expect(samples).toHaveLength(recorded);
});

it('fires again: a new alert', async () => {
  await notify(notification([firing()]));
  await story.clock.advance(60_000);
  await notify(notification([resolved('2026-10-05T14:00:30Z')]));
  await notify(notification([firing({ startsAt: '2026-10-05T14:00:50Z' })]));
  expect((await alerts()).map(({ state }) => state).sort()).toEqual(['open', 'resolved']);
});

it('the end of an earlier time, told late by the slower of two Alertmanagers, ends nothing', async () => {
  await story.clock.advance(120_000);
  await notify(notification([firing({ startsAt: '2026-10-05T14:01:00Z' })]));
  const late = resolved('2026-10-05T14:00:30Z', { startsAt: '2026-10-05T13:59:00Z' });
  expect((await notify(notification([late]))).body).toMatchObject({ unchanged: 1 });
  expect((await alerts())[0]!.state).toBe('open');
});

it('the token says whose it is: another site is another alert, and another school too', async () => {
  await notify(notification([firing({ labels: { alertname: 'X', school: 'south' } })]));
  await notify(notification([firing({ labels: { alertname: 'X', school: 'south' } })]), `Bearer ${server.south}`);
  expect((await alerts()).map(({ school, site }) => `${school}/${site}`).sort()).toEqual(['north/main', 'south/annex']);
  const end = notification([resolved('2026-10-05T14:00:00Z', { labels: { alertname: 'X', school: 'south' } })]);
  await notify(end);
  expect((await alerts()).filter(({ state }) => state === 'open').map(({ school }) => school)).toEqual(['south']);
});

it('no agent is thought to be there because of it', async () => {
  await notify(notification([firing()]));
  await server.agents.flush();
  expect(await server.agents.list()).toEqual([]);
});

it('needs a token: Bearer, or the password of Basic', async () => {
  const basic = (token: string) => `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
  expect((await notify(notification([firing()]), basic(server.north))).status).toBe(200);
  for (const wrong of ['', 'Bearer nonsense', basic('bw_wrong'), 'Digest x'])
    expect((await notify('not even JSON', wrong)).status, wrong).toBe(401);
  expect(await server.metric('bellwether_collector_auth_failures_total', { door: 'ingest' })).toBe(4);
});

it('what can never be taken is refused, in words; the rest of it is taken', async () => {
  expect((await notify('{')).status).toBe(400);
  expect(await notify({ version: '3', alerts: [] })).toMatchObject({
    status: 400,
    body: { error: expect.stringMatching(/^version/) },
  });
  expect((await notify(`{"version":"4","alerts":[${'"x",'.repeat(1_200_000)}"x"]}`)).status).toBe(413);
  const mixed = notification([{ status: 'odd' }, firing()], { truncatedAlerts: 7 });
  expect(await notify(mixed)).toMatchObject({
    status: 400,
    body: { opened: 1, error: expect.stringMatching(/^1 not taken: alerts\[0\]\./) },
  });
  expect(await alerts()).toHaveLength(1);
  const text = await metrics.text();
  expect(text).toMatch(/alertmanager_truncated_total 7/);
  expect(text).toMatch(/alertmanager_alerts_total\{result="unreadable"\} 1/);
}, 20_000);

it('what is not on disk is told again: 503 with Retry-After, and nothing is lost or doubled', async () => {
  const body = notification([firing(), firing({ fingerprint: 'aaaaaaaaaaaaaaaa' })]);
  fault = () => Promise.reject(new Error('disk full'));
  const refused = await notify(body);
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  expect(JSON.stringify(refused.body)).not.toContain('disk full');
  expect((await notify(body)).body).toEqual({ opened: 2, resolved: 0, unchanged: 0 });
  expect(story.told().filter((line) => line.startsWith('kim'))).toHaveLength(2);
});

it('too many at once are told to come back', async () => {
  await server.app.close();
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  let inside = 0;
  await serve(async () => {
    inside++;
    await gate;
    return { opened: 0, resolved: 0, unchanged: 0 };
  }, 2);
  const first = [notify(notification([])), notify(notification([]))];
  while (inside < 2) await new Promise((resolve) => setImmediate(resolve));
  expect((await notify(notification([]))).status).toBe(503);
  go();
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await notify(notification([]))).status).toBe(200);
});

it('what is told of no more stays open, and people are asked; heard of again, that is over', async () => {
  await notify(notification([firing({ labels: { alertname: 'X', severity: 'info' } })]));
  const silentOnes = async () =>
    (await alerts()).filter(({ rule, state }) => rule === 'alertmanager-silent' && state === 'open');
  await story.clock.advance(12 * HOUR - 1_000);
  await imports.look();
  expect(await silentOnes()).toEqual([]);
  await story.clock.advance(1_000);
  await imports.look();
  await imports.look();
  const [asked, ...more] = await silentOnes();
  expect(more).toEqual([]);
  expect(asked).toMatchObject({ domain: 'agent', severity: 'warning', condition: 'not told of for 12h', site: 'main' });
  expect(asked!.summary).toMatch(/^One open alert of an Alertmanager/);
  expect((await alerts()).find(({ rule }) => rule === 'X')!.state).toBe('open');
  await notify(notification([firing({ labels: { alertname: 'X', severity: 'info' } })]));
  await imports.look();
  expect(await silentOnes()).toEqual([]);
});

it('a watchdog opens nothing; its silence, or its end, does, as long as the site has a token', async () => {
  const watchdog = { labels: { alertname: 'Watchdog', severity: 'none' } };
  const silentOnes = async () => {
    await imports.look();
    await imports.look();
    return (await alerts())
      .filter(({ state }) => state === 'open')
      .map(({ rule, condition }) => `${rule}: ${condition}`);
  };
  expect((await notify(notification([firing(watchdog)]))).body).toEqual({ opened: 0, resolved: 0, unchanged: 1 });
  await story.clock.advance(11 * HOUR);
  await notify(notification([firing(watchdog)]));
  await story.clock.advance(11 * HOUR);
  expect(await silentOnes()).toEqual([]);
  await story.clock.advance(HOUR);
  expect(await silentOnes()).toEqual(['alertmanager-silent: not told of for 12h']);
  await notify(notification([firing(watchdog)]));
  expect(await silentOnes()).toEqual([]);
  await notify(notification([resolved('2026-10-06T14:00:00Z', watchdog)]));
  expect(await silentOnes()).toEqual(['alertmanager-silent: its watchdog is over']);
  for (const { tokenId, school } of await listTokens(story.db))
    if (school === 'north') await revokeToken(story.db, tokenId, story.clock);
  expect(await silentOnes()).toEqual([]);
});

it('a collector that was away does not take its own silence for theirs', async () => {
  await notify(notification([firing()]));
  await story.clock.advance(20 * HOUR);
  imports = restarted();
  await imports.look();
  expect((await alerts()).map(({ rule }) => rule)).toEqual(['InstanceDown']);
  await story.clock.advance(12 * HOUR);
  await imports.look();
  expect((await alerts()).map(({ rule }) => rule).sort()).toEqual(['InstanceDown', 'alertmanager-silent']);
});

it('people may end what nothing else will; told of again, it is a new one', async () => {
  await notify(notification([firing()]));
  const [open] = await alerts();
  expect(await story.act(open!.id, { action: 'done', party: 'internal', by: 'kim' })).toBe('ok');
  expect(await story.alert(open!.id)).toMatchObject({ state: 'resolved' });
  expect((await listEvents(story.db, open!.id)).at(-2)!.detail).toMatchObject({ by: 'kim', reason: 'done by kim' });
  await imports.look();
  await notify(notification([firing()]));
  expect((await alerts()).map(({ state }) => state).sort()).toEqual(['open', 'resolved']);
});
