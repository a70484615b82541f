import { describe, expect, it } from 'vitest';
import type { RouteAlert, RouteState } from '../../../collector/engagement/decision.ts';
import { planSchool } from '../../../collector/engagement/plan.ts';
import { explain } from '../../../collector/engagement/responsibility.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const HEAD = `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim, lee], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc, lead], coverage: always }
safety_net: [head, noc]
base: { owner: internal }
calendars:
  district:
    - { start: 2026-03-09, end: 2026-03-21, categories: [TESTING], summary: State test }
    - { start: 2026-03-12, categories: TESTING, summary: one day, status: CANCELLED }
    - { start: 2026-05-04, categories: [TESTING, EVENT], summary: Make-up day }
facts: [{ from: 2026-01-01, enrolment: 380, mode: remote }, { from: 2026-08-19, enrolment: 431 }]
`;
const agreed = 'status: approved, approvals: [internal, provider], approved_at: 2026-01-01';

function ask(grants: string, at: string, more: Partial<RouteAlert> = {}, state: RouteState = {}, extra = '') {
  const text = `${HEAD}engagements: [{ id: e, kind: threshold, ${agreed}, ${extra} grants: [${grants}] }]`;
  const alert: RouteAlert = { id: 'a1', domain: 'switching', severity: 'warning', site: 'main', ...more };
  return explain(planSchool(parseSchool(text, 'school.yaml')), alert, Date.parse(at), state);
}

describe('windows', () => {
  const TEST = '{ owner: provider, when: { calendar: district, category: TESTING, lead: 3d, lag: 12h } }';

  it.each([
    [
      '2026-03-05T23:59:59.999-06:00',
      'base',
      'an instant before the lead, which is days by the calendar although the clocks change on 8 March',
    ],
    ['2026-03-06T00:00:00-06:00', 'e#0', 'the lead begins'],
    ['2026-03-21T11:59:59-05:00', 'e#0', 'the lag is included'],
    ['2026-03-21T12:00:00-05:00', 'linger:e#0', 'over: half-open'],
    ['2026-03-23T07:00:00-05:00', 'base', 'the school is on duty again'],
    ['2026-05-01T00:00:00-05:00', 'e#0', 'an event without an end lasts a day'],
    ['2026-05-05T11:59:00-05:00', 'e#0', 'and its lag'],
    ['2026-05-05T12:00:00-05:00', 'base', 'over while the school is on duty: nothing lingers'],
  ])('%s: %s (%s)', (at, why) => expect(ask(TEST, at).why).toBe(why));

  it('a whole calendar, dates, and hours of the week, any of a list', () => {
    const grant = `{ owner: provider, when: [{ calendar: district, category: EVENT }, { from: 2026-02-10T08:00, to: 2026-02-11 }, { weekly: { days: [fri], from: "15:00", to: "15:30" } }] }`;
    const whys = [
      '2026-05-04T12:00-05:00',
      '2026-02-10T08:00-06:00',
      '2026-02-11T10:00-06:00',
      '2026-02-13T15:29-06:00',
    ];
    expect(whys.map((at) => ask(grant, at).why)).toEqual(['e#0', 'e#0', 'base', 'e#0']);
  });

  it('the shorter window wins among equals, and the reason names it', () => {
    const grants = `{ owner: internal, when: { calendar: district, category: TESTING } }, { owner: provider, when: { weekly: { days: [tue], from: "09:00", to: "10:00" } } }`;
    const told = ask(grants, '2026-03-10T09:30-05:00');
    expect(told).toMatchObject({ candidates: ['e#1', 'e#0', 'base'], ambiguous: false });
    expect(told.ranks.map((r) => r.tuple)).toEqual([
      [-300, 0, 3600, -Date.parse('2026-01-01T00:00-06:00'), 'e#1'],
      [-300, 0, 12 * 86400, -Date.parse('2026-01-01T00:00-06:00'), 'e#0'],
    ]);
    expect(told.text).toContain('until Tue 10 Mar, 10:00 (Tue 09:00 to 10:00), as agreed in e');
    expect(ask(grants, '2026-03-10T12:30-05:00').text).toContain('(TESTING: State test)');
  });

  it('linger ends after `linger`, and never outlives the agreement', () => {
    const until = (engagement: string) => ask(TEST, '2026-03-21T20:00:00-05:00', {}, {}, engagement).why;
    expect(until('')).toBe('linger:e#0');
    expect(until('until: 2026-03-21T19:00,')).toBe('base');
    const dates = '{ owner: provider, when: { from: 2026-12-24, to: 2026-12-25T16:00 } }';
    expect(ask(dates, '2026-12-25T17:00-06:00').why).toBe('linger:e#0');
    expect(
      ask(
        `{ owner: provider, scope: { domain: wireless }, when: { from: 2026-12-24, to: 2026-12-25T16:00 } }`,
        '2026-12-25T17:00-06:00',
      ).why,
    ).toBe('base');
    expect(
      ask(
        '{ owner: provider, if: { enrolment: ">= 1" }, when: { from: 2026-12-24, to: 2026-12-25T16:00 } }',
        '2026-12-25T17:00-06:00',
      ).why,
    ).toBe('base');
  });
});

describe('conditions', () => {
  const owner = (condition: string, at = '2026-02-02T10:00-06:00', state: RouteState = {}) =>
    ask(`{ owner: provider, if: ${condition} }`, at, {}, state).owner;

  it.each([
    ['{ enrolment: ">= 400" }', '2026-08-18T23:59-05:00', 'internal'],
    ['{ enrolment: ">= 400" }', '2026-08-19T00:00-05:00', 'provider'],
    ['{ enrolment: "< 400", mode: remote }', '2026-02-02T10:00-06:00', 'provider'],
    ['{ mode: "!= remote" }', '2026-02-02T10:00-06:00', 'internal'],
    ['{ unknown: "!= 1" }', '2026-02-02T10:00-06:00', 'internal'],
    ['{ enrolment: 380 }', '2025-12-31T10:00-06:00', 'internal'],
    ['{ enrolment: 380 }', '2026-02-02T10:00-06:00', 'provider'],
  ])('%s at %s: %s', (condition, at, expected) => expect(owner(condition, at)).toBe(expected));

  it('a load threshold counts only while it is latched; its reason is in plain words', () => {
    const load = '{ load: { party: internal, over: 8, clear: 3 } }';
    expect(owner(load)).toBe('internal');
    expect(owner(load, '2026-02-02T10:00-06:00', { latched: { 'e#0': false } })).toBe('internal');
    expect(owner(load, '2026-02-02T10:00-06:00', { latched: { 'e#0': true } })).toBe('provider');
    const { text } = ask(
      `{ owner: provider, if: ${load} }`,
      '2026-02-02T10:00-06:00',
      {},
      { latched: { 'e#0': true } },
    );
    expect(text).toContain("while the school's own IT has too much at once (more than 8 open alerts)");
  });

  it('what is left out again', () => {
    const grant = '{ owner: provider, scope: { domain: infrastructure, not: { domain: cabling, zone: "main/*" } } }';
    const of = (more: Partial<RouteAlert>) => ask(grant, '2026-02-02T10:00-06:00', more).owner;
    expect(of({})).toBe('provider');
    expect(of({ domain: 'cabling', zone: 'gym/1' })).toBe('provider');
    expect(of({ domain: 'cabling', zone: 'main/1' })).toBe('internal');
  });
});

describe('agreed ladders', () => {
  const MONDAY = '2026-02-02T15:50:00-06:00';
  const steps = (ladder: string, at = MONDAY, extra = '', state: RouteState = {}) =>
    ask(`{ owner: provider, ladder: [${ladder}] }`, at, {}, state, extra).steps.map(
      (s) => `${s.after_s} ${s.party}/${s.contact}${s.transfer ? ' takes over' : ''}`,
    );

  it('parties, contacts, the other side and the safety net, each at its own time', () => {
    expect(
      steps(
        '{ to: owner, after: 0m }, { to: lead, after: 5m }, { to: lee, after: 6m }, { to: other, after: 7m, transfer: true }, { to: internal, after: 15m }, { to: head, after: 20m }, { to: safety_net, after: 25m }',
      ),
    ).toEqual([
      '0 provider/noc',
      '300 provider/lead',
      '360 internal/lee',
      '420 internal/kim takes over',
      '1200 safety_net/head',
      '1500 safety_net/head,noc',
      '3300 safety_net/head,noc',
    ]);
  });

  it('an alert that was claimed follows the usual ladder of the claimer', () => {
    const told = ask(
      '{ owner: provider, ladder: [{ to: owner, after: 1m }] }',
      '2026-02-02T10:00-06:00',
      {},
      { claims: { a1: 'internal' } },
    );
    expect(told).toMatchObject({ owner: 'internal', why: 'claimed by internal', candidates: ['e#0', 'base'] });
    expect(told.steps.map((s) => s.after_s)).toEqual([0, 600, 1200, 1800, 3600]);
    expect(told.text).toContain('took this one by hand');
  });
});

describe('a fresh hand-over', () => {
  const grant = (handover: string) =>
    `{ owner: provider, when: { from: 2026-02-02T10:00, to: 2026-02-03T10:00 }, handover: { ${handover} } }`;
  const second = (handover: string, at: string, state: RouteState = {}) =>
    ask(grant(handover), at, {}, state)
      .steps.slice(0, 2)
      .map((s) => `${s.after_s} ${s.party}`);

  it('the outgoing party is told second for the agreed overlap, at the beginning and at the end', () => {
    expect(second('overlap: 15m', '2026-02-02T10:14:59-06:00')).toEqual(['0 provider', '300 internal']);
    expect(second('overlap: 15m', '2026-02-02T10:15:00-06:00')).toEqual(['0 provider', '600 provider']);
    expect(second('overlap: 15m', '2026-02-03T10:05:00-06:00')).toEqual(['0 internal', '300 provider']);
    expect(second('overlap: 15m', '2026-02-03T10:15:00-06:00')).toEqual(['0 internal', '600 internal']);
    expect(second('brief: 1h', '2026-02-02T10:05:00-06:00')).toEqual(['0 provider', '600 provider']);
  });

  it('one that must be accepted keeps the outgoing party on the ladder until it is', () => {
    const id = 'e#0@2026-02-02T16:00:00.000Z';
    expect(second('accept: required', '2026-02-02T15:00:00-06:00')).toEqual(['0 provider', '300 internal']);
    expect(second('accept: required', '2026-02-02T15:00:00-06:00', { accepted: { [id]: true } })).toEqual([
      '0 provider',
      '600 provider',
    ]);
  });
});

describe('explanations', () => {
  it('say when the answer changes next, and to what', () => {
    const TEST = '{ owner: provider, when: { calendar: district, category: TESTING, lead: 3d } }';
    const next = (at: string, more: Partial<RouteAlert> = {}) => ask(TEST, at, more).next_change;
    expect(next('2026-02-02T10:00-06:00')).toEqual({ at: '2026-03-06T06:00:00.000Z', owner: 'provider', why: 'e#0' });
    expect(next('2026-03-10T10:00-05:00')).toEqual({
      at: '2026-03-21T05:00:00.000Z',
      owner: 'provider',
      why: 'linger:e#0',
    });
    expect(next('2026-03-21T10:00-05:00')).toEqual({ at: '2026-03-23T12:00:00.000Z', owner: 'internal', why: 'base' });
    expect(next('2026-06-21T10:00-05:00')).toBeNull();
  });

  it('tell a tie that only the date of approval or the id broke', () => {
    const tie = '{ owner: provider, scope: { zone: "a/*" } }, { owner: internal, scope: { vendor: cisco } }';
    expect(ask(tie, '2026-02-02T10:00-06:00', { zone: 'a/1', vendor: 'cisco' })).toMatchObject({
      why: 'e#0',
      ambiguous: true,
    });
    expect(ask(tie, '2026-02-02T10:00-06:00', { zone: 'a/1' }).ambiguous).toBe(false);
  });

  it('name the configuration: the same for the same terms, another when they change, whatever the secrets', () => {
    const version = (grants: string) => ask(grants, '2026-02-02T10:00-06:00').config_version;
    expect(version('{ owner: provider }')).toMatch(/^[0-9a-f]{12}$/);
    expect(version('{ owner: provider }')).toBe(version('{ owner: provider }'));
    expect(version('{ owner: provider }')).not.toBe(version('{ owner: internal }'));
  });
});
