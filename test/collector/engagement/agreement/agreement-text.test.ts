import { describe, expect, it } from 'vitest';
import { agreementText } from '../../../../collector/engagement/agreement/agreement-text.ts';
import { durationWords } from '../../../../collector/engagement/agreement/duration-words.ts';
import { type Body, infra, schoolWithFile, wing } from './partnership.ts';

const calendars = { district: [{ start: '2026-11-02', end: '2026-11-07', categories: ['TESTING'] }] };

function textOf(engagement: Body): string {
  const school = schoolWithFile([{ ...infra, ...engagement }], { calendars });
  return agreementText(school.engagements[0]!, school);
}

it('says the whole of an agreement', () => {
  expect(
    textOf({ ...wing, id: 'wing', informed: ['internal'] }),
  ).toBe(`Agreement wing for hilltop: a piece of work for a limited time, answered for by the provider.
It holds from Thu 1 Oct 2026, 00:00 until Thu 15 Oct 2026, 00:00 (times in America/New_York). It ends by itself; extending it takes the approval of both sides again.

1. At all times, the provider answers for everything, in wing-b/*.

The school's own IT can see every alert, without being called for it. Cabler can see only that there is something, not what.
For each alert, as long as nobody answers: at once the provider; after 10 minutes the provider; after 20 minutes the school's own IT, who takes it over; after 30 minutes the school's own IT; last the safety net (principal and noc), again every 30 minutes.
When this begins, the provider takes over the open alerts that nobody has taken on yet; when it ends, the provider hands on the open alerts that it has not taken on yet.
Whoever takes over is briefed 1 day before, where the time is known.
Where several agreements cover the same alert, the one with the higher priority decides (this one has 400), then the narrower one.
Whatever no agreement covers is answered for by the school's own IT. A change of this text takes the approval of both sides again; until then this text holds.`);
});

describe('what a grant says', () => {
  const grant = (terms: Body): string => {
    const line = textOf({ grants: [{ owner: 'provider', ...terms }] })
      .split('\n')
      .find((l) => l.startsWith('1. '));
    return line!.slice(3);
  };

  it.each<[string, Body, string]>([
    [
      'domains',
      { scope: { domain: ['wireless', 'wan', 'cabling'] } },
      'At all times, the provider answers for Wi-Fi, the internet connection and cabling.',
    ],
    [
      'places and severity',
      { scope: { site: ['main', 'annex'], severity: '>=warning' } },
      'At all times, the provider answers for everything, at site main or annex, warning or critical alerts only.',
    ],
    [
      'devices, but not all',
      { scope: { vendor: 'meraki', model: 'MR*', not: { zone: 'gym/*', domain: 'power' } } },
      'At all times, the provider answers for everything, on devices made by meraki, on devices of model MR*, except power, in gym/*.',
    ],
    [
      'one device, one rule',
      { scope: { device: 'sw1', rule: 'poe' } },
      'At all times, the provider answers for everything, on device sw1, when rule poe raises it.',
    ],
    [
      'grades',
      { scope: { grades: [4], grades_match: 'only' } },
      'At all times, the provider answers for everything, where it serves nobody but grade 4.',
    ],
    [
      'any of some grades',
      { scope: { grades: [4, 5] } },
      'At all times, the provider answers for everything, where it serves among others grades 4 and 5.',
    ],
    [
      'nights',
      { when: { weekly: { days: ['mon', 'tue'], from: '17:00', to: '07:00' } } },
      'On Monday and Tuesday from 17:00 to 07:00 of the next day, the provider answers for everything.',
    ],
    [
      'dates or a season',
      {
        when: [
          { from: '2026-10-06', to: '2026-10-07' },
          { calendar: 'district', category: 'TESTING', lead: '3d', lag: '12h' },
        ],
      },
      'From Tue 6 Oct 2026, 00:00 until Wed 7 Oct 2026, 00:00 or during TESTING in the calendar district (from 3 days before until 12 hours after it), the provider answers for everything.',
    ],
    [
      'too much work',
      { if: { load: { party: 'internal', severity: 'warning', over: 8, clear: 3 } } },
      "At all times, once the school's own IT has had more than 8 open alerts (warning or worse) for 5 minutes, and until there are 3 or fewer, but for 1 hour at least, the provider answers for everything.",
    ],
    [
      'facts',
      { if: { enrolment: '>= 400', mode: 'remote' } },
      'At all times, as long as enrolment is at least 400 and as long as mode is remote, the provider answers for everything.',
    ],
  ])('%s', (_what, terms, text) => expect(grant(terms)).toBe(text));
});

describe('what both sides owe', () => {
  it.each<[string, Body, string]>([
    [
      'for every severity alike',
      { sla: { ack: '15m', update: '60m', resolve: '4h' } },
      'The provider owes for critical alerts an answer within 15 minutes, word on how it goes every 1 hour and the repair within 4 hours, day and night; for warning alerts',
    ],
    [
      'for one severity, in school hours',
      { sla: { warning: { ack: '1h30m', calendar: 'school-hours' } } },
      'The provider owes for warning alerts an answer within 1 hour 30 minutes, counted in school hours.',
    ],
    [
      'a ladder of their own',
      {
        ladder: [
          { to: 'noc', after: '0m' },
          { to: 'internal', after: '45m', transfer: true },
          { to: 'safety_net', after: '1h' },
        ],
      },
      "as long as nobody answers: at once noc; after 45 minutes the school's own IT, who takes it over; after 1 hour the safety net; last the safety net",
    ],
    [
      'at a hand-over',
      { handover: { take: 'all', give: 'none', overlap: '15m', accept: 'required', brief: '0m' } },
      'When this begins, the provider takes over all open alerts; when it ends, the provider keeps the open alerts until they are done.\nWhoever hands on is still told second for 15 minutes.\nA hand-over is to be accepted',
    ],
  ])('%s', (_what, terms, text) => expect(textOf(terms)).toContain(text));

  it('what differs between grants stands with each', () => {
    const text = textOf({
      grants: [
        { owner: 'provider', scope: { domain: 'infrastructure' } },
        { owner: 'internal', scope: { domain: 'cabling' }, priority: 350 },
      ],
    });
    expect(
      text
        .split('\n')
        .filter((line) => line.includes('(this one has'))
        .map((line) => line.slice(0, 3)),
    ).toEqual(['   ', '   ']);
    expect(text).toContain("answered for by the provider and the school's own IT.");
  });
});

it.each([
  [0, 'no time'],
  [1_000, '1 second'],
  [90_000, '1 minute 30 seconds'],
  [26 * 3_600_000, '1 day 2 hours'],
])('%i ms is %s', (ms, words) => expect(durationWords(ms)).toBe(words));
