import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, isTimeZone, localTime, parseInstant } from '../../../collector/engagement/zoned-time.ts';

const NY = 'America/New_York';

describe('zoned time', () => {
  it.each([
    ['2026-10-01', '2026-10-01T04:00:00Z', 'midnight in the zone'],
    ['2026-10-01T08:30', '2026-10-01T12:30:00Z', 'wall clock'],
    ['2026-03-08T02:30', '2026-03-08T07:00:00Z', 'inside the gap: the instant after it'],
    ['2026-11-01T01:30', '2026-11-01T05:30:00Z', 'occurs twice: the first'],
    ['2026-11-01T02:00', '2026-11-01T07:00:00Z', 'after the repeated hour'],
    ['2026-10-01T08:30+02:00', '2026-10-01T06:30:00Z', 'with an offset the zone does not matter'],
    ['2026-10-01T08:30:15Z', '2026-10-01T08:30:15Z', 'UTC'],
  ])('%s is %s (%s)', (written, instant) => {
    expect(new Date(parseInstant(written, NY)!).toISOString()).toBe(instant.replace('Z', '.000Z'));
  });

  it.each(['2026-02-30', '2026-13-01', '2026-10-01T24:00', '01.10.2026', '2026-10', '', '2026-10-01T08:60'])(
    '%s is refused',
    (text) => {
      expect(parseInstant(text, NY)).toBeUndefined();
    },
  );

  it('knows zones from what is none', () => {
    expect(['America/New_York', 'UTC', 'Asia/Kolkata'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['America/Gotham', '', '+05:00', 'EST5 EDT'].map(isTimeZone)).toEqual([false, false, false, false]);
  });

  it('a wall clock read off an instant leads back to it, except in the repeated hour, which leads to the first', () => {
    const zones = fc.constantFrom(
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'America/St_Johns',
      'UTC',
    );
    const instants = fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2035, 0) / 1000 });
    fc.assert(
      fc.property(zones, instants, (zone, s) => {
        const back = instantOf(zone, localTime(zone, s * 1000));
        if (back === s * 1000) return;
        expect(back).toBeLessThan(s * 1000);
        expect(localTime(zone, back)).toEqual(localTime(zone, s * 1000));
      }),
      { numRuns: 2000 },
    );
  });
});
