import { describe, expect, it } from 'vitest';
import { MAX_CALENDAR_BYTES, type ReadOptions, readCalendar } from '../../../../collector/engagement/calendar/ical.ts';
import { parseInstant } from '../../../../collector/engagement/zoned-time.ts';
import { calendar, FINALSITE, GOOGLE, OUTLOOK, vevent, WINDOWS_EASTERN } from './ical-texts.ts';

const zone = 'America/New_York';
const OPTIONS: ReadOptions = {
  zone,
  map: [
    { summary: '(?i)state test|make-up testing', category: 'TESTING' },
    { summary: 'No School', categories: '^Holidays$', category: 'NO_SCHOOL' },
  ],
  from: Date.UTC(2026, 7, 1),
  until: Date.UTC(2027, 9, 1),
};

const local = (instant: number): string =>
  new Date(instant).toLocaleString('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });

/** `2027-03-08 00:00 > 2027-03-13 00:00 Summary [TESTING]`, in New York. */
function lines(text: string, options: Partial<ReadOptions> = {}): string[] {
  const { events, problems, readable } = readCalendar(text, { ...OPTIONS, ...options });
  expect(readable).toBe(true);
  return [
    ...events.map((e) => `${local(e.start)} > ${local(e.end)} ${e.summary} [${e.categories.join()}]`),
    ...problems.map((problem) => `! ${problem}`),
  ];
}

/** One event in the file, as `start > end`. */
const times = (...written: readonly string[]): string[] =>
  lines(calendar(vevent('UID:1', 'SUMMARY:x', ...written))).map((line) => line.replace(' x []', ''));

describe('calendars as programs write them', () => {
  it('Google: all-day dates, a series over the change of clocks with a moved, a dropped and a cancelled instance', () => {
    expect(lines(GOOGLE)).toEqual([
      '2027-03-01 08:00 > 2027-03-01 09:00 Online test rehearsal []',
      '2027-03-08 00:00 > 2027-03-13 00:00 State Test window, grades 3–5 [TESTING]',
      '2027-03-08 08:00 > 2027-03-08 09:00 Online test rehearsal []',
      '2027-03-23 10:00 > 2027-03-23 11:30 Online test rehearsal (moved) []',
    ]);
  });

  it('Finalsite: categories of the file, our own words among them, LF only, no DTEND', () => {
    expect(lines(FINALSITE)).toEqual([
      '2027-02-15 00:00 > 2027-02-16 00:00 Presidents Day – No School [NO_SCHOOL]',
      '2027-03-05 18:00 > 2027-03-05 20:00 Spring concert []',
      '2027-03-12 12:00 > 2027-03-12 15:00 Early dismissal [HALF_DAY]',
    ]);
  });

  it('Outlook: a Windows zone described in the file, EXDATE in UTC, a yearly rule by position', () => {
    expect(lines(OUTLOOK)).toEqual([
      '2026-11-26 00:00 > 2026-11-27 00:00 Thanksgiving []',
      '2027-03-12 08:00 > 2027-03-12 15:00 Make-up testing [TESTING]',
      '2027-03-14 08:00 > 2027-03-14 15:00 Make-up testing [TESTING]',
      '2027-03-15 08:00 > 2027-03-15 15:00 Make-up testing [TESTING]',
    ]);
  });

  it('with CR, with a BOM, with words in lower case, with something before and after', () => {
    const text = calendar(
      vevent('uid:1', 'dtstart;value=date:20270308', 'summary:State test', 'rrule:freq=daily;count=2'),
    );
    const wanted = [
      '2027-03-08 00:00 > 2027-03-09 00:00 State test [TESTING]',
      '2027-03-09 00:00 > 2027-03-10 00:00 State test [TESTING]',
    ];
    expect(lines(text.replaceAll('\r\n', '\r'))).toEqual(wanted);
    expect(lines(`\uFEFF${text}`)).toEqual(wanted);
    expect(lines(text.replace(/BEGIN:V|END:V/g, (word) => word.toLowerCase()))).toEqual(wanted);
    expect(lines(`Warning: deprecated in line 3\n${text}\n\n`)).toEqual(wanted);
  });
});

describe('what an event lasts', () => {
  it.each([
    [
      'all day, DTEND exclusive',
      ['DTSTART;VALUE=DATE:20270308', 'DTEND;VALUE=DATE:20270310'],
      '03-08 00:00 > 2027-03-10 00:00',
    ],
    ['all day, no DTEND', ['DTSTART;VALUE=DATE:20270308'], '03-08 00:00 > 2027-03-09 00:00'],
    [
      'all day, DTEND the same day',
      ['DTSTART;VALUE=DATE:20270308', 'DTEND;VALUE=DATE:20270308'],
      '03-08 00:00 > 2027-03-09 00:00',
    ],
    ['a date without VALUE=DATE', ['DTSTART:20270308', 'DTEND:20270309'], '03-08 00:00 > 2027-03-09 00:00'],
    ['all day, DURATION', ['DTSTART;VALUE=DATE:20270308', 'DURATION:P1W'], '03-08 00:00 > 2027-03-15 00:00'],
    [
      'all day with a zone, which does not matter',
      ['DTSTART;VALUE=DATE;TZID=Asia/Tokyo:20270308'],
      '03-08 00:00 > 2027-03-09 00:00',
    ],
    [
      'floating: the zone of the school',
      ['DTSTART:20270308T080000', 'DTEND:20270308T090000'],
      '03-08 08:00 > 2027-03-08 09:00',
    ],
    ['UTC', ['DTSTART:20270308T130000Z', 'DTEND:20270308T140000Z'], '03-08 08:00 > 2027-03-08 09:00'],
    [
      'another zone',
      ['DTSTART;TZID=America/Chicago:20270308T070000', 'DURATION:PT1H'],
      '03-08 08:00 > 2027-03-08 09:00',
    ],
    [
      'a zone by its global name',
      ['DTSTART;TZID=/example.org/2025a/America/Chicago:20270308T070000', 'DURATION:PT1H'],
      '03-08 08:00 > 2027-03-08 09:00',
    ],
    [
      'start and end in two zones',
      ['DTSTART;TZID=America/Chicago:20270308T070000', 'DTEND;TZID=America/New_York:20270308T090000'],
      '03-08 08:00 > 2027-03-08 09:00',
    ],
    ['no end', ['DTSTART:20270308T080000'], '03-08 08:00 > 2027-03-08 08:00'],
    ['a day when the clocks go forward', ['DTSTART:20270314T000000', 'DURATION:P1D'], '03-14 00:00 > 2027-03-15 00:00'],
    [
      '24 hours when the clocks go forward',
      ['DTSTART:20270314T000000', 'DURATION:PT24H'],
      '03-14 00:00 > 2027-03-15 01:00',
    ],
    ['in the hour that is left out', ['DTSTART:20270314T023000', 'DURATION:PT1H'], '03-14 03:00 > 2027-03-14 04:00'],
  ])('%s', (_name, written, wanted) => expect(times(...written)).toEqual([`2027-${wanted}`]));

  it('in the hour that comes twice: the first', () => {
    const [event] = readCalendar(calendar(vevent('UID:1', 'DTSTART:20261101T013000', 'DURATION:PT1H')), OPTIONS).events;
    expect(event).toMatchObject({ start: Date.UTC(2026, 10, 1, 5, 30), end: Date.UTC(2026, 10, 1, 6, 30) });
  });

  it('a series at night keeps its hours when the clocks change, either way', () => {
    const rule = ['DTEND:20270313T060000', 'RRULE:FREQ=DAILY;COUNT=2'];
    expect(times('DTSTART:20270312T220000', ...rule)).toEqual([
      '2027-03-12 22:00 > 2027-03-13 06:00',
      '2027-03-13 22:00 > 2027-03-14 06:00',
    ]);
    expect(times('DTSTART:20261030T220000', 'DTEND:20261031T060000', 'RRULE:FREQ=DAILY;COUNT=2')).toEqual([
      '2026-10-30 22:00 > 2026-10-31 06:00',
      '2026-10-31 22:00 > 2026-11-01 06:00',
    ]);
  });
});

describe('what recurs', () => {
  const starts = (...written: readonly string[]) => times(...written).map((line) => line.slice(0, 16));

  it.each([
    [
      'EXDATE with several values',
      ['RRULE:FREQ=DAILY;COUNT=4', 'EXDATE:20270309T080000,20270310T080000'],
      ['03-08', '03-11'],
    ],
    ['EXDATE as a date', ['RRULE:FREQ=DAILY;COUNT=3', 'EXDATE;VALUE=DATE:20270309'], ['03-08', '03-10']],
    ['EXDATE of the first', ['RRULE:FREQ=DAILY;COUNT=3', 'EXDATE:20270308T080000'], ['03-09', '03-10']],
    ['an empty EXDATE', ['RRULE:FREQ=DAILY;COUNT=2', 'EXDATE:'], ['03-08', '03-09']],
    ['RDATE alone', ['RDATE:20270310T080000'], ['03-08', '03-10']],
    [
      'RDATE with a rule',
      ['RRULE:FREQ=WEEKLY;COUNT=2', 'RDATE:20270310T080000,20270315T080000'],
      ['03-08', '03-10', '03-15'],
    ],
    ['UNTIL in UTC', ['RRULE:FREQ=DAILY;UNTIL=20270310T130000Z'], ['03-08', '03-09', '03-10']],
    ['UNTIL just before', ['RRULE:FREQ=DAILY;UNTIL=20270310T125959Z'], ['03-08', '03-09']],
    ['UNTIL as a date counts that day', ['RRULE:FREQ=DAILY;UNTIL=20270310'], ['03-08', '03-09', '03-10']],
    ['weekdays', ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3'], ['03-08', '03-10', '03-15']],
    ['every other week', ['RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2'], ['03-08', '03-22']],
    ['the second Monday', ['RRULE:FREQ=MONTHLY;BYDAY=2MO;COUNT=2'], ['03-08', '04-12']],
    [
      'the last weekday of the month',
      ['RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2'],
      ['03-08', '03-31', '04-30'],
    ],
    ['the 31st, where there is one', ['RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2'], ['03-08', '03-31', '05-31']],
    ['a rule that never fits', ['RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30'], ['03-08']],
    ['a rule with an interval that leads nowhere', ['RRULE:FREQ=YEARLY;INTERVAL=999999999'], ['03-08']],
  ])('%s', (_name, written, wanted) =>
    expect(starts('DTSTART:20270308T080000', 'DURATION:PT1H', ...written)).toEqual(
      wanted.map((day) => `2027-${day} 08:00`),
    ),
  );

  it('RDATE as periods, which have a length of their own', () => {
    expect(
      times(
        'DTSTART:20270308T080000',
        'DURATION:PT1H',
        'RDATE;VALUE=PERIOD:20270309T130000Z/PT2H,20270310T130000Z/20270310T160000Z',
      ),
    ).toEqual([
      '2027-03-08 08:00 > 2027-03-08 09:00',
      '2027-03-09 08:00 > 2027-03-09 10:00',
      '2027-03-10 08:00 > 2027-03-10 11:00',
    ]);
  });

  it('begins where it is asked for, though the series began long ago and an instance lies over the edge', () => {
    const text = calendar(
      vevent('UID:1', 'DTSTART;VALUE=DATE:20150112', 'DURATION:P5D', 'RRULE:FREQ=WEEKLY;INTERVAL=2', 'SUMMARY:x'),
    );
    const from = parseInstant('2027-03-10', zone)!;
    const found = lines(text, { from, until: parseInstant('2027-03-29', zone)! });
    expect(found).toEqual(['2027-03-08 00:00 > 2027-03-13 00:00 x []', '2027-03-22 00:00 > 2027-03-27 00:00 x []']);
  });

  const series = (...more: string[]) =>
    vevent('UID:s', 'SUMMARY:x', 'DTSTART:20270308T080000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=3', ...more);
  const instead = (day: string, ...more: string[]) => vevent('UID:s', `RECURRENCE-ID:${day}`, 'SUMMARY:y', ...more);
  it.each([
    [
      'an instance moved out of the period',
      [series(), instead('20270309T080000', 'DTSTART:20300309T080000')],
      ['03-08 x', '03-10 x'],
    ],
    [
      'named in UTC',
      [series(), instead('20270309T120000Z', 'DTSTART:20270309T100000')],
      ['03-08 x', '03-09 x', '03-09 y', '03-10 x'],
    ],
    [
      'named in UTC, rightly',
      [series(), instead('20270309T130000Z', 'DTSTART:20270309T100000')],
      ['03-08 x', '03-09 y', '03-10 x'],
    ],
    [
      'named by its date',
      [series(), instead('20270309', 'DTSTART:20270312T100000')],
      ['03-08 x', '03-10 x', '03-12 y'],
    ],
    [
      'changed twice: the higher SEQUENCE',
      [
        series(),
        instead('20270309T080000', 'DTSTART:20270312T080000', 'SEQUENCE:2'),
        instead('20270309T080000', 'DTSTART:20270313T080000', 'SEQUENCE:1'),
      ],
      ['03-08 x', '03-10 x', '03-12 y'],
    ],
    ['without its series', [instead('20270309T080000', 'DTSTART:20270312T080000')], ['03-12 y']],
    [
      'the whole series cancelled',
      [series('STATUS:CANCELLED'), instead('20270309T080000', 'DTSTART:20270312T080000')],
      [],
    ],
    [
      'an older state of the series',
      [series('SEQUENCE:1'), vevent('UID:s', 'SUMMARY:old', 'DTSTART:20270301T080000', 'SEQUENCE:0')],
      ['03-08 x', '03-09 x', '03-10 x'],
    ],
    [
      'two things with one UID',
      [
        vevent('UID:s', 'SUMMARY:x', 'DTSTART:20270308T080000'),
        vevent('UID:s', 'SUMMARY:y', 'DTSTART:20270309T080000'),
      ],
      ['03-08 x', '03-09 y'],
    ],
  ])('%s', (_name, events, wanted) =>
    expect(lines(calendar(...events)).map((line) => line.replace(/^2027-(\S+) .* > .* (\w+) .*$/, '$1 $2'))).toEqual(
      wanted,
    ),
  );

  it('a changed instance of all-day events, its words taken from the series', () => {
    const all = vevent(
      'UID:s',
      'SUMMARY:State test',
      'CATEGORIES:EVENT',
      'DTSTART;VALUE=DATE:20270308',
      'DTEND;VALUE=DATE:20270310',
      'RRULE:FREQ=WEEKLY;COUNT=2',
    );
    const moved = vevent('UID:s', 'RECURRENCE-ID;VALUE=DATE:20270315', 'DTSTART;VALUE=DATE:20270316');
    expect(lines(calendar(all, moved))).toEqual([
      '2027-03-08 00:00 > 2027-03-10 00:00 State test [EVENT,TESTING]',
      '2027-03-16 00:00 > 2027-03-18 00:00 State test [EVENT,TESTING]',
    ]);
  });
});

describe('time zones', () => {
  it('our own rules come before those of the file', () => {
    const wrong = WINDOWS_EASTERN.replace('TZID:Eastern Standard Time', 'TZID:America/Chicago');
    const text = calendar(
      wrong,
      vevent('UID:1', 'SUMMARY:x', 'DTSTART;TZID=America/Chicago:20270308T070000', 'DURATION:PT1H'),
    );
    expect(lines(text)).toEqual(['2027-03-08 08:00 > 2027-03-08 09:00 x []']);
  });

  it('a described zone has a gap and a double hour too', () => {
    const at = (start: string) => vevent(`UID:${start}`, `DTSTART;TZID=Eastern Standard Time:${start}`);
    const { events } = readCalendar(calendar(WINDOWS_EASTERN, at('20270314T023000'), at('20261101T013000')), OPTIONS);
    expect(events.map(({ start }) => start)).toEqual([Date.UTC(2026, 10, 1, 5, 30), Date.UTC(2027, 2, 14, 7)]);
  });

  it.each([
    ['not described', '', 'the file does not describe it'],
    [
      'described without offsets',
      'BEGIN:VTIMEZONE\nTZID:Moon\nEND:VTIMEZONE',
      'it says nothing of its offset from UTC',
    ],
    [
      'changing its clocks each second',
      WINDOWS_EASTERN.replaceAll('YEARLY', 'SECONDLY').replace('Eastern Standard Time', 'Moon'),
      'its clocks do not change by the year',
    ],
  ])('one that is not known, %s: the zone of the school, and said once', (_name, description, reason) => {
    const at = (start: string) => vevent(`UID:${start}`, 'SUMMARY:x', `DTSTART;TZID=Moon:${start}`);
    expect(lines(calendar(description, at('20270308T080000'), at('20270309T080000')))).toEqual([
      '2027-03-08 08:00 > 2027-03-08 08:00 x []',
      '2027-03-09 08:00 > 2027-03-09 08:00 x []',
      `! time zone "Moon" is not known (${reason}): read as America/New_York`,
    ]);
  });
});

describe('mapping', () => {
  const categories = (map: ReadOptions['map'], ...written: string[]) =>
    readCalendar(calendar(vevent('UID:1', 'DTSTART;VALUE=DATE:20270308', ...written)), { ...OPTIONS, map }).events[0]!
      .categories;

  it.each([
    ['by summary, case matters', [{ summary: 'test', category: 'TESTING' }], ['SUMMARY:Test'], []],
    ['by summary, case does not', [{ summary: '(?i)test', category: 'TESTING' }], ['SUMMARY:Test'], ['TESTING']],
    ['by category', [{ categories: 'Assess', category: 'TESTING' }], ['CATEGORIES:Arts,Assessment'], ['TESTING']],
    ['by both, one missing', [{ summary: 'x', categories: 'Assess', category: 'TESTING' }], ['SUMMARY:x'], []],
    [
      'several',
      [
        { summary: 'x', category: 'TESTING' },
        { summary: '.', category: 'MINE' },
        { summary: 'x', category: 'TESTING' },
      ],
      ['SUMMARY:x'],
      ['TESTING', 'MINE'],
    ],
    [
      'our own words first',
      [{ summary: 'x', category: 'TESTING' }],
      ['SUMMARY:x', 'CATEGORIES:Close-out', 'CATEGORIES:No school'],
      ['CLOSE_OUT', 'NO_SCHOOL', 'TESTING'],
    ],
    [
      'escapes are undone before',
      [{ summary: '^a, b; c$', category: 'TESTING' }],
      ['SUMMARY:a\\, b\\; c'],
      ['TESTING'],
    ],
    [
      'a comma in a category',
      [{ categories: '^Tests, state$', category: 'TESTING' }],
      ['CATEGORIES:Tests\\, state,Other'],
      ['TESTING'],
    ],
  ])('%s', (_name, map, written, wanted) => expect(categories(map, ...written)).toEqual(wanted));

  it('lists what gets none, with what the file says of it', () => {
    const { unmapped, unmappedCount } = readCalendar(FINALSITE, OPTIONS);
    expect(unmapped).toEqual([
      {
        summary: 'Spring concert',
        categories: ['Arts'],
        start: Date.UTC(2027, 2, 5, 23),
        end: Date.UTC(2027, 2, 6, 1),
      },
    ]);
    expect(unmappedCount).toBe(1);
    const many = calendar(...Array.from({ length: 300 }, (_, i) => vevent(`UID:${i}`, 'DTSTART;VALUE=DATE:20270308')));
    const reading = readCalendar(many, OPTIONS);
    expect([reading.unmapped.length, reading.unmappedCount]).toEqual([200, 300]);
  });
});

describe('an event that is not understood is named and left out', () => {
  const good = vevent('UID:good', 'SUMMARY:good', 'DTSTART;VALUE=DATE:20270308');
  it.each([
    ['FREQ=SECONDLY', ['DTSTART:20270308T080000', 'RRULE:FREQ=SECONDLY'], 'FREQ=SECONDLY: only DAILY'],
    ['FREQ=HOURLY', ['DTSTART:20270308T080000', 'RRULE:FREQ=HOURLY;COUNT=3'], 'FREQ=HOURLY: only DAILY'],
    ['no FREQ', ['DTSTART:20270308T080000', 'RRULE:COUNT=3'], 'only DAILY'],
    ['FREQ=FORTNIGHTLY', ['DTSTART:20270308T080000', 'RRULE:FREQ=FORTNIGHTLY'], 'FORTNIGHTLY'],
    [
      'a bomb inside of days',
      [
        'DTSTART:20270308T000000',
        'RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10',
      ],
      'it repeats more than 5,000 times',
    ],
    [
      'a bomb inside of hours',
      [
        'DTSTART:20270308T000000',
        `RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYSECOND=${Array.from({ length: 60 }, (_, i) => i)}`,
      ],
      'more than 300 times a day',
    ],
    ['BYWEEKNO', ['DTSTART:20270308T080000', 'RRULE:FREQ=YEARLY;BYWEEKNO=20'], 'BYWEEKNO is not followed'],
    ['UNTIL', ['DTSTART:20270308T080000', 'RRULE:FREQ=DAILY;UNTIL=soon'], 'UNTIL is not a date'],
    ['no DTSTART', ['DTEND:20270308T080000'], 'no DTSTART'],
    ['30 February', ['DTSTART:20270230T080000'], 'DTSTART is not a date or time'],
    ['25 o’clock', ['DTSTART:20270308T250000'], 'DTSTART is not a date or time'],
    ['words', ['DTSTART:tomorrow'], 'DTSTART is not a date or time'],
    ['ends before it starts', ['DTSTART:20270308T080000', 'DTEND:20270308T070000'], 'it ends before it starts'],
    ['lasts for ages', ['DTSTART:20270308T080000', 'DTEND:20370308T070000'], 'it lasts more than two years'],
    ['DURATION', ['DTSTART:20270308T080000', 'DURATION:long'], 'DURATION is not a duration'],
    ['EXDATE', ['DTSTART:20270308T080000', 'EXDATE:never'], 'EXDATE is not a date or time'],
    [
      'parameters without end',
      [`DTSTART;${'X=1;'.repeat(100_000)}TZID=UTC:20270308T080000`],
      'a line that is no property',
    ],
    ['a broken parameter', ['DTSTART;TZID="Moon:20270308T080000'], 'a line that is no property'],
  ])('%s', (_name, written, reason) => {
    const found = lines(calendar(vevent('UID:bad', 'SUMMARY:Bad one', ...written), good));
    expect(found[0]).toBe('2027-03-08 00:00 > 2027-03-09 00:00 good []');
    expect(found).toHaveLength(2);
    expect(found[1]).toMatch(/^! "Bad one": /);
    expect(found[1]).toContain(reason);
  });

  it('what is followed only in part is said, and bounded', () => {
    const range = vevent(
      'UID:r',
      'SUMMARY:r',
      'RECURRENCE-ID;RANGE=THISANDFUTURE:20270309T080000',
      'DTSTART:20270309T090000',
    );
    expect(lines(calendar(range))[1]).toBe('! "r": RANGE is not followed: only the one instance is changed');
    const bad = calendar(...Array.from({ length: 80 }, (_, i) => vevent(`UID:${i}`)), good);
    const { problems, events } = readCalendar(bad, OPTIONS);
    expect([events.length, problems.length, problems.at(-1)]).toEqual([1, 51, 'and 30 more']);
  });

  it('a broken line of what nobody reads costs nothing', () => {
    const text = calendar(
      vevent('UID:1', 'SUMMARY:x', 'DTSTART;VALUE=DATE:20270308', 'DESCRIPTION no colon', 'ATTENDEE;CN="a:b'),
    );
    expect(lines(text)).toEqual(['2027-03-08 00:00 > 2027-03-09 00:00 x []']);
  });
});

it('an event with categories without end costs no more for each of its instances', () => {
  const text = vevent(
    'UID:1',
    'DTSTART:20270308T080000',
    'RRULE:FREQ=DAILY;COUNT=400',
    `CATEGORIES:${'a,'.repeat(500_000)}`,
  );
  const { unmapped } = readCalendar(calendar(text), OPTIONS);
  expect(unmapped[0]!.categories).toHaveLength(50);
});

describe('a text that cannot be read', () => {
  const day = (i: number) => vevent(`UID:${i}`, 'DTSTART;VALUE=DATE:20270308');
  it.each<[string, () => string, string]>([
    ['empty', () => '', 'no BEGIN:VCALENDAR: this is not a calendar'],
    ['a login page', () => '<!doctype html>\n<html>\n<body>Sign in</body>\n</html>', 'this is not a calendar'],
    ['cut off in an event', () => GOOGLE.slice(0, GOOGLE.length / 2), 'it is cut off'],
    ['cut off after an event', () => GOOGLE.replace('END:VCALENDAR', ''), 'the text ends inside VCALENDAR'],
    ['wrongly nested', () => calendar('BEGIN:VEVENT', 'END:VTODO'), 'END:VTODO where END:VEVENT belongs'],
    ['nested without an end', () => 'BEGIN:X\n'.repeat(100_000), 'components more than 16 deep'],
    ['5 MB', () => calendar(vevent('UID:1', `DESCRIPTION:${'x'.repeat(MAX_CALENDAR_BYTES)}`)), 'larger than 5 MB'],
    ['5 MB of letters that take two bytes', () => 'é'.repeat(MAX_CALENDAR_BYTES / 2 + 1), 'larger than 5 MB'],
    ['too many events', () => calendar(...Array.from({ length: 20_001 }, (_, i) => day(i))), 'more than 20,000 events'],
    [
      'too many instances',
      () =>
        calendar(
          ...Array.from({ length: 60 }, (_, i) =>
            vevent(`UID:${i}`, 'DTSTART;VALUE=DATE:20150101', 'RRULE:FREQ=DAILY'),
          ),
        ),
      'more than 20,000 events, repetitions counted',
    ],
    [
      'too many dates',
      () =>
        calendar(
          vevent('UID:1', 'DTSTART:20270308T080000', `RDATE:${'20270314T080000,'.repeat(150_000)}20270314T080000`),
        ),
      'its events repeat more than can be followed',
    ],
    [
      'too much to count',
      () =>
        calendar(
          ...Array.from({ length: 1_000 }, (_, i) =>
            vevent(`UID:${i}`, 'DTSTART;VALUE=DATE:19800101', 'RRULE:FREQ=DAILY;COUNT=17000'),
          ),
        ),
      'its events repeat more than can be followed',
    ],
  ])('%s', (_name, text, reason) => {
    const reading = readCalendar(text(), OPTIONS);
    expect(reading).toMatchObject({ readable: false, events: [], unmapped: [] });
    expect(reading.problems.join()).toContain(reason);
  });

  it('an empty calendar is one that can be read', () => {
    expect(readCalendar(calendar(), OPTIONS)).toMatchObject({ readable: true, events: [], problems: [] });
  });
});
