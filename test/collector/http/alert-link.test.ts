import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertLinkRoutes } from '../../../collector/http/alert-link.ts';
import { alertRoutes } from '../../../collector/http/alerts.ts';
import { AlertLinks } from '../../../collector/notify/alert-links.ts';
import { LINK_MS, NOTES_PER_LINK, replaceLinkKey } from '../../../collector/state/alert-links.ts';
import { listEvents } from '../../../collector/state/alerts.ts';
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
engagements:
  - id: wifi
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-01-01
    grants: [{ owner: provider, scope: { domain: wireless } }]
`;
const MINUTE = 60_000;
const PUBLIC = 'https://watch.example.org/';

let story: Story;
let server: TestServer;
let links: AlertLinks;
const recorded: unknown[] = [];

beforeEach(async () => {
  recorded.length = 0;
  story = await Story.begin(SCHOOL, '2026-02-02T10:30:00-06:00');
  const { db, router, actions, clock } = story;
  const { directory } = story.parts;
  const record = (samples: readonly unknown[]): void => void recorded.push(...samples);
  const routes = [
    alertLinkRoutes({ db, router, directory, actions, clock, record, publicUrl: PUBLIC }),
    alertRoutes({ db, router, actions, clock, record }),
  ];
  server = await testServer({ db, clock, routes });
  links = new AlertLinks({
    db,
    clock,
    log: silent,
    randomBytes,
    school: (id) => router.school(id),
    publicUrl: PUBLIC,
  });
  await story.open('a', { domain: 'wireless' });
});
afterEach(async () => {
  await server.app.close();
  await story.end();
});

/** The path of the link of a contact to an alert. */
async function linkOf(contact: string, alertId = 'a'): Promise<string> {
  const url = await links.urlFor({ school: 'hilltop', alertId, contact });
  expect(url).toMatch(/^https:\/\/watch\.example\.org\/a\/[A-Za-z0-9_-]{43}$/);
  return new URL(url!).pathname;
}

const HTML = { accept: 'text/html,application/xhtml+xml' };
const get = (path: string, method: 'GET' | 'HEAD' = 'GET') => server.app.inject({ method, url: path, headers: HTML });
const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  server.app.inject({
    method: 'POST',
    url: path,
    headers: { ...HTML, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });
const failures = () => server.metric('bellwether_collector_auth_failures_total', { door: 'link' });
const events = async (type: string) => (await listEvents(story.db, 'a')).filter((event) => event.type === type);

describe('looking', () => {
  it('shows the alert, who answers and why, and the choices; it loads nothing and tells nobody where it is', async () => {
    const reply = await get(await linkOf('noc'));
    expect(reply.statusCode).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex, nofollow',
    });
    expect(reply.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(reply.headers['set-cookie']).toBeUndefined();
    const alert = (await story.alert('a'))!;
    for (const text of [alert.summary, alert.condition, 'provider answers', 'Acknowledge', 'Decline'])
      expect(reply.body).toContain(text);
    expect(reply.body).not.toMatch(/<script|<img|<link|https?:/);
    // It is the provider's by agreement: nothing to take over, nothing to hand back.
    expect(reply.body).not.toMatch(/value="(claim|hand_back)"/);
  });

  it('changes nothing, however often scanners and previews come by', async () => {
    const path = await linkOf('noc');
    const before = await listEvents(story.db, 'a');
    for (let i = 0; i < 3; i++) {
      expect((await get(path)).statusCode).toBe(200);
      const head = await get(path, 'HEAD');
      expect([head.statusCode, head.body]).toEqual([200, '']);
      await get(`${path}?action=ack`);
    }
    expect(await listEvents(story.db, 'a')).toEqual(before);
    expect((await post(path, { action: 'ack' })).statusCode).toBe(200);
  });

  it('takes what others wrote for text', async () => {
    await story.open('b', { domain: 'wireless', labels: { zone: '<b>' } });
    await story.act('b', { action: 'note', party: 'internal', by: 'kim', note: 'x' });
    await story.db
      .updateTable('alert')
      .set({ summary: `<script>alert("1")</script> & 'more'` })
      .where('id', '=', 'b')
      .execute();
    const { body } = await get(await linkOf('noc', 'b'));
    expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;');
  });

  it('says when it is over, and offers nothing', async () => {
    const path = await linkOf('noc');
    await story.resolve('a');
    const reply = await get(path);
    expect([reply.statusCode, reply.body.includes('This is over'), reply.body.includes('<button')]).toEqual([
      200,
      true,
      false,
    ]);
    expect((await post(path, { action: 'ack' })).statusCode).toBe(409);
  });
});

describe('acting', () => {
  it('acknowledges as that contact, and the log says that it came by link', async () => {
    await story.pass(MINUTE);
    const reply = await post(await linkOf('noc'), { action: 'ack', note: 'on my way' });
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('Acknowledged');
    expect(await story.alert('a')).toMatchObject({ ackedBy: 'provider' });
    expect((await events('acked'))[0]!.detail).toEqual({
      party: 'provider',
      by: 'noc',
      via: 'link',
      note: 'on my way',
    });
    expect(recorded).toHaveLength(1);
    expect(await story.replayed('a')).toEqual(await story.alert('a'));
  });

  it('takes over, declines with a reason, hands back', async () => {
    expect((await post(await linkOf('kim'), { action: 'claim' })).statusCode).toBe(200);
    expect(await story.alert('a')).toMatchObject({ owner: 'internal', claimedBy: 'internal', ackedBy: 'internal' });
    const back = await linkOf('kim');
    expect((await get(back)).body).toContain('value="hand_back"');
    expect((await post(back, { action: 'hand_back', reason: 'theirs after all' })).statusCode).toBe(200);
    expect(await story.alert('a')).toMatchObject({ owner: 'provider', claimedBy: null, ackedBy: null });
    expect((await post(await linkOf('noc'), { action: 'decline', reason: 'no_access', note: ' ' })).statusCode).toBe(
      200,
    );
    expect((await events('declined'))[0]!.detail).toMatchObject({
      party: 'provider',
      reason: 'no_access',
      via: 'link',
    });
  });

  it('who is told for the safety net acts for the party that lists them, else for the own people', async () => {
    await post(await linkOf('head'), { action: 'note', note: 'calling' });
    expect((await events('noted'))[0]!.detail).toMatchObject({ party: 'internal', by: 'head' });
  });

  it('acts once: the second is told what was done, by whom, and has no effect', async () => {
    const path = await linkOf('noc');
    await post(path, { action: 'ack' });
    const before = await listEvents(story.db, 'a');
    const again = await post(path, { action: 'decline', reason: 'duplicate' });
    expect(again.statusCode).toBe(409);
    expect(again.body).toMatch(/Acknowledged by noc at 10:30 with this link/);
    expect((await post(path, { action: 'note', note: 'more' })).statusCode).toBe(409);
    const looked = await get(path);
    expect([looked.statusCode, looked.body.includes('<button')]).toEqual([410, false]);
    expect(await listEvents(story.db, 'a')).toEqual(before);
    expect(await failures()).toBe(0);
  });

  it('of many at once, one acts', async () => {
    const path = await linkOf('noc');
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(path, { action: 'ack' })));
    expect(replies.map((r) => r.statusCode).sort()).toEqual([200, ...Array<number>(7).fill(409)]);
    expect(await events('acked')).toHaveLength(1);
  });

  it('notes do not use it up, up to a number of them', async () => {
    const path = await linkOf('noc');
    for (let i = 0; i < NOTES_PER_LINK; i++)
      expect((await post(path, { action: 'note', note: `n${i}` })).statusCode).toBe(200);
    expect((await post(path, { action: 'note', note: 'more' })).statusCode).toBe(409);
    expect(await events('noted')).toHaveLength(NOTES_PER_LINK);
    expect((await post(path, { action: 'ack' })).statusCode).toBe(200);
  });

  it('what is refused leaves the link good', async () => {
    const path = await linkOf('kim');
    const declined = await post(path, { action: 'decline', reason: 'no_access' });
    expect(declined.statusCode).toBe(409);
    expect(declined.body).toContain('only provider can decline it');
    for (const form of [{}, { action: 'done' }, { action: 'decline', reason: 'because' }, { action: 'hand_back' }])
      expect((await post(path, form as Record<string, string>)).statusCode, JSON.stringify(form)).toBe(400);
    expect((await post(path, { action: 'claim' })).statusCode).toBe(200);
  });

  it('needs no page: a button that posts JSON acts, and gets words', async () => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const url = await linkOf('noc');
    const ack = () => server.app.inject({ method: 'POST', url, headers, payload: { action: 'ack' } });
    const reply = await ack();
    expect([reply.statusCode, reply.json()]).toEqual([200, { done: 'Acknowledged: This link is used up now.' }]);
    expect([(await ack()).statusCode, (await ack()).json()]).toEqual([
      409,
      { error: expect.stringContaining('by noc') },
    ]);
  });

  it("is not for another site's page", async () => {
    const path = await linkOf('noc');
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<
      string,
      string
    >[])
      expect((await post(path, { action: 'ack' }, headers)).statusCode).toBe(403);
    expect(await events('acked')).toEqual([]);
    expect((await post(path, { action: 'ack' }, { origin: 'https://watch.example.org' })).statusCode).toBe(200);
  });
});

describe('a link that is no good', () => {
  it('garbled, cut, of nobody: 404, counted', async () => {
    const path = await linkOf('noc');
    const last = path.at(-2) === 'A' ? 'B' : 'A';
    const bad = [
      '/a/x',
      path.slice(0, -1),
      `${path}A`,
      `${path.slice(0, -2)}${last}${path.at(-1)}`,
      `/a/${'A'.repeat(43)}`,
      '/a/%00',
    ];
    for (const url of bad) {
      expect((await get(url)).statusCode, url).toBe(404);
      expect((await post(url, { action: 'ack' })).statusCode, url).toBe(404);
    }
    expect((await get(bad[0]!)).body).toContain('This link is not good');
    expect(await failures()).toBe(2 * bad.length + 1);
    expect(await events('acked')).toEqual([]);
  });

  it('a half of one link with a half of another: 404', async () => {
    await story.open('b', { domain: 'wireless' });
    const [a, b] = [await linkOf('noc', 'a'), await linkOf('noc', 'b')].map((path) =>
      Buffer.from(path.slice(3), 'base64url'),
    );
    const mixed = Buffer.concat([a!.subarray(0, 16), b!.subarray(16)]).toString('base64url');
    expect((await post(`/a/${mixed}`, { action: 'ack' })).statusCode).toBe(404);
  });

  it('moved to another alert in the database: 404, the signature is for the one it was made for', async () => {
    await story.open('b', { domain: 'wireless' });
    const path = await linkOf('noc');
    await story.db.updateTable('alert_link').set({ alert_id: 'b' }).execute();
    expect((await post(path, { action: 'ack' })).statusCode).toBe(404);
  });

  it('after 24 hours: 410', async () => {
    const path = await linkOf('noc');
    await story.clock.advance(LINK_MS - 1);
    expect((await get(path)).statusCode).toBe(200);
    await story.clock.advance(1);
    expect((await get(path)).statusCode).toBe(410);
    expect((await post(path, { action: 'ack' })).statusCode).toBe(410);
    expect(await failures()).toBe(2);
  });

  it('after the key was changed: 404, and new ones work', async () => {
    const path = await linkOf('noc');
    await replaceLinkKey(story.db, randomBytes);
    expect((await post(path, { action: 'ack' })).statusCode).toBe(404);
    expect((await post(await linkOf('noc'), { action: 'ack' })).statusCode).toBe(200);
  });

  it('of somebody the school no longer lists, or who changed sides: 410', async () => {
    const path = await linkOf('noc');
    story.use(SCHOOL.replace('[noc]', '[nat]'));
    expect((await post(path, { action: 'ack' })).statusCode).toBe(410);
    story.use(SCHOOL.replace('[noc]', '[nat]').replace('[kim]', '[kim, noc]'));
    expect((await post(path, { action: 'ack' })).statusCode).toBe(200);
  });

  it('tried too often: 429, as a page', async () => {
    const replies = [];
    for (let i = 0; i < 61; i++) replies.push(await get('/a/x'));
    expect(replies.at(-2)!.statusCode).toBe(404);
    expect(replies.at(-1)!.statusCode).toBe(429);
    expect(replies.at(-1)!.headers['content-type']).toContain('text/html');
  });
});

it('stands nowhere: not in the outbox, the event log, the database, the log', async () => {
  const path = await linkOf('noc');
  await post(path, { action: 'ack' });
  await get(path);
  await get('/a/x');
  const token = path.slice(3);
  const random = Buffer.from(token, 'base64url').subarray(0, 16).toString('base64url').slice(0, 20);
  const tables = ['outbox', 'alert_event', 'alert', 'alert_link', 'meta'] as const;
  const stored = await Promise.all(tables.map((table) => story.db.selectFrom(table).selectAll().execute()));
  const everything = JSON.stringify(stored) + server.logged.join('');
  expect(everything).toContain('alert_link_key');
  expect(everything).not.toContain(token);
  expect(everything).not.toContain(random);
});
