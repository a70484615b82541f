import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSchool } from '../../../../collector/engagement/plan.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';
import { schoolHours } from '../../../../collector/engagement/sla/school-hours.ts';

const WEEK = '[{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }]';

function hours(parties: string, calendars = '', more = '') {
  return schoolHours(
    planSchool(
      parseSchool(
        `
school: hilltop
tz: America/Chicago
parties: { provider: { contacts: [noc], coverage: always }, ${parties} }
safety_net: [head]
base: { owner: provider }
calendars: { ${calendars} }
engagements: []
${more}`,
        'school.yaml',
      ),
    ),
  );
}
const internal = (coverage: string) => `internal: { contacts: [kim], coverage: ${coverage} }`;
const at = (text: string) => Date.parse(text);
const HOUR = 3_600_000;

const plain = hours(internal(WEEK));

it('the hours of the file count before what anybody covers', () => {
  const of = hours(internal('always'), '', `hours: ${WEEK}`);
  const [from, to] = [at('2026-02-09T00:00-06:00'), at('2026-02-16T00:00-06:00')];
  expect(of('school-hours', from, to)).toBe(45 * HOUR);
  expect(of('school-hours', from, to)).toBe(plain('school-hours', from, to));
});

const shut = hours(
  internal(WEEK),
  `district: [{ start: 2026-02-16, end: 2026-02-17, categories: [NO_SCHOOL] }, { start: 2026-02-17, end: 2026-02-18, categories: [TESTING] }],
   city: [{ start: 2026-02-16T12:00, end: 2026-02-17T08:00, categories: [WEATHER, NO_SCHOOL] }]`,
);
const night = hours(
  internal(
    '[{ weekly: { days: [sat, sun], from: "22:00", to: "06:00" } }, { weekly: { days: [sun], from: "04:00", to: "08:00" } }]',
  ),
);

describe('school hours', () => {
  it.each<[string, typeof plain, string, string, number]>([
    ['a whole week', plain, '2026-02-02T00:00-06:00', '2026-02-09T00:00-06:00', 45],
    ['over a weekend', plain, '2026-02-06T15:00-06:00', '2026-02-09T08:30-06:00', 2.5],
    ['a weekend alone', plain, '2026-02-06T16:00-06:00', '2026-02-09T07:00-06:00', 0],
    ['nothing backwards', plain, '2026-02-03T12:00-06:00', '2026-02-03T10:00-06:00', 0],
    ['the week the clocks go forward', plain, '2026-03-06T15:00-06:00', '2026-03-09T08:00-05:00', 2],
    // 22 to 06 on Saturday is 7 h that night; 04 to 08 is counted once where they overlap.
    ['the night they go forward', night, '2026-03-07T12:00-06:00', '2026-03-08T12:00-05:00', 9],
    ['the night they go back', night, '2026-10-31T12:00-05:00', '2026-11-01T12:00-06:00', 11],
    ['an ordinary night', night, '2026-02-07T12:00-06:00', '2026-02-08T12:00-06:00', 10],
    ['no school, by several calendars at once', shut, '2026-02-16T00:00-06:00', '2026-02-18T00:00-06:00', 8],
    [
      'a school that is always covered',
      hours(internal('always')),
      '2026-02-07T00:00-06:00',
      '2026-02-08T00:00-06:00',
      24,
    ],
    ['without a timetable', hours(internal('[]')), '2026-02-07T00:00-06:00', '2026-02-08T00:00-06:00', 24],
    [
      'without a party called internal: the first',
      hours('x: { contacts: [], coverage: [] }'),
      '2026-02-07T00:00Z',
      '2026-02-07T09:00Z',
      9,
    ],
  ])('%s', (_name, time, from, to, expected) => expect(time('school-hours', at(from), at(to)) / HOUR).toBe(expected));

  it('24x7 is every hour', () => expect(plain('24x7', 0, 12_345)).toBe(12_345));

  it('add up over splits, to the millisecond, across the changes of the clocks', () => {
    const instant = fc.integer({ min: at('2026-02-14T00:00Z'), max: at('2026-03-20T00:00Z') });
    const autumn = fc.integer({ min: at('2026-10-28T00:00Z'), max: at('2026-11-04T00:00Z') });
    for (const time of [plain, shut, night])
      for (const when of [instant, autumn])
        fc.assert(
          fc.property(when, when, when, (a, b, c) => {
            const [from, middle, to] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
            expect(time('school-hours', from, middle) + time('school-hours', middle, to)).toBe(
              time('school-hours', from, to),
            );
          }),
        );
  });
});
