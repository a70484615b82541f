import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCalendar } from '../../../../collector/engagement/calendar/ical.ts';
import { publishCalendar, type ResponsibilitySpan } from '../../../../collector/engagement/calendar/ical-publish.ts';
import { DOMAINS, domainWords } from '../../../../core/domain.ts';

const STAMP = Date.UTC(2027, 0, 1);
const options = { school: 'lincoln', name: 'Lincoln: who answers', stamp: STAMP };
const span = (over: Partial<ResponsibilitySpan> = {}): ResponsibilitySpan => ({
  start: Date.UTC(2027, 2, 5, 5),
  end: Date.UTC(2027, 2, 13, 5),
  owner: 'provider',
  ownerName: 'Coastal Tech',
  why: 'until Sat 13 Mar, 00:00 (TESTING: State test), under engagement busy-seasons',
  domains: ['wireless'],
  ...over,
});
const unfolded = (text: string): string[] => text.replaceAll('\r\n ', '').split('\r\n');
const valuesOf = (text: string, name: string): string[] =>
  unfolded(text).flatMap((line) => (line.startsWith(`${name}:`) ? [line.slice(name.length + 1)] : []));

describe('published responsibility', () => {
  it('says who answers for what and why, as nobody is busy by it', () => {
    const lines = unfolded(publishCalendar([span(), span({ domains: [], owner: 'internal' })], options));
    expect(lines).toEqual(
      expect.arrayContaining([
        'METHOD:PUBLISH',
        'X-WR-CALNAME:Lincoln: who answers',
        'DTSTAMP:20270101T000000Z',
        'DTSTART:20270305T050000Z',
        'DTEND:20270313T050000Z',
        `SUMMARY:Coastal Tech answers for ${domainWords('wireless')}`,
        'SUMMARY:Coastal Tech answers for everything',
        'DESCRIPTION:until Sat 13 Mar\\, 00:00 (TESTING: State test)\\, under engagement busy-seasons',
        'CATEGORIES:wireless',
        'TRANSP:TRANSPARENT',
      ]),
    );
    expect(lines.at(-1)).toBe('');
  });

  it('a span keeps its UID when its end moves; another start, owner, domain or school has another, and no two are alike', () => {
    const uid = (over: Partial<ResponsibilitySpan>, school = 'lincoln') =>
      valuesOf(publishCalendar([span(over)], { ...options, school }), 'UID')[0]!;
    expect(uid({ end: Date.UTC(2027, 3, 1), why: 'x' })).toBe(uid({}));
    const others = [uid({}), uid({ start: 0 }), uid({ owner: 'x' }), uid({ domains: [] }), uid({}, 'other')];
    expect(new Set(others).size).toBe(5);
    expect(new Set(valuesOf(publishCalendar([span(), span()], options), 'UID')).size).toBe(2);
  });

  it('what has no beginning or no end is left out', () => {
    const text = publishCalendar([span({ start: -Infinity }), span({ end: Infinity }), span()], options);
    expect(valuesOf(text, 'UID')).toHaveLength(1);
  });

  const seconds = fc.integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2028, 0, 1) / 1000 });
  const spans = fc.array(
    fc.record({
      start: seconds.map((s) => s * 1000),
      length: fc.integer({ min: 1, max: 40 * 86_400 }),
      owner: fc.string({ unit: 'grapheme', minLength: 1 }),
      why: fc.string({ unit: 'binary', maxLength: 300 }),
      domains: fc.subarray([...DOMAINS]),
    }),
    { maxLength: 20 },
  );

  it('reads back to the same spans, in lines of at most 75 octets', () => {
    fc.assert(
      fc.property(spans, (made) => {
        const given = made.map(({ length, ...one }) => ({ ...one, end: one.start + length * 1000 }));
        const text = publishCalendar(given, options);
        for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        const range = { from: Date.UTC(2025, 0, 1), until: Date.UTC(2029, 0, 1) };
        const read = readCalendar(text, { zone: 'America/New_York', map: [], ...range });
        expect([read.readable, read.problems]).toEqual([true, []]);
        const times = (of: readonly { start: number; end: number }[]) =>
          of.map(({ start, end }) => `${start} ${end}`).sort();
        expect(times(read.events)).toEqual(times(given));
        const domains = (of: readonly (readonly string[])[]) => of.map((one) => [...one].sort().join()).sort();
        expect(domains(read.unmapped.map(({ categories }) => categories))).toEqual(
          domains(given.map((g) => g.domains)),
        );
      }),
      { numRuns: 150 },
    );
  });
});

describe('what is read is never fatal', () => {
  it('lines put together at random', () => {
    const line = fc.constantFrom(
      'BEGIN:VCALENDAR',
      'END:VCALENDAR',
      'BEGIN:VEVENT',
      'END:VEVENT',
      'BEGIN:VTIMEZONE',
      'END:VTIMEZONE',
      'BEGIN:STANDARD',
      'END:STANDARD',
      'UID:1',
      'DTSTART:20270308T080000',
      'DTSTART;VALUE=DATE:20270308',
      'DTSTART;TZID=Moon:20270308T080000',
      'DTEND:20270308T090000Z',
      'DURATION:P1D',
      'RRULE:FREQ=DAILY',
      'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
      'RRULE:FREQ=',
      'RRULE:',
      'EXDATE:',
      'EXDATE;VALUE=DATE:20270309',
      'RDATE;VALUE=PERIOD:20270309T130000Z/PT1H',
      'RDATE;VALUE=PERIOD:x',
      'RECURRENCE-ID:20270309T080000',
      'STATUS:CANCELLED',
      'SEQUENCE:x',
      'TZID:Moon',
      'TZOFFSETFROM:-0500',
      'TZOFFSETTO:+0100',
      ' folded',
      '\tfolded',
      '',
      'no colon',
      ';:',
      'SUMMARY;X="',
      'CATEGORIES:,,',
      'DTSTART;VALUE=PERIOD:1/2',
      'DTSTART;TZID=:20270308T080000',
      'DTSTART;VALUE=DATE-TIME;VALUE=DATE:1',
      'SUMMARY;CATEGORIES:',
      'RRULE;X=1:COUNT',
      'RRULE:FREQ=DAILY;COUNT',
      'X'.repeat(200),
    );
    const read = { zone: 'Europe/Paris', map: [], from: Date.UTC(2027, 0, 1), until: Date.UTC(2028, 0, 1) };
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.boolean(), (lines, whole) => {
        const text = whole ? ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR'] : lines;
        const { events } = readCalendar(text.join('\n'), read);
        for (const { start, end } of events) expect(start <= end).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});
