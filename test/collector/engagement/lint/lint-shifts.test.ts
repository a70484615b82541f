import { describe, expect, it } from 'vitest';
import { lintSchool } from '../../../../collector/engagement/lint/lint.ts';
import type { CalendarEvent, School } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';

const NOW = Date.parse('2026-09-01T12:00Z');
const CODES = /^shift/;

const school = (
  onCall: string,
  more = '',
  lead = 'channels: [{ type: ntfy, url: "https://ntfy.example.org/lead" }]',
): School =>
  parseSchool(
    `
school: hilltop
tz: America/Chicago
parties:
  provider: { contacts: [ada, ben, lead], coverage: always, on_call: ${onCall}, ${more} }
contacts:
  ada: { channels: [{ type: ntfy, url: "https://ntfy.example.org/ada" }] }
  ben: { channels: [{ type: ntfy, url: "https://ntfy.example.org/ben" }] }
  lead: { ${lead} }
safety_net: [lead, ada]
base: { owner: provider }
calendars:
  duty:
    - { start: 2026-09-01, end: 2026-09-08, summary: ada }
    - { start: 2026-09-10, end: 2027-12-31, summary: ben }
    - { start: 2026-09-10T12:00, end: 2026-09-10T13:00, summary: Zoe }
    - { start: 2026-08-01, end: 2026-08-02, summary: long ago }
`,
    'school.yaml',
  );
const findings = (s: School, now = NOW) =>
  lintSchool(s, now)
    .filter(({ code }) => CODES.test(code))
    .map(({ level, code, got }) => `${level} ${code}: ${got}`);

const ROTATION = 'rotation: { contacts: [ada, ben], start: 2026-08-31, handover: "Mon 08:00" }';

describe('shifts', () => {
  it('a rotation in which everybody is there has nothing to find', () =>
    expect(findings(school(`{ ${ROTATION} }`))).toEqual([]));

  it('an empty time and a name that nobody has, each with its first date', () =>
    expect(findings(school('{ calendar: duty }'))).toEqual([
      'W shift-without-anybody: the calendar names nobody (ada is told) from Tue 8 Sep 2026, 00:00 to Thu 10 Sep 2026, 00:00',
      'W shift-of-nobody-known: "Zoe" on Thu 10 Sep 2026, 12:00',
    ]));

  it('a calendar that ends', () =>
    expect(findings(school('{ calendar: duty }'), Date.parse('2027-09-01T12:00Z'))).toEqual([
      'W shifts-end: the calendar has no shifts any more (ada is told) from Fri 31 Dec 2027, 00:00 to Thu 5 Oct 2028, 07:00',
    ]));

  it('a rotation stands in where the calendar has nothing', () =>
    expect(findings(school(`{ calendar: duty, ${ROTATION} }`))).toEqual([
      'W shift-of-nobody-known: "Zoe" on Thu 10 Sep 2026, 12:00',
    ]));

  it('somebody who is away on their shift, and everybody away', () => {
    const away =
      'absences: [{ who: ben, from: 2026-09-09, to: 2026-09-10 }, { who: [ada, ben, lead], from: 2026-10-01, to: 2026-10-02 }]';
    expect(findings(school(`{ ${ROTATION} }`, away))).toEqual([
      'W shift-of-somebody-absent: ben is absent (ada stands in) from Wed 9 Sep 2026, 00:00 to Thu 10 Sep 2026, 00:00',
      'W shift-without-anybody: everybody is absent from Thu 1 Oct 2026, 00:00 to Fri 2 Oct 2026, 00:00',
    ]);
  });

  it('only what is covered counts', () => {
    const nights = 'absences: [{ who: [ada, ben, lead], from: 2026-10-01T00:00, to: 2026-10-01T06:00 }]';
    const s = school(`{ ${ROTATION} }`, nights);
    const provider = { ...s.parties.get('provider')!, coverage: [{ days: [4], from: 480, to: 1020 }] };
    expect(findings({ ...s, parties: new Map([['provider', provider]]) })).toEqual([]);
  });

  it('somebody who cannot be told', () => {
    const s = school(`{ ${ROTATION} }`);
    const contacts = new Map(s.contacts).set('ben', { id: 'ben', name: 'Ben', channels: [] });
    expect(findings({ ...s, contacts })[0]).toBe(
      'W shift-unreachable: ben has no channel from Mon 7 Sep 2026, 08:00 to Mon 14 Sep 2026, 08:00 (the first of 29)',
    );
  });

  it('nothing of a feed that was not read yet', () => {
    const s = school('{ calendar: duty }');
    const feed = { location: { url: 'https://example.org/duty.ics' }, map: [] };
    const unread = (events: readonly CalendarEvent[]) => new Map([['duty', { id: 'duty', feed, events }]]);
    expect(findings({ ...s, calendars: unread([]) })).toEqual([]);
    expect(findings({ ...s, calendars: unread([{ start: 0, end: 1, categories: [], summary: 'ada' }]) })).toHaveLength(
      1,
    );
  });
});
