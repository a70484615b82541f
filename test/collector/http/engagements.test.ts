import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../collector/engagement/lint/lint-finding.ts';
import { listEngagementEvents } from '../../../collector/state/engagements.ts';
import { infra, schoolWithFile } from '../engagement/agreement/partnership.ts';
import { BASE, EngagementServer, kim, lee, wing } from './engagement-server.ts';

let api: EngagementServer;
beforeEach(async () => {
  api = await new EngagementServer().start();
});
afterEach(() => api.server.close());

describe('who may', () => {
  it.each([
    ['GET', BASE],
    ['POST', BASE],
    ['PUT', `${BASE}/infra`],
    ['POST', `${BASE}/infra/end`],
  ] as const)('%s %s needs a session, and no page of another site', async (method, url) => {
    expect(await api.status(method, url)).toBe(401);
    if (method === 'GET') return;
    const foreign = { cookie: api.cookie, origin: 'https://evil.example' };
    expect(await api.status(method, url, foreign)).toBe(403);
  });

  it.each([
    ['GET', '/api/schools/nowhere/engagements'],
    ['POST', '/api/schools/nowhere/engagements'],
    ['POST', '/api/schools/nowhere/engagements/infra/end'],
    ['PUT', `${BASE}/nothing`],
    ['POST', `${BASE}/nothing/approve`],
    ['POST', `${BASE}/infra/forget`],
  ] as const)('%s %s is 404', async (method, url) => {
    expect(await api.status(method, url, { cookie: api.cookie })).toBe(404);
  });
});

describe('an ad-hoc request', () => {
  it('is proposed, approved, accepted, extended and ended; each by a name', async () => {
    const made = await api.propose(wing);
    expect([made.status, made.body.status, made.body.missing]).toEqual([201, 'proposed', ['internal', 'provider']]);
    expect((await api.step('approve')).body.missing).toEqual(['provider']);
    const accepted = await api.step('accept', lee);
    expect(accepted.body).toMatchObject({ status: 'approved', inForce: 1, proposal: null, missing: [] });
    expect(accepted.body.versions[0]).toMatchObject({
      stage: 'approved',
      accepted: { party: 'provider', by: 'Lee Park' },
      text: expect.stringContaining('the provider answers for everything, in wing-b/*'),
    });

    const longer = await api.send('PUT', '/wing', {
      ...lee,
      reason: 'late delivery',
      engagement: { ...wing, until: '2026-11-20' },
    });
    expect(longer.body).toMatchObject({ status: 'approved', inForce: 1, proposal: 2 });
    expect(api.book.effective('hilltop')!.engagements.at(-1)!.until).toBe(Date.parse('2026-10-20T00:00-04:00'));
    await api.step('approve', { version: 2 });
    expect((await api.step('approve', { ...lee, version: 2 })).body).toMatchObject({ inForce: 2, proposal: null });
    expect(api.book.effective('hilltop')!.engagements.at(-1)!.until).toBe(Date.parse('2026-11-20T00:00-05:00'));

    expect((await api.step('suspend', { reason: 'access' })).body.suspended).toMatchObject({
      by: 'Kim Lee',
      reason: 'access',
    });
    expect((await api.step('resume')).body.status).toBe('approved');
    expect((await api.step('end', lee)).body).toMatchObject({ status: 'ended', closed: { party: 'provider' } });
    const log = await listEngagementEvents(api.server.db, 'hilltop', { limit: 100 });
    expect(log.filter((e) => e.engagement === 'wing').map((e) => `${e.type} ${e.version} ${e.actor}`)).toEqual([
      'proposed 1 Kim Lee',
      'approved 1 Kim Lee',
      'accepted 1 Lee Park',
      'proposed 2 Lee Park',
      'approved 2 Kim Lee',
      'approved 2 Lee Park',
      'suspended 2 Kim Lee',
      'resumed 2 Kim Lee',
      'ended 2 Lee Park',
    ]);
    expect(api.changes).toHaveLength(9);
  });

  it('that cannot wait is active at once, and says until when the other side has time', async () => {
    const { status, body } = await api.propose(wing, { break_glass: true, reason: 'flood' });
    expect([status, body.status, body.missing]).toEqual([201, 'approved', ['provider']]);
    expect(body.versions[0]!.breakGlassDeadline).toBe(api.server.clock.now() + 24 * 3_600_000);
  });

  it('is withdrawn, or revoked', async () => {
    await api.propose(wing);
    expect((await api.step('withdraw', { ...lee, reason: 'no_access' })).body).toMatchObject({
      status: 'draft',
      proposal: null,
    });
    await api.send('PUT', '/wing', { ...kim, engagement: wing });
    await api.step('approve');
    await api.step('approve', lee);
    expect((await api.step('revoke')).body.status).toBe('revoked');
  });
});

describe('the list', () => {
  it('has those of the file and of the API, with texts, findings and notes', async () => {
    await api.propose(wing);
    const { engagements, notes, school } = await api.list();
    expect([school, notes]).toEqual(['hilltop', []]);
    expect(engagements.map((e) => [e.id, e.file, e.status])).toEqual([
      ['infra', 'hilltop.yaml', 'approved'],
      ['wing', null, 'proposed'],
    ]);
    expect(engagements[0]!.versions[0]).toMatchObject({
      text: expect.stringMatching(/^Agreement infra/),
      findings: null,
    });
    expect(engagements[1]!.versions[0]).toMatchObject({
      text: expect.stringMatching(/^Agreement wing/),
      body: wing,
      findings: expect.any(Array),
    });
  });

  it('notes what of the file did not take effect', async () => {
    await api.book.import([schoolWithFile([{ ...infra, priority: 250 }])]);
    expect((await api.list()).notes).toEqual([
      { engagement: 'infra', text: expect.stringContaining('version 1 stays in force') },
    ]);
  });

  it('says by id where the linter points', async () => {
    api.lint = (school) =>
      school.engagements.map(
        (_, i): Finding => ({
          level: 'W',
          code: 'tie',
          path: ['engagements', i, 'grants', 0],
          expected: 'a',
          got: 'b',
        }),
      );
    expect((await api.list()).findings).toEqual([
      { level: 'W', code: 'tie', engagement: 'infra', path: 'grants[0]', expected: 'a', got: 'b' },
    ]);
  });
});
