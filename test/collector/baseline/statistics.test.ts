import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourSlot, SLOTS } from '../../../collector/baseline/hour-slot.ts';
import { medianOf, usualBySlot } from '../../../collector/baseline/statistics.ts';

describe('what is usual', () => {
  it('is the median, with a spread that single outliers do not move', () => {
    const points = [10, 12, 11, 13, 9, 500].map((value, i) => [i, value] as const);
    const usual = usualBySlot(points, () => 7).get(7)!;
    expect(usual.median).toBe(11.5);
    expect(usual.samples).toBe(6);
    expect(usual.spread).toBeCloseTo(1.4826 * 1.5);
  });

  it('is kept apart by slot; points of no slot, and what is no number, do not count', () => {
    const points = [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, Number.NaN],
      [4, 9],
    ] as const;
    const usual = usualBySlot(points, (time) => (time === 4 ? undefined : time % 2));
    expect([...usual].map(([slot, { median, samples }]) => [slot, median, samples])).toEqual([
      [0, 2, 2],
      [1, 2, 1],
    ]);
  });

  it('the median has half of the values at or below it and half at or above it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
        const median = medianOf(values);
        const half = values.length / 2;
        expect(values.filter((value) => value <= median).length).toBeGreaterThanOrEqual(half);
        expect(values.filter((value) => value >= median).length).toBeGreaterThanOrEqual(half);
      }),
    );
  });
});

describe('the hour of the kind of day', () => {
  const zone = 'America/Chicago';
  it.each([
    ['2026-10-05T08:59:00-05:00', [], 24 + 8, 'a Monday'],
    ['2026-10-03T08:00:00-05:00', [], 48 + 8, 'a Saturday'],
    ['2026-10-05T08:00:00-05:00', ['NO_SCHOOL'], 48 + 8, 'a holiday'],
    ['2026-10-05T08:00:00-05:00', ['TESTING'], 8, 'a test'],
    ['2026-10-03T08:00:00-05:00', ['NO_SCHOOL', 'TESTING'], 8, 'a test on a day without school'],
    ['2026-10-04T23:30:00-05:00', [], 48 + 23, 'a Sunday night, Monday in UTC'],
    ['2026-11-02T08:00:00-06:00', [], 24 + 8, 'a Monday after the clocks went back'],
  ])('%s with %j is %i: %s', (at, categories, slot) => {
    expect(hourSlot(zone, Date.parse(at), categories)).toBe(slot);
    expect(slot).toBeLessThan(SLOTS);
  });
});
