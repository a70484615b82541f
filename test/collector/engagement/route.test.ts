import { describe, expect, it } from 'vitest';
import type { RouteAlert } from '../../../collector/engagement/decision.ts';
import { createResponsibility } from '../../../collector/engagement/responsibility.ts';
import type { School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const HEAD = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim, lee], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
  cabler: { contacts: [desk], coverage: [{ weekly: { days: [fri], from: "22:00", to: "02:00" } }], absences: [{ who: desk, from: 2026-03-20, to: 2026-03-21 }] }
safety_net: [head, noc]
base: { owner: internal }
`;
const approved = 'status: approved, approvals: [internal, provider, cabler]';

function school(engagements = '', head = HEAD): School {
  return parseSchool(`${head}engagements: [${engagements}]`, 'school.yaml');
}

const alert = (more: Partial<RouteAlert> = {}): RouteAlert => ({
  id: 1,
  domain: 'switching',
  severity: 'warning',
  site: 'main',
  ...more,
});
const MONDAY = '2026-02-02T10:00:00-06:00';

function route(config: School, at: string, more: Partial<RouteAlert> = {}) {
  const decision = createResponsibility(config).route(alert(more), Date.parse(at));
  return {
    ...decision,
    told: decision.steps.map((s) => `${s.after_s} ${s.party}/${s.contact}${s.transfer ? ' takes over' : ''}`),
  };
}

describe('order of grants', () => {
  const winner = (engagements: string, more: Partial<RouteAlert> = {}, at = MONDAY) =>
    route(school(engagements), at, more).candidates;

  it.each<[string, string, Partial<RouteAlert>, string[]]>([
    [
      'nothing matches: base',
      `{ id: a, kind: domain, ${approved}, grants: [{ owner: provider, scope: { domain: wireless } }] }`,
      {},
      ['base'],
    ],
    [
      'the kind before the scope',
      `{ id: a, kind: domain, ${approved}, grants: [{ owner: provider, scope: { device: sw1 } }] },
       { id: b, kind: threshold, ${approved}, grants: [{ owner: cabler }] }`,
      { device: 'sw1' },
      ['b#0', 'a#0', 'base'],
    ],
    [
      'an explicit priority before the kind; on the grant before that of the engagement',
      `{ id: a, kind: full, priority: 350, ${approved}, grants: [{ owner: provider, priority: 250 }, { owner: provider }] },
       { id: b, kind: threshold, ${approved}, grants: [{ owner: cabler }] }`,
      {},
      ['a#1', 'b#0', 'a#0', 'base'],
    ],
    [
      'the more specific scope: a leaf before its group before everything',
      `{ id: a, kind: domain, ${approved}, grants: [{ owner: provider }, { owner: provider, scope: { domain: infrastructure } }, { owner: cabler, scope: { domain: [switching, cabling] } }] }`,
      {},
      ['a#2', 'a#1', 'a#0', 'base'],
    ],
    [
      'device 64 before zone, vendor and leaf (44) before rule absent',
      `{ id: a, kind: domain, ${approved}, grants: [{ owner: provider, scope: { zone: "MAIN/*", vendor: CIS*, domain: switching } }, { owner: cabler, scope: { device: sw1 } }] }`,
      { device: 'sw1', zone: 'main/idf', vendor: 'cisco' },
      ['a#1', 'a#0', 'base'],
    ],
    [
      'the newest approval, then the id',
      `{ id: a, kind: domain, approved_at: 2026-01-01, ${approved}, grants: [{ owner: provider }] },
       { id: c, kind: domain, approved_at: 2026-01-02, ${approved}, grants: [{ owner: cabler }] },
       { id: b, kind: domain, approved_at: 2026-01-02, ${approved}, grants: [{ owner: provider }] },
       { id: d, kind: domain, ${approved}, grants: [{ owner: provider }] }`,
      {},
      ['b#0', 'c#0', 'a#0', 'd#0', 'base'],
    ],
    [
      'only approved engagements count',
      ['draft', 'proposed', 'suspended', 'ended', 'expired', 'revoked']
        .map((status) => `{ id: ${status}, kind: full, status: ${status}, grants: [{ owner: provider }] }`)
        .join(','),
      {},
      ['base'],
    ],
    [
      'what the alert does not say fits no scope that asks for it',
      `{ id: a, kind: domain, ${approved}, grants: [{ owner: provider, scope: { zone: "*" } }, { owner: provider, scope: { grades: [4] } }, { owner: provider, scope: { model: "*" } }] }`,
      {},
      ['base'],
    ],
    [
      'severities, grades, sites and rules',
      `{ id: a, kind: domain, ${approved}, grants: [
         { owner: provider, scope: { severity: ">=warning" } }, { owner: provider, scope: { severity: critical } },
         { owner: provider, scope: { grades: [4, K], grades_match: only } }, { owner: provider, scope: { grades: [4], grades_match: any } },
         { owner: provider, scope: { site: [main, annex] } }, { owner: provider, scope: { rule: r1 } }, { owner: provider, scope: { rule: r2 } }] }`,
      { grades: [3, 4], rule: 'r1' },
      ['a#5', 'a#3', 'a#4', 'a#0', 'base'],
    ],
  ])('%s', (_name, engagements, more, expected) => {
    expect(winner(engagements, more)).toEqual(expected);
  });

  it('counts from `from` up to, not including, `until`, in the zone of the school', () => {
    const project = `{ id: p, kind: adhoc, from: 2026-10-01, until: 2026-10-15, ${approved}, grants: [{ owner: provider }] }`;
    const at = [
      '2026-09-30T23:59:59.999-05:00',
      '2026-10-01T00:00:00-05:00',
      '2026-10-14T23:59:59.999-05:00',
      '2026-10-15T00:00:00-05:00',
    ];
    expect(at.map((t) => winner(project, {}, t)[0])).toEqual(['base', 'p#0', 'p#0', 'base']);
  });
});

describe('who is told', () => {
  it('an owner on duty: the ladder, then the safety net', () => {
    expect(route(school(), MONDAY)).toMatchObject({
      owner: 'internal',
      acting: 'internal',
      why: 'base',
      held: null,
      told: [
        '0 internal/kim',
        '600 internal/kim',
        '1200 provider/noc takes over',
        '1800 provider/noc',
        '3600 safety_net/head,noc',
      ],
      text:
        "The school's own IT answers for the wired network by default, since nothing else is agreed for it. kim (the school's own IT) is told now. " +
        "If nobody answers: kim (the school's own IT) after 10m, noc (the provider) after 20m (who then takes it over), head and noc (safety net) after 1h, then every 30m.",
    });
  });

  it('an owner off duty and a critical alert: the other party acts at once, the owner stays', () => {
    expect(route(school(), '2026-02-02T22:00:00-06:00', { severity: 'critical' })).toMatchObject({
      owner: 'internal',
      acting: 'provider',
      held: null,
      told: ['0 provider/noc', '1200 provider/noc takes over', '1800 provider/noc', '3600 safety_net/head,noc'],
      text: expect.stringContaining(
        "Nobody of the school's own IT is on duty, so noc (the provider) is told now; the school's own IT stays responsible.",
      ),
    });
  });

  it('an owner off duty and a warning: held until the exact start of the next duty', () => {
    expect(route(school(), '2026-03-05T23:59:59-06:00')).toMatchObject({
      acting: 'internal',
      held: 'owner_uncovered',
      told: ['25201 internal/kim', '27001 provider/noc takes over', '28801 safety_net/head,noc'],
      text: expect.stringContaining("it can wait: kim (the school's own IT) is told in 7h 1s."),
    });
  });

  it('no duty within max_hold: the other side takes over then', () => {
    expect(route(school(), '2026-02-07T02:00:00-06:00').told).toEqual([
      '57600 provider/noc takes over',
      '61200 safety_net/head,noc',
    ]);
    expect(route(school('', `${HEAD}max_hold: 53h\n`), '2026-02-07T02:00:00-06:00').told[0]).toBe(
      `${53 * 3600} internal/kim`,
    );
  });

  it('pass_uncovered_at moves the line between acting and holding', () => {
    const config = school('', `${HEAD}pass_uncovered_at: warning\n`);
    expect(route(config, '2026-02-07T02:00:00-06:00')).toMatchObject({ acting: 'provider', held: null });
    expect(route(config, '2026-02-07T02:00:00-06:00', { severity: 'info' }).held).toBe('owner_uncovered');
  });

  it('each rung is resolved at its own time: the shift ends inside the ladder', () => {
    expect(route(school(), '2026-02-02T15:55:00-06:00').told).toEqual([
      '0 internal/kim',
      '1200 provider/noc takes over',
      '1800 provider/noc',
      '3600 safety_net/head,noc',
    ]);
  });

  it('a window over midnight belongs to the day it starts on; an absence empties it; a contact who is absent is passed over', () => {
    const cabling = `{ id: c, kind: domain, ${approved}, grants: [{ owner: cabler, scope: { domain: cabling } }] }`;
    const told = (at: string) => route(school(cabling), at, { domain: 'cabling', severity: 'critical' }).acting;
    expect(told('2026-03-14T01:59:59-05:00')).toBe('cabler');
    expect(told('2026-03-14T02:00:00-05:00')).toBe('provider');
    expect(told('2026-03-13T01:00:00-05:00')).toBe('provider');
    expect(told('2026-03-20T23:00:00-05:00')).toBe('provider');
    expect(told('2026-03-21T00:00:00-05:00')).toBe('cabler');
    const away = HEAD.replace(
      'from: "07:00", to: "16:00" } }]',
      'from: "07:00", to: "16:00" } }], absences: [{ who: [kim], from: 2026-02-02, to: 2026-02-03 }]',
    );
    expect(route(school('', away), MONDAY).told[0]).toBe('0 internal/lee');
  });

  it('nobody at all on duty: the safety net acts, first its first contact, then everybody', () => {
    const alone = HEAD.replace('coverage: always', 'coverage: []');
    expect(route(school('', alone), '2026-02-07T02:00:00-06:00', { severity: 'critical' })).toMatchObject({
      acting: 'safety_net',
      told: ['0 safety_net/head', '1800 safety_net/head,noc'],
    });
    expect(route(school('', alone), '2026-02-07T02:00:00-06:00').told).toEqual([
      '57600 safety_net/head takes over',
      '61200 safety_net/head,noc',
    ]);
  });

  it('says under which agreement', () => {
    const infra = `{ id: infra, kind: domain, ${approved}, grants: [{ owner: provider, scope: { domain: infrastructure } }] }`;
    expect(route(school(infra), MONDAY).text).toMatch(
      /^The provider answers for the wired network as agreed in infra\. noc \(the provider\) is told now\./,
    );
  });

  it('an agreement without an end that must be accepted has no hand-over to accept', () => {
    const tests = `{ id: tests, kind: threshold, ${approved}, handover: { overlap: 30m, accept: required }, grants: [{ owner: provider }] }`;
    const decided = createResponsibility(school(tests)).route(alert(), Date.parse(MONDAY), { accepted: {} });
    expect(decided).toMatchObject({ owner: 'provider', why: 'tests#0' });
    expect(decided.fault).toBeUndefined();
  });

  it('never throws: what cannot be decided goes to the base owner and the safety net', () => {
    expect(createResponsibility(school()).route(alert(), Number.NaN)).toMatchObject({
      owner: 'internal',
      acting: 'safety_net',
      why: 'base',
      steps: [{ party: 'safety_net', contact: 'head,noc', after_s: 0, repeat_s: 1800 }],
      text: expect.stringContaining('could not be evaluated'),
    });
  });
});
