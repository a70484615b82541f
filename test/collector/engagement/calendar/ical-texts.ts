/** iCalendar texts as the programs write them that schools use. Written for these tests; all times are about New York in spring 2027. */

export function calendar(...parts: readonly string[]): string {
  return `${['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...parts, 'END:VCALENDAR'].join('\r\n')}\r\n`;
}

export function vevent(...lines: readonly string[]): string {
  return ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n');
}

/** Outlook and Exchange: a Windows name for the zone, described in the file, rules since 1601. */
export const WINDOWS_EASTERN = [
  'BEGIN:VTIMEZONE',
  'TZID:Eastern Standard Time',
  'BEGIN:STANDARD',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0400',
  'TZOFFSETTO:-0500',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:-0500',
  'TZOFFSETTO:-0400',
  'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
].join('\r\n');

/** Google: UTC or TZID times, all-day as dates, a series with a moved and a cancelled instance, no categories. */
export const GOOGLE = calendar(
  'METHOD:PUBLISH',
  'X-WR-CALNAME:District',
  'X-WR-TIMEZONE:America/New_York',
  vevent(
    'DTSTART;VALUE=DATE:20270308',
    'DTEND;VALUE=DATE:20270313',
    'DTSTAMP:20261124T080000Z',
    'UID:tests@google.com',
    'SUMMARY:State Test window\\, grades 3–5',
    'DESCRIPTION:Bring your own device\\; see https://example.org/tests?a=1&b=2 for',
    '  the long list of rooms\\nand times',
    'STATUS:CONFIRMED',
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'SUMMARY:Not the event',
    'TRIGGER:-P1D',
    'DURATION:PT5M',
    'END:VALARM',
  ),
  vevent(
    'DTSTART;TZID=America/New_York:20270301T080000',
    'DTEND;TZID=America/New_York:20270301T090000',
    'RRULE:FREQ=WEEKLY;UNTIL=20270330T035959Z;BYDAY=MO',
    'EXDATE;TZID=America/New_York:20270315T080000',
    'UID:rehearsal@google.com',
    'SUMMARY:Online test rehearsal',
  ),
  vevent(
    'DTSTART;TZID=America/New_York:20270323T100000',
    'DTEND;TZID=America/New_York:20270323T113000',
    'UID:rehearsal@google.com',
    'RECURRENCE-ID;TZID=America/New_York:20270322T080000',
    'SUMMARY:Online test rehearsal (moved)',
  ),
  vevent(
    'DTSTART;TZID=America/New_York:20270329T080000',
    'DTEND;TZID=America/New_York:20270329T090000',
    'UID:rehearsal@google.com',
    'RECURRENCE-ID;TZID=America/New_York:20270329T080000',
    'STATUS:CANCELLED',
    'SUMMARY:Online test rehearsal',
  ),
);

/** Finalsite and the like: one event for each date, CATEGORIES, UTC times, LF only, no DTEND for all-day. */
export const FINALSITE = calendar(
  vevent(
    'UID:30001',
    'DTSTART;VALUE=DATE:20270215',
    'SUMMARY:Presidents Day – No School',
    'CATEGORIES:District Calendar,Holidays',
  ),
  vevent(
    'UID:30002',
    'DTSTART:20270312T170000Z',
    'DTEND:20270312T200000Z',
    'SUMMARY:Early dismissal',
    'CATEGORIES:Half day',
  ),
  vevent('UID:30003', 'DTSTART:20270305T230000Z', 'DURATION:PT2H', 'SUMMARY:Spring concert', 'CATEGORIES:Arts'),
).replaceAll('\r\n', '\n');

/** Outlook: Windows zone, a yearly rule by position, an EXDATE in UTC. */
export const OUTLOOK = calendar(
  WINDOWS_EASTERN,
  vevent(
    'UID:040000008200E00074C5B7101A82E008',
    'DTSTART;TZID="Eastern Standard Time":20270312T080000',
    'DTEND;TZID="Eastern Standard Time":20270312T150000',
    'RRULE:FREQ=DAILY;COUNT=4',
    'EXDATE:20270313T130000Z',
    'SUMMARY;LANGUAGE=en-us:Make-up testing',
    'X-MICROSOFT-CDO-BUSYSTATUS:BUSY',
  ),
  vevent(
    'UID:040000008200E00074C5B7101A82E009',
    'DTSTART;VALUE=DATE:20261126',
    'DTEND;VALUE=DATE:20261127',
    'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=TH;BYSETPOS=4',
    'SUMMARY;LANGUAGE=en-us:Thanksgiving',
  ),
);
