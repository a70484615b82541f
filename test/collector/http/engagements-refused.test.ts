import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../collector/engagement/lint/lint-finding.ts';
import type { School } from '../../../collector/engagement/school.ts';
import type { Body } from '../engagement/agreement/partnership.ts';
import { BASE, EngagementServer, kim, lee, wing } from './engagement-server.ts';

let api: EngagementServer;
beforeEach(async () => {
  api = await new EngagementServer().start();
});
afterEach(() => api.server.close());

describe('what is not well formed is 400, with everything wrong at once', () => {
  it('in a proposal', async () => {
    const { status, body } = await api.propose(
      {
        ...wing,
        kind: 'adhock',
        until: '2026-09-01',
        colour: 'blue',
        approvals: ['internal'],
        grants: [{ owner: 'vendor', scope: { domain: 'wifi' }, when: { calendar: 'x' } }],
      },
      { party: undefined, by: '' },
    );
    expect(status).toBe(400);
    expect(body.problems!.map((p) => [p['path'], p['expected'], p['got']])).toEqual(
      expect.arrayContaining([
        ['party', 'a string', 'nothing'],
        ['by', 'the name of the person who does this', '""'],
        ['engagement.kind', 'one of full, domain, threshold, adhoc, override', '"adhock"'],
        ['engagement.colour', 'no such key here', 'unknown key "colour"'],
        ['engagement.until', 'a time after `from`', '"2026-09-01"'],
        ['engagement.grants[0].owner', 'a party (internal, provider, cabler)', '"vendor"'],
        ['engagement.grants[0].when[0].calendar', expect.stringContaining('none is declared'), expect.anything()],
        ['engagement.approvals', 'nothing: each side gives its own by approve', 'a value'],
      ]),
    );
    expect(body.error).toContain('engagement.kind: expected one of full');
  });

  it.each<[string, Body, string]>([
    ['no engagement', { ...kim }, 'engagement'],
    ['an engagement that is none', { ...kim, engagement: [] }, 'engagement'],
    ['a status that is given, not said', { ...kim, engagement: { ...wing, status: 'approved' } }, 'engagement.status'],
    ['a key nobody knows', { ...kim, engagement: wing, force: true }, 'force'],
  ])('%s', async (_what, payload, path) => {
    const { status, body } = await api.send('POST', '', payload);
    expect([status, body.problems!.map((p) => p['path'])]).toEqual([400, [path]]);
  });

  it('another id than that of the address', async () => {
    await api.propose(wing);
    const { status, body } = await api.send('PUT', '/wing', { ...kim, engagement: { ...wing, id: 'infra' } });
    expect([status, body.error]).toEqual([400, 'engagement.id: expected wing, as in the address, got "infra"']);
    const { id: _, ...unnamed } = wing;
    expect((await api.send('PUT', '/wing', { ...kim, engagement: unnamed })).status).toBe(200);
  });

  it('in a step', async () => {
    await api.propose(wing);
    const { status, body } = await api.step('approve', { by: ' ', version: 'two', why: 'x' });
    expect([status, body.problems!.map((p) => p['path'])]).toEqual([400, ['by', 'version', 'why']]);
    expect(await api.status('POST', `${BASE}/wing/approve`, { cookie: api.cookie })).toBe(400);
    expect(api.changes).toEqual(['hilltop']);
  });
});

describe('what is not possible is 409, in words', () => {
  it.each<[string, string, Body, string]>([
    [
      'a party that is none',
      '/wing/approve',
      { party: 'vendor', by: 'x' },
      'expected a party of the school (internal, provider, cabler), got vendor',
    ],
    [
      'an approval of another version',
      '/wing/approve',
      { ...lee, version: 7 },
      'expected version 1, which is the present one, got version 7',
    ],
    [
      'what stands in a file',
      '/infra/end',
      kim,
      'expected the change in hilltop.yaml, where infra is written, got a change over the API',
    ],
    [
      'an id that is taken',
      '',
      { ...kim, engagement: wing },
      'expected an id of its own, or a new version of the one there is, got wing',
    ],
    [
      'an end too far away',
      '',
      { ...kim, engagement: { ...wing, id: 'long', until: '2027-10-01' } },
      'expected until: an end at most 90 days ahead',
    ],
  ])('%s', async (_what, path, payload, error) => {
    await api.propose(wing);
    const reply = await api.send('POST', path, payload);
    expect([reply.status, reply.body.error]).toEqual([409, expect.stringContaining(error)]);
    expect(api.changes).toEqual(['hilltop']);
  });
});

describe('an error of the linter', () => {
  const finding = (path: Finding['path'], level: 'E' | 'W' = 'E'): Finding => ({
    level,
    code: 'tie',
    path,
    expected: 'better',
    got: 'worse',
  });
  const indexOf = (school: School, id: string) => school.engagements.findIndex((e) => e.id === id);

  it.each<[string, (school: School) => Finding[], number]>([
    [
      'of the engagement itself refuses',
      (s) => (indexOf(s, 'wing') >= 0 ? [finding(['engagements', indexOf(s, 'wing'), 'until'])] : []),
      409,
    ],
    ['of the school refuses', () => [finding(['safety_net'])], 409],
    [
      'that another engagement gets by it refuses',
      (s) => (s.engagements.length > 1 ? [finding(['engagements', indexOf(s, 'infra')])] : []),
      409,
    ],
    ['that another engagement has anyway does not', (s) => [finding(['engagements', indexOf(s, 'infra')])], 200],
    ['that is only a warning does not', () => [finding(['safety_net'], 'W')], 200],
  ])('%s', async (_what, judge, status) => {
    await api.propose(wing);
    api.lint = judge;
    const reply = await api.step('approve');
    expect(reply.status).toBe(status);
    if (status === 409) expect(reply.body.error).toMatch(/^expected .*: better, got worse$/);
  });

  it('refuses to break the glass too', async () => {
    api.lint = () => [finding(['safety_net'])];
    expect((await api.propose(wing, { break_glass: true, reason: 'flood' })).status).toBe(409);
    expect((await api.propose(wing)).status).toBe(201);
  });
});
