import { describe, expect, it } from 'vitest';
import { readCalendar } from '../../../../collector/engagement/calendar/ical.ts';
import type { RouteAlert } from '../../../../collector/engagement/decision.ts';
import { nextEdge } from '../../../../collector/engagement/horizon.ts';
import { onCallAt, onCallSpans } from '../../../../collector/engagement/on-call/on-call-now.ts';
import { planSchool } from '../../../../collector/engagement/plan.ts';
import { explain } from '../../../../collector/engagement/responsibility.ts';
import type { School } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';
import { calendar, vevent } from '../calendar/ical-texts.ts';

const school = (onCall: string, more = '', calendars = ''): School =>
  parseSchool(
    `
school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider:
    contacts: [noc, sam, lee, kay]
    coverage: always
    on_call: ${onCall}
    ${more}
contacts:
  kim: { channels: [{ type: ntfy, url: "https://ntfy.example.org/kim" }] }
  noc: { channels: [{ type: ntfy, url: "https://ntfy.example.org/noc" }] }
  sam: { name: Sam Ortiz, channels: [{ type: email, to: sam@example.org }] }
  lee: { name: Lee, channels: [{ type: ntfy, url: "https://ntfy.example.org/lee" }] }
  kay: { channels: [{ type: ntfy, url: "https://ntfy.example.org/kay" }] }
safety_net: [kim, noc]
base: { owner: provider }
${calendars}
`,
    'school.yaml',
  );

const WEEKLY = '{ rotation: { contacts: [sam, lee, kay], start: 2026-08-31, handover: "Mon 08:00" } }';
const alert: RouteAlert = { id: 1, domain: 'switching', severity: 'warning' };
const at = (text: string): number => Date.parse(text);
const onDuty = (s: School, when: string): string | undefined => planSchool(s).duties.get('provider')!.contact(at(when));

describe('a weekly rotation', () => {
  it.each([
    ['2026-08-31T07:59:59-05:00', 'noc', 'before it begins the first contact, as ever'],
    ['2026-08-31T08:00:00-05:00', 'sam', 'the first'],
    ['2026-09-07T07:59:59-05:00', 'sam', 'until the hand-over'],
    ['2026-09-07T08:00:00-05:00', 'lee', 'half-open'],
    ['2026-09-21T08:00:00-05:00', 'sam', 'round again'],
    ['2026-11-02T07:59:59-06:00', 'kay', 'by the clock on the wall also after it was set back'],
    ['2026-11-02T08:00:00-06:00', 'sam', 'at eight by that clock'],
  ])('%s: %s (%s)', (when, contact) => expect(onDuty(school(WEEKLY), when)).toBe(contact));

  it('begins on the first such day on or after its start', () => {
    const s = school(WEEKLY.replace('2026-08-31', '2026-09-01'));
    expect([onDuty(s, '2026-09-06T12:00Z'), onDuty(s, '2026-09-07T13:00Z')]).toEqual(['noc', 'sam']);
  });

  it('an absence passes the shift on to the next, and only as long as it lasts', () => {
    const s = school(
      WEEKLY,
      'absences: [{ who: sam, from: 2026-09-02, to: 2026-09-03 }, { who: lee, from: 2026-09-02T12:00, to: 2026-09-04 }]',
    );
    const whos = ['2026-09-01', '2026-09-02', '2026-09-03'].map((day) => onDuty(s, `${day}T18:00:00-05:00`));
    expect([...whos, onDuty(s, '2026-09-02T08:00:00-05:00')]).toEqual(['sam', 'kay', 'sam', 'lee']);
  });

  it('an override wins, the last one written over the others, and one whose contact is away does not count', () => {
    const overrides =
      '[{ contact: kay, from: 2026-09-01, to: 2026-09-04 }, { contact: noc, from: 2026-09-02, to: 2026-09-03 }]';
    const s = school(WEEKLY.replace(' }', ` }, overrides: ${overrides}`));
    const days = ['2026-08-31T12:00', '2026-09-01T00:00', '2026-09-02T12:00', '2026-09-03T00:00', '2026-09-04T00:00'];
    expect(days.map((day) => onDuty(s, `${day}:00-05:00`))).toEqual(['sam', 'kay', 'noc', 'kay', 'sam']);
    const away = school(
      WEEKLY.replace(' }', ` }, overrides: ${overrides}`),
      'absences: [{ who: kay, from: 2026-09-01, to: 2026-09-02 }]',
    );
    expect(onDuty(away, '2026-09-01T12:00:00-05:00')).toBe('sam');
  });

  it('outside `restrict` the first contact answers; days go by themselves', () => {
    const s = school(
      '{ rotation: { contacts: [sam, lee], start: 2026-08-31, handover: "18:00", every: 1d, restrict: [{ weekly: { days: [mon, tue, wed], from: "18:00", to: "06:00" } }] } }',
    );
    const whos = ['2026-08-31T17:59', '2026-08-31T18:00', '2026-09-01T05:59', '2026-09-01T06:00', '2026-09-01T18:00'];
    expect(whos.map((when) => onDuty(s, `${when}:00-05:00`))).toEqual(['noc', 'sam', 'sam', 'noc', 'lee']);
  });
});

