import { describe, expect, it } from 'vitest';
import { DEFAULT_HANDOVER } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { ConfigError } from '../../../runtime/config-error.ts';

const DAY = 86_400_000;

/** Every way to write what was agreed. */
const FULL = `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [noc]
base: { owner: internal }
linger: 24h
calendars:
  house:
    - { start: 2027-06-07, end: 2027-06-19, categories: [CLOSE_OUT, EVENT], summary: Close }
    - { start: 2027-03-08, categories: TESTING }
    - { start: 2027-03-10, categories: TESTING, status: CANCELLED }
  web: { url: "https://d.example.org/x.ics" }
  disk: { file: ../calendars/x.ics, map: [{ summary: "(?i)state test", category: TESTING }, { categories: ^Break$, category: NO_SCHOOL }] }
facts:
  - { from: 2026-08-19, enrolment: 431, mode: in-person }
  - { from: 2025-08-20, enrolment: 380 }
engagements:
  - id: seasons
    kind: threshold
    status: approved
    approvals: [internal, provider]
    ladder: [{ to: owner, after: 0m }, { to: kim, after: 10m, transfer: true }]
    sla: { resolve: 4h }
    handover: { give: none }
    grants:
      - owner: provider
        scope: { grades: [4, K], grades_match: only, not: { zone: "annex/*" } }
        priority: 310
        when:
          - { from: 2027-03-08, to: 2027-03-20T12:00 }
          - { weekly: { days: [sat, sun], from: "00:00", to: "24:00" } }
          - { calendar: house, category: TESTING, lead: 3d, lag: 12h }
        informed: []
        sla: { critical: { ack: 15m }, warning: { update: 60m, calendar: school-hours } }
        handover: { take: all, brief: 2d, overlap: 15m, accept: required }
      - { owner: provider, when: { calendar: web } }
  - id: growth
    kind: threshold
    status: draft
    grants:
      - { owner: provider, when: always, if: { load: { party: internal, over: 8, clear: 3 }, enrolment: ">= 400", mode: "!=remote", open: true } }
`;

function event(start: string, end: string, categories: string[], summary = '') {
  return { start: Date.parse(start), end: Date.parse(end), categories, summary };
}

function problemsOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('what a school file may agree', () => {
  it('reads when, if, informed, ladder, sla and handover; what a grant does not say its engagement says', () => {
    const school = parseSchool(FULL, '/etc/schools/x.yaml');
    const [seasons, growth] = school.engagements;
    const [first, second] = seasons!.grants;
    expect(first).toEqual({
      id: 'seasons#0',
      owner: 'provider',
      scope: { grades: { list: ['4', 'K'], match: 'only' }, not: { zone: ['annex/*'] } },
      priority: 310,
      when: [
        { kind: 'dates', start: Date.parse('2027-03-08T00:00-06:00'), end: Date.parse('2027-03-20T12:00-05:00') },
        { kind: 'weekly', weekly: { days: [6, 0], from: 0, to: 1440 } },
        { kind: 'calendar', calendar: 'house', categories: ['TESTING'], leadMs: 3 * DAY, lagMs: DAY / 2 },
      ],
      informed: [],
      ladder: [
        { to: 'owner', afterMs: 0, transfer: false },
        { to: 'kim', afterMs: 600_000, transfer: true },
      ],
      sla: {
        critical: { ackMs: 900_000, calendar: '24x7' },
        warning: { updateMs: 3_600_000, calendar: 'school-hours' },
      },
      handover: { take: 'all', give: 'none', briefMs: 2 * DAY, overlapMs: 900_000, accept: 'required' },
    });
    expect(second).toMatchObject({
      priority: 300,
      when: [{ kind: 'calendar', categories: [] }],
      handover: { ...DEFAULT_HANDOVER, give: 'none' },
      sla: Object.fromEntries(
        ['info', 'warning', 'critical'].map((s) => [s, { resolveMs: 4 * 3_600_000, calendar: '24x7' }]),
      ),
    });
    expect(second!.ladder).toEqual(first!.ladder);
    expect(growth!.grants[0]!.condition).toEqual({
      load: { party: 'internal', severity: 'info', over: 8, forMs: 300_000, clear: 3, holdMs: 3_600_000 },
      facts: [
        { fact: 'enrolment', operator: '>=', value: 400 },
        { fact: 'mode', operator: '!=', value: 'remote' },
        { fact: 'open', operator: '==', value: true },
      ],
    });
    expect(growth!.grants[0]!.when).toBeUndefined();
  });

  it('reads calendars and facts; cancelled events are left out, an event without an end is a day long', () => {
    const { calendars, facts, lingerMs } = parseSchool(FULL, '/etc/schools/x.yaml');
    expect(calendars.get('house')).toEqual({
      id: 'house',
      events: [
        event('2027-03-08T00:00-06:00', '2027-03-09T00:00-06:00', ['TESTING']),
        event('2027-06-07T00:00-05:00', '2027-06-19T00:00-05:00', ['CLOSE_OUT', 'EVENT'], 'Close'),
      ],
    });
    expect(calendars.get('web')?.feed).toEqual({ location: { url: 'https://d.example.org/x.ics' }, map: [] });
    expect(calendars.get('disk')?.feed).toEqual({
      location: { file: '/etc/calendars/x.ics' },
      map: [
        { category: 'TESTING', summary: '(?i)state test' },
        { category: 'NO_SCHOOL', categories: '^Break$' },
      ],
    });
    expect(facts).toEqual([
      { from: Date.parse('2025-08-20T00:00-05:00'), values: { enrolment: 380 } },
      { from: Date.parse('2026-08-19T00:00-05:00'), values: { enrolment: 431, mode: 'in-person' } },
    ]);
    expect(lingerMs).toBe(DAY);
  });

  it.each<[string, string, string, string]>([
    ['a window that is none', '{ from: 2027-03-08, to: 2027-03-20T12:00 }', '{ form: 2027-03-08 }', 'grants[0].when'],
    [
      'a window that ends before it starts',
      'from: 2027-03-08',
      'from: 2027-04-08',
      'when[0].to: expected a time after `from`',
    ],
    [
      'a calendar that is not there',
      'calendar: house, category',
      'calendar: hause, category',
      'when[2].calendar: expected one of the calendars (house, web, disk)',
    ],
    ['a lead without a unit', 'lead: 3d', 'lead: 3', 'when[2].lead: expected a duration such as 30s'],
    ['a load of a stranger', 'party: internal, over', 'party: nobody, over', 'if.load.party: expected a party'],
    ['a load without clear', 'over: 8, clear: 3', 'over: 8', 'if.load.clear: expected'],
    [
      'a step to a stranger',
      'to: kim',
      'to: tim',
      'ladder[1].to: expected owner, other, safety_net, a party or a contact',
    ],
    [
      'an empty ladder',
      '[{ to: owner, after: 0m }, { to: kim, after: 10m, transfer: true }]',
      '[]',
      'ladder: expected at least 1 entry',
    ],
    ['a stranger who is informed', 'informed: []', 'informed: [me]', 'informed[0]: expected a party'],
    ['an unknown severity of an SLA', 'critical: { ack', 'urgent: { ack', 'sla'],
    ['an unknown take', 'take: all', 'take: some', 'handover.take: expected one of unacked, new, all'],
    ['grades_match alone', 'grades: [4, K], ', '', 'scope.grades_match: expected `grades` beside it'],
    [
      'a pattern that is none',
      '(?i)state test',
      '(?i)state (test',
      'calendars.disk.map[0].summary: expected a regular expression',
    ],
    [
      'a mapping of nothing',
      'summary: "(?i)state test", ',
      '',
      'calendars.disk.map[0]: expected `summary` or `categories` to match',
    ],
    [
      'an event that ends before it starts',
      'end: 2027-06-19',
      'end: 2027-06-01',
      'calendars.house[0].end: expected a time after `start`',
    ],
    ['a fact of no date', 'from: 2025-08-20', 'from: soon', 'facts[1].from: expected a date'],
    ['a fact that is a list', 'enrolment: 380', 'enrolment: [380]', 'facts[1].enrolment: expected'],
  ])('refuses %s', (_name, from, to, expected) => {
    const text = FULL.replace(from, to);
    expect(text).not.toBe(FULL);
    expect(problemsOf(() => parseSchool(text, 'x.yaml'))).toContain(expected);
  });
});
