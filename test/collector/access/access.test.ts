import { describe, expect, it } from 'vitest';
import { decideAccess, type SchoolFacts } from '../../../collector/access/access.ts';
import { withActor } from '../../../collector/access/acting.ts';
import { openingFor } from '../../../collector/access/engaged.ts';
import { maySee } from '../../../collector/access/informed.ts';
import { PERMISSIONS, type Permission, type Role, roleMay } from '../../../collector/access/permission.ts';
import { OPERATOR, type Principal, principalMay } from '../../../collector/access/principal.ts';
import type { StoredAlert } from '../../../collector/alert/life.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const at = (text: string): number => Date.parse(text);

const school = parseSchool(
  `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
  cabler: { contacts: [cab], coverage: always }
safety_net: [head, chief]
base: { owner: internal }
engagements:
  - id: wing
    kind: adhoc
    status: approved
    approvals: [internal, provider]
    from: 2026-10-01
    until: 2026-10-15
    grants: [{ owner: provider, scope: { domain: wireless } }]
  - id: cables
    kind: domain
    status: suspended
    approvals: [internal, cabler]
    grants: [{ owner: cabler, scope: { domain: cabling } }]
  - id: secret
    kind: domain
    status: approved
    approvals: [internal, provider]
    informed: []
    grants: [{ owner: internal, scope: { domain: routing } }]
`,
  'hilltop.yaml',
);

const somebody = (role: Role, party: string | null, more: Partial<Principal> = {}): Principal => ({
  kind: 'account',
  id: `account:${role}`,
  name: role,
  role,
  permissions: null,
  party,
  schools: ['hilltop'],
  ...more,
});
const facts: SchoolFacts = { agreed: school, waiting: [] };
const october = at('2026-10-05T12:00:00-05:00');

describe('what a role may do', () => {
  const may: Readonly<Record<Role, readonly Permission[]>> = {
    director: PERMISSIONS.filter((p) => !['metrics.read', 'accounts.manage'].includes(p)),
    specialist: [
      'read',
      'alert.act',
      'handover.accept',
      'engagement.propose',
      'calendar.confirm',
      'calendar.publish',
      'maintenance',
      'oncall',
    ],
    provider_technician: ['read', 'alert.act', 'handover.accept', 'maintenance'],
    provider_lead: [
      'read',
      'alert.act',
      'handover.accept',
      'engagement.propose',
      'engagement.approve',
      'engagement.end',
      'maintenance',
      'oncall',
    ],
    auditor: ['read', 'audit.read'],
  };
  it.each(Object.entries(may))('%s', (role, permissions) => {
    expect(PERMISSIONS.filter((permission) => roleMay(role as Role, permission).ok)).toEqual(permissions);
    for (const permission of PERMISSIONS) {
      const verdict = roleMay(role as Role, permission);
      if (!verdict.ok) expect(verdict.reason.length, `${role} ${permission}`).toBeGreaterThan(20);
      expect(principalMay(OPERATOR, permission)).toEqual({ ok: true });
    }
  });

  it('a token may do at most what it lists, and with a role what both allow', () => {
    const listed = somebody('auditor', null, { kind: 'token', role: null, permissions: ['metrics.read'] });
    expect([principalMay(listed, 'metrics.read').ok, principalMay(listed, 'read').ok]).toEqual([true, false]);
    const both = somebody('auditor', null, { kind: 'token', permissions: ['read', 'alert.act'] });
    expect(PERMISSIONS.filter((p) => principalMay(both, p).ok)).toEqual(['read']);
    const nothing = somebody('auditor', null, { kind: 'token', role: null });
    expect(PERMISSIONS.filter((p) => principalMay(nothing, p).ok)).toEqual([]);
  });
});

describe('how far a school is open to a party', () => {
  const open = (party: string, when: string, waiting: SchoolFacts['waiting'] = []) =>
    openingFor(school, party, waiting, at(when));
  it.each([
    ['internal', '2026-01-01T00:00:00Z', 'school'],
    ['provider', '2026-09-30T23:59:59-05:00', 'closed'],
    ['provider', '2026-10-01T00:00:00-05:00', 'school'],
    ['provider', '2026-10-14T23:59:59-05:00', 'school'],
    ['provider', '2026-10-15T00:00:00-05:00', 'closed'],
    ['cabler', '2026-10-05T00:00:00-05:00', 'closed'],
    ['stranger', '2026-10-05T00:00:00-05:00', 'closed'],
  ])('%s at %s: %s', (party, when, to) => expect(open(party, when).to).toBe(to));

  it('the owner of the base is always in', () => {
    const owned = { ...school, base: { owner: 'cabler' } };
    expect(openingFor(owned, 'cabler', [], 0)).toEqual({ to: 'school', reason: 'cabler owns the base' });
  });

  it('an engagement that waits for a party lets it read what is to be agreed', () => {
    const waiting = [{ engagement: 'next', parties: new Set(['internal', 'provider']) }];
    expect(open('provider', '2026-12-01T00:00:00Z', waiting).to).toBe('agreements');
    expect(open('cabler', '2026-12-01T00:00:00Z', waiting).to).toBe('closed');
    const later = { agreed: school, waiting };
    const lead = somebody('provider_lead', 'provider');
    const december = at('2026-12-01T00:00:00Z');
    const decided = (permission: Permission, agreements: boolean) =>
      decideAccess(lead, permission, 'hilltop', later, december, agreements);
    expect(decided('read', true)).toMatchObject({ access: { opening: 'agreements' } });
    expect(decided('engagement.approve', true)).toHaveProperty('access');
    expect(decided('read', false)).toEqual({
      status: 403,
      reason: 'not yet: engagement next waits for approval',
    });
  });
});

