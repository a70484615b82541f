import { describe, expect, it } from 'vitest';
import { coverageJson } from '../../../../collector/coverage-command.ts';
import { publishCalendar } from '../../../../collector/engagement/calendar/ical-publish.ts';
import { type Coverage, coverageOf } from '../../../../collector/engagement/coverage/coverage.ts';
import { dayRuns } from '../../../../collector/engagement/coverage/coverage-days.ts';
import { coverageText } from '../../../../collector/engagement/coverage/coverage-text.ts';
import { responsibilitySpans } from '../../../../collector/engagement/coverage/responsibility-spans.ts';
import { SEVERITIES, type Severity } from '../../../../collector/engagement/decision.ts';
import { planSchool } from '../../../../collector/engagement/plan.ts';
import { route } from '../../../../collector/engagement/route.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';
import { parseInstant } from '../../../../collector/engagement/zoned-time.ts';

const ZONE = 'America/New_York';
const at = (text: string): number => parseInstant(text, ZONE)!;
const WEEKDAYS = '[{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "17:00" } }]';
const CHANNEL = '{ channels: [{ type: ntfy, url: "https://ntfy.example.org/x" }] }';
const agreed = 'status: approved, approvals: [internal, provider], approved_at: 2026-07-01';
const plan = (engagements: string, provider = 'always') =>
  planSchool(
    parseSchool(
      `school: hilltop
tz: ${ZONE}
parties:
  internal: { contacts: [kim], coverage: ${WEEKDAYS} }
  provider: { contacts: [noc], coverage: ${provider} }
safety_net: [head, noc]
base: { owner: internal }
calendars: { district: [{ start: 2027-03-08, end: 2027-03-20, categories: TESTING }] }
engagements:
${engagements}`,
      'x.yaml',
    ),
  );
const TESTS = `  - { id: tests, kind: threshold, ${agreed}, grants: [{ owner: provider, scope: { domain: infrastructure }, when: { calendar: district, category: TESTING, lead: 1d } }] }`;
const NIGHTS = `  - { id: nights, kind: threshold, ${agreed}, grants: [{ owner: provider, scope: { severity: critical }, when: { weekly: { days: [sun, mon, tue, wed, thu, fri, sat], from: "17:00", to: "07:00" } } }] }`;
const MORE = `  - { id: load, kind: threshold, priority: 250, ${agreed}, grants: [{ owner: provider, if: { load: { party: internal, over: 8, clear: 3 } } }] }
  - { id: wing, kind: adhoc, ${agreed}, from: 2027-03-01, until: 2027-03-15, grants: [{ owner: provider, scope: { zone: "wing-b/*", domain: cabling } }] }
  - { id: later, kind: adhoc, ${agreed}, from: 2027-05-01, until: 2027-06-01, grants: [{ owner: provider, scope: { device: sw-1 } }] }`;

const laneOf = ({ lanes }: Coverage, domain: string, severity: Severity = 'warning') =>
  lanes.find((lane) => lane.domain === domain && lane.severities.includes(severity))!;

