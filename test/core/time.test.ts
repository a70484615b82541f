import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay, DEFAULT_BACKOFF, parseRetryAfter } from '../../core/backoff.ts';
import { formatDuration, parseDuration } from '../../core/duration.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    ['30', undefined],
    ['', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
    ['1y', undefined],
  ])('%j is %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [250, '250ms'],
    [45_000, '45s'],
    [5_400_000, '1h 30m'],
    [90_061_000, '1d 1h'],
    [-60_000, '-1m'],
  ])('%s ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('backoffDelay', () => {
  it('lies between half the ceiling and the ceiling, and never above the maximum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const delay = backoffDelay(attempt, DEFAULT_BACKOFF, random);
          const ceiling = Math.min(60_000, 1000 * 2 ** Math.min(attempt - 1, 63));
          expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
          expect(delay).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });

  it('gives way to a longer Retry-After, and ignores a shorter one', () => {
    expect(backoffDelay(1, DEFAULT_BACKOFF, 0, 30_000)).toBe(30_000);
    expect(backoffDelay(1, DEFAULT_BACKOFF, 0.5, 30_000)).toBe(31_500);
    expect(backoffDelay(10, DEFAULT_BACKOFF, 0, 5)).toBe(30_000);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 9, 5, 14);
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Mon, 05 Oct 2026 14:01:00 GMT', 60_000],
    ['Mon, 05 Oct 2026 13:00:00 GMT', 0],
    ['999999', 3_600_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j', (header, ms) => expect(parseRetryAfter(header, now)).toBe(ms));
});
