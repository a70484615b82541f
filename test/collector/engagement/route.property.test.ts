import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RouteAlert, RouteState } from '../../../collector/engagement/decision.ts';
import { nextChange } from '../../../collector/engagement/horizon.ts';
import { planSchool } from '../../../collector/engagement/plan.ts';
import { createResponsibility } from '../../../collector/engagement/responsibility.ts';
import { route } from '../../../collector/engagement/route.ts';
import type { Engagement, School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns'] as const;

/** Everything an engagement can say, in one school. */
const text = (tz: string): string => `
school: s
tz: ${tz}
parties:
  internal:
    contacts: [a, b]
    coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }, { weekly: { days: [sun], from: "01:30", to: "03:15" } }]
    absences: [{ who: [a], from: 2026-03-01, to: 2026-04-10 }, { who: [a, b], from: 2026-10-20, to: 2026-11-03 }]
  provider: { contacts: [n, l], coverage: always, absences: [{ who: n, from: 2026-03-20, to: 2026-04-20 }] }
  cabler: { contacts: [d], coverage: [{ weekly: { days: [fri, sat], from: "22:00", to: "02:30" } }] }
safety_net: [p, n]
base: { owner: internal }
facts: [{ from: 2026-03-15, enrolment: 420 }]
calendars:
  district:
    - { start: 2026-03-09, end: 2026-03-29, categories: [TESTING] }
    - { start: 2026-03-28T02:30, end: 2026-04-05T02:30, categories: [CLOSE_OUT] }
    - { start: 2026-10-25T01:30, end: 2026-11-01T01:30, categories: [START_UP] }
engagements:
  - { id: full, kind: full, ${agreed('provider')}, ladder: [{ to: l, after: 10m }, { to: other, after: 20m, transfer: true }, { to: safety_net, after: 30m }], grants: [{ owner: provider }] }
  - { id: doms, kind: domain, ${agreed('provider, cabler')}, grants: [{ owner: cabler, scope: { domain: cabling } }, { owner: provider, scope: { domain: [wan, infrastructure], not: { zone: "main/*" } } }, { owner: internal, scope: { grades: [4, K], grades_match: only } }] }
  - { id: seas, kind: threshold, ${agreed('provider')}, handover: { overlap: 30m, accept: required }, grants: [{ owner: provider, when: [{ calendar: district, category: TESTING, lead: 3d, lag: 2h }, { weekly: { days: [sun], from: "02:00", to: "03:00" } }] }, { owner: cabler, when: { calendar: district, category: [CLOSE_OUT, START_UP] } }] }
  - { id: load, kind: threshold, ${agreed('provider')}, grants: [{ owner: provider, if: { load: { party: internal, over: 3, clear: 1 } } }, { owner: provider, if: { enrolment: ">= 400" }, scope: { domain: wireless } }] }
  - { id: hoc, kind: adhoc, ${agreed('provider')}, from: 2026-03-28, until: 2026-04-15, grants: [{ owner: cabler, scope: { vendor: cis*, severity: ">=warning" } }] }
`;
function agreed(parties: string): string {
  return `status: approved, approvals: [internal, ${parties}], approved_at: 2026-01-05`;
}

const schools = new Map(ZONES.map((zone) => [zone, parseSchool(text(zone), 'school.yaml')]));

const some = <T>(all: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...all]);

/** A school of which contacts, coverage, absences, windows and agreements were taken away at random. */
const broken: fc.Arbitrary<School> = fc.constantFrom(...ZONES).chain((zone) => {
  const whole = schools.get(zone)!;
  const parties = [...whole.parties.values()].map((party) =>
    fc
      .record({
        contacts: some(party.contacts),
        coverage: party.coverage === 'always' ? fc.constantFrom('always' as const, []) : some(party.coverage),
        absences: some(party.absences),
      })
      .map((left) => [party.id, { ...party, ...left }] as const),
  );
  const district = whole.calendars.get('district')!;
  return fc
    .record({
      parties: fc.tuple(...parties),
      engagements: fc.shuffledSubarray([...whole.engagements]),
      events: some(district.events),
      facts: some(whole.facts),
      safetyNet: fc.constantFrom(whole.safetyNet, ['p']),
      passUncoveredAt: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
      lingerMs: fc.constantFrom(0, 3_600_000, whole.lingerMs),
      maxHoldMs: fc.constantFrom(60_000, whole.maxHoldMs),
    })
    .map(({ parties: left, events, ...rest }) => ({
      ...whole,
      ...rest,
      parties: new Map(left),
      calendars: new Map([['district', { ...district, events }]]),
    }));
});

