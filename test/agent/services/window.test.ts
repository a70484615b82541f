import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Window } from '../../../agent/services/service.ts';
import { isDue, isInside } from '../../../agent/services/window.ts';

const school: Window = {
  weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'],
  dates: [],
  from: 7 * 60,
  to: 17 * 60,
  tz: 'America/Chicago',
  outsideMs: 300_000,
};
const tests: Window = { ...school, weekdays: [], dates: [['2026-04-13', '2026-04-24']], outsideMs: undefined };

describe('a window, by the clock on the wall there,', () => {
  it.each<[window: Window, at: string, inside: boolean]>([
    // Central Daylight Time, UTC-5.
    [school, '2026-10-05T11:59:59Z', false],
    [school, '2026-10-05T12:00:00Z', true],
    [school, '2026-10-05T21:59:59Z', true],
    [school, '2026-10-05T22:00:00Z', false],
    // After the clocks went back on 1 November: UTC-6.
    [school, '2026-11-02T12:30:00Z', false],
    [school, '2026-11-02T13:00:00Z', true],
    // A Saturday there, whatever day it is in Greenwich.
    [school, '2026-10-10T15:00:00Z', false],
    [tests, '2026-04-10T15:00:00Z', false],
    [tests, '2026-04-13T15:00:00Z', true],
    // Its last day, weekend or not.
    [tests, '2026-04-24T15:00:00Z', true],
    [tests, '2026-04-18T15:00:00Z', true],
    [tests, '2026-04-25T15:00:00Z', false],
    [{ ...tests, weekdays: ['sat'] }, '2026-04-25T15:00:00Z', true],
    [{ ...school, weekdays: [], from: 0, to: 1440 }, '2026-10-11T05:00:00Z', true],
  ])('%# %j at %s: %s', (window, at, inside) => expect(isInside(window, Date.parse(at))).toBe(inside));
});

it('is by the day and the minute that the place has, whenever and wherever', () => {
  const zones = ['America/Chicago', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC'];
  const at = fc.integer({ min: Date.UTC(2020, 0, 2), max: Date.UTC(2040, 0, 1) });
  fc.assert(
    fc.property(at, fc.constantFrom(...zones), fc.nat(1438), fc.nat(1439), (now, tz, from, length) => {
      const to = Math.min(1440, from + 1 + length);
      // As Sweden writes it: 2026-10-05 07:00:00.
      const [date = '', time = ''] = new Date(now).toLocaleString('sv-SE', { timeZone: tz }).split(' ');
      const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
      const there: Window = { weekdays: [], dates: [[date, date]], from, to, tz, outsideMs: undefined };
      expect(isInside(there, now)).toBe(minute >= from && minute < to);
      expect(isInside({ ...there, dates: [['2019-01-01', '2019-12-31']] }, now)).toBe(false);
    }),
  );
});

describe('a check is due', () => {
  const inside = Date.parse('2026-10-05T15:00:00Z');
  const outside = Date.parse('2026-10-05T03:00:00Z');
  it.each<[what: string, window: Window | undefined, now: number, since: number | undefined, due: boolean]>([
    ['always without a window', undefined, outside, 15_000, true],
    ['at each tick inside', school, inside, 15_000, true],
    ['at the first tick outside', school, outside, undefined, true],
    ['not at the next', school, outside, 15_000, false],
    ['again after the time for outside, a little early', school, outside, 296_500, true],
    ['not much early', school, outside, 285_000, false],
    ['never outside where that is off', tests, outside, undefined, false],
  ])('%s', (_what, window, now, since, due) => expect(isDue(window, 15_000, now, since)).toBe(due));
});
