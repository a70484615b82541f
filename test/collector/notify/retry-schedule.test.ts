import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS, retryDelay } from '../../../collector/notify/retry-schedule.ts';

describe('the retry schedule', () => {
  it.each([
    [1, 5_000],
    [2, 20_000],
    [3, 60_000],
    [4, 180_000],
    [5, 300_000],
    [6, 1_800_000],
    [7, 7_200_000],
    [12, 86_400_000],
  ])('waits after failure %i for %i ms', (failures, ms) => expect(retryDelay(failures, 0.5)).toBe(ms));

  it('gives up after the last', () => expect(retryDelay(RETRY_DELAYS_MS.length + 1, 0.5)).toBeUndefined());

  it('never comes back before the receiver asked, and never more than 10 % off its own time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: RETRY_DELAYS_MS.length }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 3_600_000 }), { nil: undefined }),
        (failures, random, retryAfter) => {
          const wait = retryDelay(failures, random, retryAfter)!;
          const base = RETRY_DELAYS_MS[failures - 1]!;
          expect(wait).toBeGreaterThanOrEqual(retryAfter ?? 0);
          expect(wait).toBeGreaterThanOrEqual(Math.floor(base * 0.9));
          expect(wait).toBeLessThanOrEqual(Math.ceil(Math.max(base, retryAfter ?? 0) * 1.1));
        },
      ),
    );
  });
});