describe('coverage', () => {
  it('says who owns each domain when, and why, a window that lingers included', () => {
    const coverage = coverageOf(plan(TESTS), at('2027-03-01'), 30);
    const spans = laneOf(coverage, 'wireless').spans;
    expect(spans).toEqual([
      { start: at('2027-03-01'), end: at('2027-03-07'), owner: 'internal', why: 'base' },
      { start: at('2027-03-07'), end: at('2027-03-20'), owner: 'provider', why: 'tests#0' },
      { start: at('2027-03-20'), end: at('2027-03-22T07:00'), owner: 'provider', why: 'linger:tests#0' },
      { start: at('2027-03-22T07:00'), end: at('2027-03-31'), owner: 'internal', why: 'base' },
    ]);
    expect(laneOf(coverage, 'inventory').spans).toHaveLength(1);
    expect(new Set(coverage.lanes.map(({ domain }) => domain))).toEqual(
      new Set(
        'wan routing switching cabling wireless power environment dns_dhcp test_platform inventory daily agent'.split(
          ' ',
        ),
      ),
    );
  });

  it('lists the hand-overs with the domains that pass together', () => {
    const { handovers } = coverageOf(plan(TESTS), at('2027-03-01'), 30, ['wan', 'wireless', 'daily']);
    expect(handovers.map((h) => [h.at, h.from, h.to, h.why, h.lanes.map(({ domain }) => domain)])).toEqual([
      [at('2027-03-07'), 'internal', 'provider', 'tests#0', ['wan', 'wireless']],
      [at('2027-03-22T07:00'), 'provider', 'internal', 'base', ['wan', 'wireless']],
    ]);
  });

  it('tells severities apart only where an agreement does', () => {
    expect(laneOf(coverageOf(plan(TESTS), at('2027-03-01'), 3), 'wan').severities).toEqual(SEVERITIES);
    const coverage = coverageOf(plan(NIGHTS), at('2027-03-01'), 3, ['wan']);
    expect(coverage.lanes.map(({ severities }) => severities)).toEqual([['info', 'warning'], ['critical']]);
    expect(laneOf(coverage, 'wan', 'critical').spans.map(({ owner }) => owner)).toEqual(
      'provider internal provider internal provider internal provider'.split(' '),
    );
  });

  it('shows the gaps: who acts while nobody of the owner is on duty', () => {
    const provider = '[{ weekly: { days: [sat, sun], from: "08:00", to: "12:00" } }]';
    const { gaps } = laneOf(coverageOf(plan('  []', provider), at('2027-03-05'), 4), 'wan');
    expect(gaps.map(({ start, end, acting }) => [start, end, acting])).toEqual([
      [at('2027-03-05'), at('2027-03-05T07:00'), 'safety_net'],
      [at('2027-03-05T17:00'), at('2027-03-06T08:00'), 'safety_net'],
      [at('2027-03-06T08:00'), at('2027-03-06T12:00'), 'provider'],
      [at('2027-03-06T12:00'), at('2027-03-07T08:00'), 'safety_net'],
      [at('2027-03-07T08:00'), at('2027-03-07T12:00'), 'provider'],
      [at('2027-03-07T12:00'), at('2027-03-08T07:00'), 'safety_net'],
      [at('2027-03-08T17:00'), at('2027-03-09'), 'safety_net'],
    ]);
  });

  it('names what it cannot show: load thresholds, and grants for a part of a domain in that time', () => {
    const coverage = coverageOf(plan(MORE), at('2027-03-01'), 30);
    expect(coverage.unforeseeable.map(({ grant }) => grant.id)).toEqual(['load#0']);
    expect(coverage.partial.map(({ grant }) => grant.id)).toEqual(['wing#0']);
    expect(coverageText(plan(MORE), coverage)).toContain(
      'load#0: provider takes over while internal has more than 8 open alerts; when cannot be foreseen',
    );
  });

  it('agrees with routing at every hour, also where the clocks change', () => {
    const school = plan(`${TESTS}\n${NIGHTS}`);
    const coverage = coverageOf(school, at('2027-03-05'), 20);
    for (const domain of ['wan', 'daily'])
      for (const severity of SEVERITIES)
        for (let t = coverage.start; t < coverage.end; t += 3_600_000) {
          const span = laneOf(coverage, domain, severity).spans.find(({ start, end }) => start <= t && t < end)!;
          const { owner, why, acting } = route(school, { id: 1, domain, severity }, t);
          expect([span.owner, span.why]).toEqual([owner, why]);
          const gap = laneOf(coverage, domain, severity).gaps.find(({ start, end }) => start <= t && t < end);
          if (severity === 'critical') expect(gap?.acting ?? owner).toBe(acting);
        }
  });
});

