import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextEdge, nextShift } from '../../../../collector/engagement/horizon.ts';
import { onCallSpans } from '../../../../collector/engagement/on-call/on-call-now.ts';
import { shiftProblems } from '../../../../collector/engagement/on-call/shift-problems.ts';
import { type Plan, planSchool } from '../../../../collector/engagement/plan.ts';
import type { OnCall } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 9, 20);
const PEOPLE = ['a', 'b', 'c', 'd'];
const ZONES = ['America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'] as const;

const base = parseSchool(
  `
school: s
tz: UTC
parties: { p: { contacts: [a, b, c, d], coverage: always } }
safety_net: [a]
base: { owner: p }
`,
  's.yaml',
);

const person = fc.constantFrom(...PEOPLE);
const span = fc
  .tuple(fc.integer({ min: -30, max: 24 * 30 }), fc.integer({ min: 1, max: 200 }))
  .map(([from, hours]) => ({ start: START + from * HOUR, end: START + (from + hours) * HOUR }));

/** Everything that can name somebody, at random and on top of each other. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    tz: fc.constantFrom(...ZONES),
    rotation: fc.option(
      fc.record({
        contacts: fc.uniqueArray(person, { minLength: 1 }),
        firstDay: fc.integer({ min: START / DAY - 20, max: START / DAY + 10 }),
        everyDays: fc.constantFrom(1, 7),
        handoverMinutes: fc.constantFrom(0, 90, 150, 480),
      }),
      { nil: undefined },
    ),
    overrides: fc.array(fc.tuple(person, span), { maxLength: 4 }),
    events: fc.array(fc.tuple(fc.constantFrom(...PEOPLE, 'nobody'), span), { maxLength: 8 }),
  })
  .map(({ tz, rotation, overrides, events }) => {
    const onCall: OnCall = {
      ...(rotation && { rotation }),
      overrides: overrides.map(([contact, { start, end }]) => ({ contact, from: start, to: end })),
      calendar: 'duty',
      match: [],
      lookAheadMs: 3 * DAY,
    };
    const duty = events
      .map(([summary, times]) => ({ ...times, summary, categories: [] }))
      .sort((x, y) => x.start - y.start);
    const parties = new Map([['p', { ...base.parties.get('p')!, onCall }]]);
    return planSchool({ ...base, tz, parties, calendars: new Map([['duty', { id: 'duty', events: duty }]]) });
  });
const instants = fc.array(fc.integer({ min: 0, max: 40 * 24 * 60 }), { minLength: 20 });

it('the next shift is the first instant at which somebody else is on call, and the desk is told of every instant that may change it', () => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 0, max: 20 * DAY }), instants, (plan, offset, ats) => {
      const after = START + offset;
      const duty = plan.duties.get('p')!;
      const next = nextShift(plan, 'p', after, after + 40 * DAY);
      const end = next?.at ?? after + 40 * DAY;
      for (const minute of ats) {
        const at = after + minute * 60_000;
        if (at < end) expect(duty.present(at)).toBe(duty.present(after));
      }
      if (!next) return;
      expect(duty.present(next.at)).toBe(next.contact);
      expect(duty.present(next.at - 1)).toBe(duty.present(after));
      expect(next.contact).not.toBe(duty.present(after));
      expect(nextEdge(plan, after, after + 41 * DAY)).toBeLessThanOrEqual(next.at);
    }),
  );
});

it('spans have no holes and one contact each, which is that of every instant in them', () => {
  fc.assert(
    fc.property(plans, instants, (plan, ats) => {
      const duty = plan.duties.get('p')!;
      const spans = onCallSpans(duty, START, START + 30 * DAY);
      expect([spans[0]!.start, spans.at(-1)!.end]).toEqual([START, START + 30 * DAY]);
      for (const [i, { start }] of spans.entries()) if (i > 0) expect(start).toBe(spans[i - 1]!.end);
      for (const minute of ats) {
        const at = START + minute * 60_000;
        const of = spans.find(({ start, end }) => start <= at && at < end);
        if (!of) continue;
        expect([of.contact, of.named]).toEqual([duty.contact(at), duty.named(at)?.contact]);
      }
    }),
  );
});

it('an instant is a problem exactly when nobody is named although a calendar should, or who is told cannot be', () => {
  fc.assert(
    fc.property(plans, instants, (plan, ats) => {
      const duty = plan.duties.get('p')!;
      const reachable = (contact: string): boolean => contact !== 'd';
      const problems = shiftProblems(duty, START, START + 30 * DAY, reachable);
      for (const minute of ats) {
        const at = START + minute * 60_000;
        if (at >= START + 30 * DAY) continue;
        const found = problems.filter(({ start, end }) => start <= at && at < end);
        const unreachable = duty.contact(at) === 'd';
        const empty = duty.named(at) === undefined && duty.onCall!.onCall.rotation === undefined;
        expect(found.map(({ kind }) => kind === 'unreachable')).toEqual(unreachable ? [true] : empty ? [false] : []);
      }
    }),
  );
});
