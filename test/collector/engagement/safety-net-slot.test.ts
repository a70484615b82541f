import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueSlot, nextSlot, weekOf } from '../../../collector/engagement/safety-net-slot.ts';
import type { School } from '../../../collector/engagement/school.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

const school = (calendar = '[]', more = '', tz = 'America/New_York'): School =>
  parseSchool(
    `
school: hilltop
tz: ${tz}
parties: { internal: { contacts: [kim] } }
safety_net: [kim]
base: { owner: internal }
calendars: { district: ${calendar} }
${more}
`,
    'school.yaml',
  );
const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

describe('the weekly slot', () => {
  it.each([
    ['2026-11-24T09:59:59-05:00', undefined, 'not yet'],
    ['2026-11-24T10:00:00-05:00', '2026-11-24', 'Tuesday at ten'],
    ['2026-11-24T13:59:59-05:00', '2026-11-24', 'a little late'],
    ['2026-11-24T14:00:00-05:00', undefined, 'too late for that day'],
    ['2026-11-25T10:00:00-05:00', '2026-11-24', 'the next day, for the same week'],
    ['2026-11-30T10:00:00-05:00', '2026-11-24', 'its last day'],
    ['2026-12-01T10:00:00-05:00', '2026-12-01', 'the next week'],
  ] as [string, string | undefined, string][])('%s: %s (%s)', (now, week) =>
    expect(dueSlot(school(), at(now))?.week).toBe(week),
  );

  it('the file says when', () => {
    const s = school('[]', 'safety_net_test: "fri 23:30"');
    expect(dueSlot(s, at('2026-11-27T23:45:00-05:00'))?.week).toBe('2026-11-27');
    // Not past midnight, which is another day.
    expect(dueSlot(s, at('2026-11-28T00:15:00-05:00'))).toBeUndefined();
    expect(() => school('[]', 'safety_net_test: Friday')).toThrow('a day and time such as "Mon 08:00"');
  });

  it('never on a day that a TESTING event touches: the next day without one', () => {
    const s = school(
      '[{ start: 2026-11-23T08:00, end: 2026-11-25T12:00, categories: TESTING }, { start: 2026-11-26, categories: NO_SCHOOL }]',
    );
    for (const day of ['24', '25']) expect(dueSlot(s, at(`2026-11-${day}T10:30:00-05:00`))).toBeUndefined();
    // The test is over at noon, all the same it is a day of tests.
    expect(dueSlot(s, at('2026-11-25T12:30:00-05:00'))).toBeUndefined();
    expect(dueSlot(s, at('2026-11-26T10:00:00-05:00'))?.week).toBe('2026-11-24');
    expect(iso(nextSlot(s, at('2026-11-22T12:00Z'), (week) => week !== '2026-11-24')?.at)).toBe(
      '2026-11-26T15:00:00.000Z',
    );
  });

  it('a test window of weeks: the first day after it, once', () => {
    const s = school('[{ start: 2026-11-16, end: 2026-12-03, categories: TESTING }]');
    const none = (): boolean => false;
    expect(iso(nextSlot(s, at('2026-11-18T12:00Z'), none)?.at)).toBe('2026-12-03T15:00:00.000Z');
    expect(iso(nextSlot(s, at('2026-12-03T16:00Z'), (week) => week === '2026-12-01')?.at)).toBe(
      '2026-12-08T15:00:00.000Z',
    );
  });

  it('at the time agreed by the clock on the wall; one that does not exist is after the gap', () => {
    const s = school('[]', 'safety_net_test: "Sun 02:30"');
    expect(iso(nextSlot(s, at('2026-03-07T12:00Z'), (week) => week < '2026-03-08')?.at)).toBe(
      '2026-03-08T07:00:00.000Z',
    );
    expect(iso(weekOf(s, at('2026-11-01T12:00Z')).at)).toBe('2026-11-01T07:30:00.000Z');
  });

  it('whatever the year holds, every week has one slot at most, never in a test, and none is skipped without one', () => {
    const zones = ['America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Havana'] as const;
    const DAY = 86_400_000;
    const START = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 1, max: 20 * 24 })), { maxLength: 4 }),
        fc.integer({ min: 0, max: 119 }),
        (tz, windows, offset) => {
          const events = windows.map(([day, hours]) => ({
            start: START + day * DAY,
            end: START + day * DAY + hours * 3_600_000,
            categories: ['TESTING'],
            summary: '',
          }));
          const s = { ...school('[]', '', tz), calendars: new Map([['c', { id: 'c', events }]]) };
          const done = new Set<string>();
          const sent: number[] = [];
          for (let now = START + offset * DAY; now < START + (offset + 40) * DAY; now += 3_600_000) {
            const next = nextSlot(s, now - 1, (week) => done.has(week));
            const due = dueSlot(s, now);
            if (!due || done.has(due.week)) continue;
            expect(due.at).toBeLessThanOrEqual(now);
            if (now === due.at) expect(next?.at).toBe(now);
            for (const { start, end } of events) expect(start <= now && now < end).toBe(false);
            done.add(due.week);
            sent.push(now);
          }
          // Longer than a week and a day apart only where tests stood in the way.
          sent.forEach((time, i) => {
            if (i > 0 && time - sent[i - 1]! > 8 * DAY)
              expect(events.some(({ start, end }) => start < time && end > sent[i - 1]!)).toBe(true);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