describe('a year written down', () => {
  const span = (start: string, end: string, owner: string) => ({ start: at(start), end: at(end), owner, why: 'w' });

  it('says once what is alike each day, the day the clocks change too', () => {
    const runs = dayRuns(
      [span('2027-03-01', '2027-03-20T12:00', 'a'), span('2027-03-20T12:00', '2027-03-22', 'b')],
      ZONE,
    );
    expect(
      runs.map(({ first, last, patterns }) => [
        last - first + 1,
        patterns[0]!.parts.map((p) => `${p.hours} ${p.owner}`),
      ]),
    ).toEqual([
      [19, ['all day a']],
      [1, ['00:00-12:00 a', '12:00-24:00 b']],
      [1, ['all day b']],
    ]);
  });

  it('says once what is alike each week, from two weeks on', () => {
    const weekend = (saturday: number) => [
      span(`2027-02-${saturday - 5}`.replace(/-(\d)$/, '-0$1'), `2027-02-${saturday}`, 'a'),
      span(`2027-02-${saturday}`, `2027-02-${saturday + 2}`, 'b'),
    ];
    const runs = dayRuns(
      [15, 22].flatMap((monday) => weekend(monday + 5).slice(0, monday === 22 ? 1 : 2)),
      ZONE,
    );
    expect(runs).toHaveLength(3);
    const three = dayRuns(
      [
        span('2027-02-01', '2027-02-06', 'a'),
        span('2027-02-06', '2027-02-08', 'b'),
        span('2027-02-08', '2027-02-13', 'a'),
        span('2027-02-13', '2027-02-15', 'b'),
        span('2027-02-15', '2027-02-18', 'a'),
      ],
      ZONE,
    );
    expect(three).toHaveLength(1);
    expect(three[0]!.patterns.map(({ weekdays }) => weekdays)).toEqual([
      [1, 2, 3, 4, 5],
      [6, 0],
    ]);
  });
});

describe('people who take turns', () => {
  const turns = planSchool(
    parseSchool(
      `school: hilltop
tz: ${ZONE}
parties:
  internal: { contacts: [kim], coverage: ${WEEKDAYS} }
  provider:
    name: Coastal Tech
    contacts: [noc, ada, ben]
    coverage: always
    on_call: { rotation: { contacts: [ada, ben], start: 2027-03-08, handover: "Mon 08:00" } }
    absences: [{ who: ben, from: 2027-03-20, to: 2027-03-21 }]
contacts: { kim: ${CHANNEL}, noc: ${CHANNEL}, ada: { name: Ada Okafor, ${CHANNEL.slice(2)}, ben: ${CHANNEL} }
safety_net: [kim, noc]
base: { owner: provider }`,
      'x.yaml',
    ),
  );

  it('each shift is told, with who stands in', () => {
    const coverage = coverageOf(turns, at('2027-03-07'), 21);
    expect(coverage.onCall.map(({ party }) => party)).toEqual(['provider']);
    expect(coverageText(turns, coverage)).toContain(
      [
        'On call',
        '  provider',
        '    Sun 7 Mar 2027, 00:00 to Mon 8 Mar 2027, 08:00  noc (no shift)',
        '    Mon 8 Mar 2027, 08:00 to Mon 15 Mar 2027, 08:00  ada (rotation)',
        '    Mon 15 Mar 2027, 08:00 to Sat 20 Mar 2027, 00:00  ben (rotation)',
        '    Sat 20 Mar 2027, 00:00 to Sun 21 Mar 2027, 00:00  ada (rotation, for ben who is absent)',
        '    Sun 21 Mar 2027, 00:00 to Mon 22 Mar 2027, 08:00  ben (rotation)',
        '    Mon 22 Mar 2027, 08:00 to Sun 28 Mar 2027, 00:00  ada (rotation)',
      ].join('\n'),
    );
    expect(coverageJson('hilltop', ZONE, coverage).on_call![0]!.spans[1]).toEqual({
      start: '2027-03-08T13:00:00.000Z',
      end: '2027-03-15T12:00:00.000Z',
      contact: 'ada',
      named: 'ada',
      by: 'rotation',
    });
  });

  it('nothing is said of it where nobody does', () => {
    const coverage = coverageOf(plan(TESTS), at('2027-03-01'), 7);
    expect(coverageText(plan(TESTS), coverage)).not.toContain('On call');
    expect(coverageJson('hilltop', ZONE, coverage)).not.toHaveProperty('on_call');
  });

  it('shifts are published beside what is answered for', () => {
    const spans = responsibilitySpans(turns.school, at('2027-03-07'), 9);
    const text = publishCalendar(spans, { school: 'hilltop', name: 'x', stamp: 0 });
    expect(text.match(/^SUMMARY:.*/gm)!.map((line) => line.trim())).toEqual(
      [
        'SUMMARY:Coastal Tech answers for wan\\, routing\\, switching\\, cabling\\, wirel',
        'SUMMARY:Ada Okafor is on call for Coastal Tech',
        'SUMMARY:ben is on call for Coastal Tech',
      ].map((line, i) => (i === 0 ? expect.stringMatching(/^SUMMARY:Coastal Tech answers for/) : line)),
    );
    expect(new Set(text.match(/^UID:.*/gm)).size).toBe(3);
  });
});
