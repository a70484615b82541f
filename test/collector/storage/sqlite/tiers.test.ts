import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRange, type Retention } from '../../../../collector/storage/sqlite/tiers.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const now = Date.UTC(2026, 9, 5, 14, 0);
const retention: Retention = [7 * DAY, 90 * DAY, 730 * DAY];

describe('which tier serves a range', () => {
  it.each([
    ['raw points', { from: now - DAY }, [[0, DAY, 0]]],
    ['raw points, as far as they go', { from: now - 30 * DAY }, [[0, 7 * DAY, 0]]],
    ['a step finer than any rollup', { from: now - DAY, step: MIN }, [[0, DAY, 0]]],
    ['a step no rollup divides', { from: now - DAY, step: 7 * MIN }, [[0, DAY, 0]]],
    ['a step of 10 minutes', { from: now - DAY, step: 10 * MIN }, [[1, DAY, 0]]],
    ['a step of 90 minutes', { from: now - DAY, step: 90 * MIN }, [[1, DAY, 0]]],
    ['a step of a day', { from: now - 30 * DAY, step: DAY }, [[2, 30 * DAY, 0]]],
    [
      'a fine step over a long time: coarser where the finer is gone',
      { from: now - 200 * DAY, step: MIN },
      [
        [2, 200 * DAY, 90 * DAY],
        [1, 90 * DAY, 7 * DAY],
        [0, 7 * DAY, 0],
      ],
    ],
    ['more than is kept', { from: 0, step: DAY }, [[2, 730 * DAY, 0]]],
    ['nothing', { from: now, step: DAY }, []],
    ['only what is gone', { from: now - 900 * DAY, to: now - 800 * DAY, step: DAY }, []],
    ['raw of what is gone', { from: now - 90 * DAY, to: now - 80 * DAY }, []],
  ] as [string, { from: number; to?: number; step?: number }, [number, number, number][]][])(
    '%s',
    (_name, query, expected) => {
      const plan = planRange({ to: now, ...query }, retention, now);
      expect(plan.map((s) => [s.tier, now - s.from, now - s.to])).toEqual(expected);
    },
  );

  it('leaves no gap and no overlap, and cuts no rollup window in two', () => {
    const time = fc.integer({ min: now - 800 * DAY, max: now });
    const step = fc.constantFrom(MIN, 5 * MIN, 7 * MIN, HOUR, DAY);
    fc.assert(
      fc.property(time, time, step, fc.integer({ min: 0, max: DAY }), (a, b, width, later) => {
        const query = { from: Math.min(a, b), to: Math.max(a, b), step: width };
        const plan = planRange(query, retention, now + later);
        for (const [i, part] of plan.entries()) {
          expect(part.to).toBeGreaterThan(part.from);
          if (i > 0) expect(part.from).toBe(plan[i - 1]!.to);
          const unit = [1, 5 * MIN, HOUR][part.tier]!;
          expect([part.from % unit, part.to % unit]).toEqual([0, 0]);
        }
        if (plan.length > 0) expect(plan.at(-1)!.to).toBeGreaterThanOrEqual(query.to);
      }),
    );
  });
});
