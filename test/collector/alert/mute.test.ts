import { describe, expect, it } from 'vitest';
import { labelsToMatch, type Mute, matchesAll, nextMuteEdge, runsUntil } from '../../../collector/alert/mute.ts';
import { alert } from '../notify/fixtures.ts';

const at = (text: string): number => Date.parse(text);
const NEW_YORK = { tz: 'America/New_York', calendars: new Map() };

const mute = (more: Partial<Mute>): Mute => ({
  id: 'm',
  school: 'lincoln',
  kind: 'maintenance',
  matchers: [],
  startsAt: at('2026-03-01T00:00:00-05:00'),
  endsAt: at('2026-04-01T00:00:00-04:00'),
  party: 'internal',
  author: 'Kim',
  comment: 'c',
  createdAt: 0,
  endedAt: null,
  endedBy: null,
  ...more,
});

describe('matchers', () => {
  const labels = labelsToMatch(alert({ labels: { device: 'sw1', zone: 'gym' }, severity: 'warning' }));
  const m = (name: string, value: string, isRegex = false, isEqual = true) => ({ name, value, isRegex, isEqual });
  it.each([
    [[m('device', 'sw1')], true],
    [[m('device', 'sw')], false],
    [[m('device', 'sw.*', true)], true],
    [[m('device', 'w1', true)], false],
    [[m('device', 'sw1', false, false)], false],
    [[m('device', 'ap.*', true, false)], true],
    [[m('school', 'lincoln'), m('site', 'main'), m('domain', 'wireless'), m('severity', 'warning')], true],
    [[m('rule', 'ap-down-share'), m('alertname', 'ap-down-share')], true],
    [[m('device', 'sw1'), m('zone', 'hall')], false],
    // A label that is not there is empty, as in Alertmanager; what every object has is no label.
    [[m('building', '')], true],
    [[m('constructor', '')], true],
  ])('%j: %s', (matchers, fits) => expect(matchesAll(matchers, labels)).toBe(fits));
});

describe('a window', () => {
  it('runs from its begin to its end, or until it is ended by hand', () => {
    const { startsAt, endsAt } = mute({});
    expect(runsUntil(mute({}), startsAt - 1, NEW_YORK)).toBeUndefined();
    expect(runsUntil(mute({}), startsAt, NEW_YORK)).toBe(endsAt);
    expect(runsUntil(mute({}), endsAt, NEW_YORK)).toBeUndefined();
    const ended = mute({ endedAt: startsAt + 1_000 });
    expect(runsUntil(ended, startsAt, NEW_YORK)).toBe(startsAt + 1_000);
    expect(runsUntil(ended, startsAt + 1_000, NEW_YORK)).toBeUndefined();
    expect(nextMuteEdge(mute({}), 0, Infinity, NEW_YORK)).toBe(startsAt);
    expect(nextMuteEdge(mute({}), startsAt, endsAt, NEW_YORK)).toBe(endsAt);
    expect(nextMuteEdge(mute({}), startsAt, endsAt - 1, NEW_YORK)).toBeUndefined();
  });

  it('recurs by the wall clock of the school, also over the night the clocks change', () => {
    // 22:00 to 04:00; on 8 March 2026 New York goes from 02:00 to 03:00, so that night's is an hour shorter.
    const nights = mute({ recurring: { kind: 'weekly', weekly: { days: [0, 6], from: 22 * 60, to: 4 * 60 } } });
    const begin = at('2026-03-07T22:00:00-05:00');
    const end = at('2026-03-08T04:00:00-04:00');
    expect(end - begin).toBe(5 * 3_600_000);
    expect(runsUntil(nights, begin - 1, NEW_YORK)).toBeUndefined();
    expect(runsUntil(nights, begin, NEW_YORK)).toBe(end);
    expect(runsUntil(nights, end, NEW_YORK)).toBeUndefined();
    expect(nextMuteEdge(nights, begin - 60_000, begin + 60_000, NEW_YORK)).toBe(begin);
    expect(nextMuteEdge(nights, begin, begin + 86_400_000, NEW_YORK)).toBe(end);
    // A week later the same hours are other instants.
    expect(runsUntil(nights, at('2026-03-14T22:00:00-04:00'), NEW_YORK)).toBe(at('2026-03-15T04:00:00-04:00'));
  });

  it('runs with the events of a calendar, within its own time', () => {
    const events = [
      {
        start: at('2026-03-10T00:00:00-04:00'),
        end: at('2026-03-11T00:00:00-04:00'),
        categories: ['NO_SCHOOL'],
        summary: '',
      },
      {
        start: at('2026-03-31T12:00:00-04:00'),
        end: at('2026-04-02T00:00:00-04:00'),
        categories: ['NO_SCHOOL'],
        summary: '',
      },
    ];
    const school = { ...NEW_YORK, calendars: new Map([['district', { id: 'district', events }]]) };
    const free = mute({
      recurring: { kind: 'calendar', calendar: 'district', categories: ['NO_SCHOOL'], leadMs: 0, lagMs: 0 },
    });
    expect(runsUntil(free, events[0]!.start, school)).toBe(events[0]!.end);
    expect(runsUntil(free, events[0]!.end, school)).toBeUndefined();
    expect(runsUntil(free, events[1]!.start, school)).toBe(free.endsAt);
  });
});