const alerts: fc.Arbitrary<RouteAlert> = fc.record(
  {
    id: fc.constantFrom('1', '2', '3'),
    domain: fc.constantFrom('wan', 'cabling', 'wireless', 'daily', 'agent', 'infrastructure'),
    severity: fc.constantFrom('info' as const, 'warning' as const, 'critical' as const),
    zone: fc.constantFrom('main/1', 'gym/2'),
    vendor: fc.constantFrom('Cisco', 'meraki'),
    grades: fc.subarray([4, 'K', 2] as (number | string)[]),
  },
  { requiredKeys: ['id', 'domain', 'severity'] },
);

/** Around each change of the clocks in 2026, in all four zones, and anywhere else in the year. */
const CHANGES = [
  '2026-03-08T07:00Z',
  '2026-03-29T01:00Z',
  '2026-04-04T15:00Z',
  '2026-10-03T15:30Z',
  '2026-10-25T01:00Z',
  '2026-11-01T06:00Z',
];
const instants = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -48 * 3600, max: 48 * 3600 }))
    .map(([at, s]) => Date.parse(at) + s * 1000),
  fc.integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2027, 0) / 1000 }).map((s) => s * 1000),
);

const states: fc.Arbitrary<RouteState> = fc.record({
  latched: fc.constantFrom({}, { 'load#0': true }),
  claims: fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('1', '2'), fc.constantFrom('internal', 'provider', 'gone')) },
  ),
});

it('whoever is missing, an alert has an owner, a recipient and a reason; an urgent one at once; and the order of the file does not matter', () => {
  fc.assert(
    fc.property(broken, alerts, instants, states, fc.nat(), (school, alert, at, state, seed) => {
      const decision = createResponsibility(school).route(alert, at, state);
      expect(decision.fault).toBeUndefined();
      expect(school.parties.has(decision.owner)).toBe(true);
      const told = decision.steps;
      const net = told.at(-1)!;
      expect(net).toMatchObject({ party: 'safety_net', contact: school.safetyNet.join(','), repeat_s: 1800 });
      expect(told.every((step) => step.contact !== '')).toBe(true);
      expect(told.every((step, i) => i === 0 || told[i - 1]!.after_s <= step.after_s)).toBe(true);
      // Nobody waits longer than the hold and an hour for the first word.
      expect(told[0]!.after_s * 1000).toBeLessThanOrEqual(school.maxHoldMs + 3_600_000);
      if (alert.severity === 'critical') {
        expect(told[0]!.after_s).toBe(0);
        expect(decision.held).toBeNull();
      }
      expect(decision.candidates.at(-1)).toBe('base');

      const again = route(planSchool(school), alert, at, state);
      const { text, config_version, ...routing } = decision;
      expect(again).toEqual(routing);
      expect([text, config_version]).not.toContain('');
      const turned = [...school.engagements];
      const cut = seed % (turned.length + 1);
      const rotated: Engagement[] = [...turned.slice(cut), ...turned.slice(0, cut)].reverse();
      expect(route(planSchool({ ...school, engagements: rotated }), alert, at, state)).toEqual(again);
    }),
    { numRuns: 20_000 },
  );
}, 120_000);

it('the answer holds until the change that is announced, and is another one from then on', () => {
  fc.assert(
    fc.property(
      broken,
      alerts,
      instants,
      states,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (school, alert, at, state, part) => {
        const plan = planSchool(school);
        const now = route(plan, alert, at, state);
        const next = nextChange(plan, alert, at, state, at + 30 * 86_400_000);
        const end = next?.at ?? at + 30 * 86_400_000;
        const between = route(plan, alert, Math.floor(at + (end - 1 - at) * part), state);
        expect({ owner: between.owner, why: between.why }).toEqual({ owner: now.owner, why: now.why });
        if (!next) return;
        const then = route(plan, alert, next.at, state);
        expect([then.owner, then.why]).not.toEqual([now.owner, now.why]);
      },
    ),
    { numRuns: 1_000 },
  );
}, 120_000);
