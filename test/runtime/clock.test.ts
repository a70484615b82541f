import { describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';

describe('systemClock', () => {
  it.each([2 ** 31, 864_000_000_000, Number.POSITIVE_INFINITY])(
    'sleeps for %d ms, though a timer cannot',
    async (ms) => {
      const stop = new AbortController();
      let over = false;
      const long = systemClock.sleep(ms, stop.signal).then(() => {
        over = true;
      });
      await systemClock.sleep(20);
      expect(over).toBe(false);
      stop.abort();
      await long;
    },
  );

  it.each([0, -5])('sleeps for %d ms', (ms) => systemClock.sleep(ms));
});