describe('a ladder', () => {
  it('resolves each rung at its own time: who comes on call meanwhile gets the later ones', () => {
    const told = explain(planSchool(school(WEEKLY)), alert, at('2026-09-07T07:52:00-05:00'));
    expect(told.steps.map(({ contact, after_s }) => [contact, after_s])).toEqual([
      ['sam', 0],
      ['lee', 600],
      ['kim', 1200],
      ['kim', 1800],
      ['kim,noc', 3600],
    ]);
  });
});

describe('explain', () => {
  it('tells the end of the shift as the next change, who is on call and who comes next', () => {
    const told = explain(planSchool(school(WEEKLY)), alert, at('2026-09-01T12:00:00-05:00'));
    expect(told.next_change).toEqual({
      at: '2026-09-07T13:00:00.000Z',
      owner: 'provider',
      why: 'base',
      contact: 'lee',
    });
    expect(told.on_call).toEqual([
      {
        party: 'provider',
        contact: 'sam',
        named: 'sam',
        by: 'rotation',
        covered: true,
        next: { at: '2026-09-07T13:00:00.000Z', contact: 'lee' },
      },
    ]);
    expect(told.text).toMatch(/Sam Ortiz \(the provider\) is told now, on call until Mon 7 Sept?, 08:00\./);
  });

  it('says nothing of it where nobody takes turns', () => {
    const plain = school(WEEKLY);
    const { onCall: _, ...provider } = plain.parties.get('provider')!;
    const told = explain(
      planSchool({ ...plain, parties: new Map(plain.parties).set('provider', provider) }),
      alert,
      at('2026-09-01T12:00Z'),
    );
    expect(told.on_call).toBeUndefined();
    expect(told.next_change).toBeNull();
    expect(told.text).not.toContain('on call');
  });

  it('the desk wakes at the hand-over', () => {
    const now = at('2026-09-07T07:59:58-05:00');
    expect(nextEdge(planSchool(school(WEEKLY)), now, now + 5000)).toBe(now + 2000);
  });
});

