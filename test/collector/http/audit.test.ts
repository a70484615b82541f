import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditRow, verifyChain } from '../../../collector/audit/chain.ts';
import { HEAD_HEADER } from '../../../collector/http/audit.ts';
import { findAlert, record } from '../../../collector/state/alerts.ts';
import { appendAudit, auditHeads, chainRows } from '../../../collector/state/audit.ts';
import type { AuditPageView } from '../../../core/access-api.ts';
import { AccessWorld } from './access-world.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let world: AccessWorld;
let head: Record<string, string>;

beforeEach(async () => {
  world = await new AccessWorld().start();
  head = await world.session('director', 'internal', ['north'], 'head');
});
afterEach(() => world.stop());

const rows = (chain: string) => chainRows(world.server.db, chain, { after: 0, limit: 1_000 });
const told = async (chain: string) => (await rows(chain)).map((r) => [r.actor, r.via, r.action]);
const post = (path: string, payload: object = {}, headers = head) =>
  world.ask('POST', `/api/schools/north/${path}`, headers, payload);

describe('the audit log of a school', () => {
  it('tells what people did, who they are and how they came, and whole it is', async () => {
    const before = (await rows('north')).length;
    const { authorization } = await world.token({ role: 'provider_lead', party: 'provider', note: 'a bot' });
    const bot = { authorization };
    await post(`alerts/${world.alert}/actions`, { action: 'ack' });
    await post(`alerts/${world.alert}/actions`, { action: 'claim' }, bot);
    await post(`alerts/${world.alert}/actions`, { action: 'note', note: 'a secret of the note' }, bot);
    await post('engagements', {
      engagement: { id: 'cables', kind: 'domain', grants: [{ owner: 'provider', scope: { domain: 'cabling' } }] },
    });
    await post('engagements/cables/approve');
    await post('ics-links', { party: 'provider' });
    const added = (await told('north')).slice(before);
    const token = expect.stringMatching(/^token:[0-9a-f]+$/);
    expect(added).toEqual([
      ['account:head', 'session', 'alert.acked'],
      [token, 'token', 'alert.claimed'],
      [token, 'token', 'alert.acked'],
      [token, 'token', 'alert.noted'],
      ['account:head', 'session', 'engagement.proposed'],
      ['account:head', 'session', 'engagement.approved'],
      ['account:head', 'session', 'link.created'],
    ]);
    expect(verifyChain(await rows('north'))).toMatchObject({ ok: true });
    expect(JSON.stringify(await rows('north'))).not.toContain('a secret of the note');
    expect((await rows('south')).every((row) => row.via === 'file')).toBe(true);
  });

  it('names the party where the way in does not say who came', async () => {
    const { db, clock } = world.server;
    const alert = (await findAlert(db, world.alert))!;
    const detail = { party: 'provider', by: 'Lee Park' };
    const now = clock.now();
    await db.transaction().execute((tx) => record(tx, alert, { type: 'acked', at: now, decidedAt: now, detail }));
    expect((await rows('north')).at(-1)).toMatchObject({ actor: 'party:provider', via: 'elsewhere', detail });
  });

  it('does not tell of what did not happen', async () => {
    const before = await auditHeads(world.server.db);
    await post(`alerts/${world.alert}/actions`, { action: 'decline', reason: 'no_access' });
    await post('engagements/wifi/approve');
    await post('alerts/none/actions', { action: 'ack' });
    expect(await auditHeads(world.server.db)).toEqual(before);
  });

  it('tells what the file says, as the file', async () => {
    const file = await rows('north');
    expect(file.every(({ actor, via }) => actor === 'collector' && via === 'file')).toBe(true);
    expect(new Set(file.map(({ action }) => action))).toEqual(new Set(['engagement.proposed', 'engagement.approved']));
    expect(new Set(file.map(({ detail }) => detail['by']))).toEqual(new Set(['file north.yaml']));
  });

  it('does not blame whoever was there when a time was over', async () => {
    await world.clock.advance(Date.parse('2026-11-06T00:00:00-05:00') - world.clock.now());
    const late = await world.session('director', 'internal', ['north'], 'late');
    const engagement = { id: 'cables', kind: 'domain', grants: [{ owner: 'provider', scope: { domain: 'cabling' } }] };
    expect((await post('engagements', { engagement }, late)).statusCode).toBe(201);
    expect((await told('north')).slice(-2)).toEqual([
      ['collector', 'clock', 'engagement.expired'],
      ['account:late', 'session', 'engagement.proposed'],
    ]);
  });

  it('is written with the change it tells of, or neither is', async () => {
    const { db } = world.server;
    const failing = db.transaction().execute(async (tx) => {
      await appendAudit(tx, { school: 'north', action: 'x.done', detail: {}, at: 1 });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await told('north')).some(([, , action]) => action === 'x.done')).toBe(false);
    // Broken so that the audit row cannot be written: then there is no acknowledgement either.
    await db.deleteFrom('audit_head').where('chain', '=', 'north').execute();
    expect((await post(`alerts/${world.alert}/actions`, { action: 'ack' })).statusCode).toBe(500);
    const alert = await world.ask('GET', `/api/schools/north/alerts/${world.alert}`, head);
    expect(alert.json()).toMatchObject({ alert: { ackedBy: null } });
  });

  it('keeps its order when many write at once', async () => {
    const { db } = world.server;
    const write = (n: number) =>
      db.transaction().execute((tx) => appendAudit(tx, { school: 'north', action: 'n', detail: { n }, at: n }));
    const { length } = await rows('north');
    await Promise.all(Array.from({ length: 50 }, (_, n) => write(n)));
    expect(verifyChain(await rows('north'))).toMatchObject({ ok: true, head: { seq: length + 50 } });
  });

  it('comes in pages, and whole as JSON lines with where it ends', async () => {
    for (let i = 0; i < 5; i++) await post('ics-links', {});
    const { length } = await rows('north');
    const page = async (query: string) =>
      (await world.ask('GET', `/api/schools/north/audit${query}`, head)).json<AuditPageView>();
    const first = await page('?limit=4');
    expect(first).toMatchObject({ school: 'north', next: 4, head: { seq: length } });
    const second = await page(`?limit=100&after=${first.next}`);
    expect([second.rows.map(({ seq }) => seq), second.next]).toEqual([range(5, length), null]);
    const exact = await page(`?limit=${length}`);
    expect(exact.next).toBe(null);
    expect((await world.ask('GET', '/api/schools/north/audit?limit=0', head)).statusCode).toBe(400);
    const file = await world.ask('GET', '/api/schools/north/audit.jsonl', head);
    const exported = file.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRow);
    const published = String(file.headers[HEAD_HEADER]).split(':');
    const at = { seq: Number(published[0]), hash: published[1]! };
    expect(verifyChain(exported, at)).toEqual({ ok: true, head: at });
    expect(verifyChain(exported.slice(0, -1), at)).toMatchObject({ ok: false });
  });

  it('of the installation is for the operator', async () => {
    const admin = { authorization: `Bearer ${world.server.token}` };
    const page = (await world.ask('GET', '/api/audit', admin)).json<{ rows: AuditRow[] }>();
    expect(page.rows.map((row) => row.action)).toEqual(['account.added', 'login']);
    expect(page.rows.every((row) => row.chain === '')).toBe(true);
  });
});