describe('the decision', () => {
  const decide = (
    principal: Principal,
    permission: Permission,
    name = 'hilltop',
    of: SchoolFacts | undefined = facts,
  ) => decideAccess(principal, permission, name, of, october);
  it('is 404 for every school that is not theirs, as for one that is not there', () => {
    const kim = somebody('specialist', 'internal');
    const elsewhere = decide(kim, 'read', 'south');
    expect(elsewhere).toMatchObject({ status: 404 });
    const former = somebody('specialist', 'internal', { schools: ['gone'] });
    expect(decideAccess(former, 'read', 'gone', undefined, october)).toMatchObject({ status: 404 });
    expect(decide(somebody('provider_technician', 'cabler'), 'read')).toMatchObject({ status: 404 });
  });

  it('is 403 with the reason where the role does not do it', () => {
    expect(decide(somebody('auditor', null), 'alert.act')).toEqual({
      status: 403,
      reason: 'not allowed: an auditor reads everything of its schools and changes nothing',
    });
  });

  it('gives the school to whoever may', () => {
    expect(decide(somebody('provider_technician', 'provider'), 'alert.act')).toMatchObject({
      access: { tenant: 'hilltop', opening: 'school' },
    });
    expect(decide(OPERATOR, 'accounts.manage', 'nowhere', undefined)).toHaveProperty('access');
  });
});

describe('who acts', () => {
  const kim = somebody('specialist', 'internal', { name: 'Kim Lee' });
  it.each([
    [{ action: 'ack' }, { action: 'ack', party: 'internal', by: 'Kim Lee' }],
    [undefined, { party: 'internal', by: 'Kim Lee' }],
    [
      { party: 'internal', by: 'Kim Lee' },
      { party: 'internal', by: 'Kim Lee' },
    ],
    ['text', 'text'],
  ])('is the account: %j', (body, filled) => expect(withActor(kim, body)).toEqual({ body: filled }));
  it.each([[{ party: 'provider' }], [{ by: 'Lee Park' }], [{ party: null }]])('is nobody else: %j', (body) =>
    expect(withActor(kim, body)).toHaveProperty('reason'),
  );
  it('is whoever the operator says', () => {
    const body = { party: 'provider', by: 'Lee Park' };
    expect(withActor(OPERATOR, body)).toEqual({ body });
    expect(withActor(somebody('auditor', null), body)).toHaveProperty('reason');
  });
});

describe('what is kept private', () => {
  const decision = { why: 'secret#0', candidates: ['secret#0', 'base'] } as unknown as StoredAlert['decision'];
  const alert = { owner: 'internal', claimedBy: null, ackedBy: null, decision };
  it.each([
    ['the owner', 'internal', alert, [], true],
    ['the other side', 'provider', alert, [], false],
    ['the other side, once told', 'provider', alert, ['provider'], true],
    ['the other side, once it owns it', 'provider', { ...alert, owner: 'provider' }, [], true],
    ['nobody’s side', null, alert, [], true],
    [
      'the other side, though it was claimed',
      'provider',
      { ...alert, decision: { ...decision!, why: 'claimed by internal' } },
      [],
      false,
    ],
    [
      'the other side, while it lingers',
      'provider',
      { ...alert, decision: { ...decision!, why: 'linger:secret#0', candidates: ['base'] } },
      [],
      false,
    ],
    [
      'the other side of what is shared',
      'internal',
      { ...alert, owner: 'provider', decision: { ...decision!, why: 'wing#0', candidates: ['wing#0', 'base'] } },
      [],
      true,
    ],
    ['by default', 'provider', { ...alert, decision: null }, [], true],
  ] as const)('%s', (_who, party, of, told, sees) => expect(maySee(of, told, party, school)).toBe(sees));
});