describe('a calendar of shifts', () => {
  const ICS = calendar(
    vevent('UID:1', 'SUMMARY:On call: sam', 'DTSTART:20260901T130000Z', 'DTEND:20260902T130000Z'),
    vevent('UID:2', 'SUMMARY:Night (LEE)', 'DTSTART:20260902T130000Z', 'DTEND:20260903T130000Z'),
    vevent(
      'UID:3',
      'SUMMARY:Bereitschaft',
      'ATTENDEE;CN=K:mailto:SAM@example.org',
      'DTSTART:20260903T130000Z',
      'DTEND:20260904T130000Z',
    ),
    vevent(
      'UID:4',
      'SUMMARY:week 36',
      'ATTENDEE;PARTSTAT=DECLINED:mailto:sam@example.org',
      'DTSTART:20260904T130000Z',
      'DTEND:20260905T130000Z',
    ),
    vevent('UID:5', 'SUMMARY:samuel or leeds', 'DTSTART:20260905T130000Z', 'DTEND:20260906T130000Z'),
    vevent('UID:6', 'SUMMARY:swap: kay for sam', 'DTSTART:20260901T200000Z', 'DTEND:20260901T220000Z'),
  );
  const read = (onCall: string, more = ''): School => {
    const s = school(onCall, more, 'calendars: { duty: { file: duty.ics } }');
    const reading = readCalendar(ICS, { zone: s.tz, map: [], from: at('2026-01-01'), until: at('2027-01-01') });
    expect(reading.problems).toEqual([]);
    return { ...s, calendars: new Map([['duty', { ...s.calendars.get('duty')!, events: reading.events }]]) };
  };

  it('names who is on call by id, name, address of an attendee; the shorter event wins; the rest is the first contact', () => {
    const s = read('{ calendar: duty }');
    const whos = ['01T14:00', '01T21:00', '02T14:00', '03T14:00', '04T14:00', '05T14:00', '07T14:00'];
    expect(whos.map((when) => onDuty(s, `2026-09-${when}:00Z`))).toEqual([
      'sam',
      'kay',
      'lee',
      'sam',
      'noc',
      'noc',
      'noc',
    ]);
    const { unknown } = planSchool(s).duties.get('provider')!.onCall!.reading;
    expect(unknown.map(({ summary, start }) => [summary, new Date(start).toISOString()])).toEqual([
      ['week 36', '2026-09-04T13:00:00.000Z'],
      ['samuel or leeds', '2026-09-05T13:00:00.000Z'],
    ]);
  });

  it('patterns of the file come first', () => {
    const s = read(
      '{ calendar: duty, match: [{ summary: "(?i)week", contact: kay }, { attendee: "@EXAMPLE", contact: lee }, { attendee: "(?i)@example[.]org$", contact: noc }] }',
    );
    expect(['03T14:00', '04T14:00'].map((when) => onDuty(s, `2026-09-${when}:00Z`))).toEqual(['noc', 'kay']);
  });

  it('between its events the rotation goes on, and an override stands above both', () => {
    const s = read(
      '{ calendar: duty, rotation: { contacts: [lee, kay], start: 2026-08-31, handover: "Mon 08:00" }, overrides: [{ contact: noc, from: "2026-09-01T10:00", to: "2026-09-01T11:00" }] }',
    );
    const duty = planSchool(s).duties.get('provider')!;
    const spans = onCallSpans(duty, at('2026-09-01T12:00Z'), at('2026-09-02T14:00Z'));
    expect(spans.map(({ start, contact, by }) => [new Date(start).toISOString().slice(8, 16), contact, by])).toEqual([
      ['01T12:00', 'lee', 'rotation'],
      ['01T13:00', 'sam', 'calendar'],
      ['01T15:00', 'noc', 'override'],
      ['01T16:00', 'sam', 'calendar'],
      ['01T20:00', 'kay', 'calendar'],
      ['01T22:00', 'sam', 'calendar'],
      ['02T13:00', 'lee', 'calendar'],
    ]);
    expect(onCallAt(planSchool(s), at('2026-09-01T15:30Z'))).toMatchObject([
      { contact: 'noc', by: 'override', next: { at: at('2026-09-01T16:00Z'), contact: 'sam' } },
    ]);
  });
});

describe('the school file', () => {
  it.each([
    ['{ rotation: { contacts: [zed], start: 2026-08-31, handover: "Mon 08:00" } }', 'one of the contacts of provider'],
    ['{ rotation: { contacts: [sam], start: 2026-02-31, handover: "Mon 08:00" } }', 'a date such as 2026-08-31'],
    ['{ rotation: { contacts: [sam], start: 2026-08-31, handover: "Mon 08:00", every: 3d } }', 'a time without a day'],
    ['{ rotation: { contacts: [sam], start: 2026-08-31, handover: "8 am" } }', 'a time such as "Mon 08:00"'],
    ['{ rotation: { contacts: [], start: 2026-08-31, handover: "Mon 08:00" } }', 'rotation.contacts'],
    ['{ overrides: [{ contact: sam, from: 2026-09-02, to: 2026-09-01 }] }', 'a time after `from`'],
    ['{ calendar: nowhere }', 'a URL, or one of the calendars'],
    ['{ calendar: "https://example.org/duty.ics", match: [{ summary: "(", contact: sam }] }', 'a regular expression'],
    [
      '{ overrides: [{ contact: sam, from: 2026-09-01, to: 2026-09-02 }], match: [{ summary: x, contact: sam }] }',
      '`calendar` beside it',
    ],
    ['{}', 'a `rotation`, a `calendar` or `overrides`'],
  ])('%s is refused: %s', (onCall, expected) => expect(() => school(onCall)).toThrow(expected));

  it('a URL becomes a calendar of the school, which is fetched as the others are', () => {
    const s = school('{ calendar: "https://example.org/duty.ics" }');
    expect(s.calendars.get('on-call-provider')).toEqual({
      id: 'on-call-provider',
      feed: { location: { url: 'https://example.org/duty.ics' }, map: [] },
      events: [],
    });
    expect(s.parties.get('provider')!.onCall!.calendar).toBe('on-call-provider');
  });
});
