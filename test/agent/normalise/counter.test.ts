import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterDelta, elapsedBetween, maxOctets, maxPackets } from '../../../agent/normalise/counter.ts';
import type { Counter, Stamp } from '../../../agent/normalise/varbind.ts';

const stamp = (seconds: number, uptimeSeconds: number | undefined): Stamp => ({
  at: seconds * 1000,
  uptime: uptimeSeconds === undefined ? undefined : Math.floor(uptimeSeconds * 100),
});
const WRAP = 2 ** 32 / 100;

describe('elapsedBetween', () => {
  it.each([
    ['the device clock, where it agrees', stamp(0, 1000), stamp(10.1, 1010), { seconds: 10 }],
    ['ours, where the device gives none', stamp(0, undefined), stamp(10.1, 1010), { seconds: 10.1 }],
    ['ours, where the device is far off', stamp(0, 1000), stamp(10, 1012), { seconds: 10 }],
    ['ours, where the device clock stands still', stamp(0, 1000), stamp(10, 1000), { seconds: 10 }],
    ['the edge of agreement: 2 % and 0.5 s', stamp(0, 1000), stamp(10, 1010.69), { seconds: 10.69 }],
    ['a restart: uptime went back', stamp(0, 1000), stamp(10, 4), { reason: 'rebooted' }],
    ['a restart hidden in a long gap', stamp(0, 100), stamp(3600, 200), { reason: 'rebooted' }],
    ["the uptime's own wrap after 497 days", stamp(0, WRAP - 4), stamp(10, 6), { seconds: 10 }],
    ['a restart close to the wrap', stamp(0, WRAP - 4000), stamp(10, 6), { reason: 'rebooted' }],
    ['no time at all', stamp(5, 1000), stamp(5, 1000), { reason: 'no_time' }],
  ])('%s', (_name, before, now, expected) => {
    const got = elapsedBetween(before, now);
    if ('seconds' in expected) expect(got).toEqual({ seconds: expect.closeTo(expected.seconds, 6) });
    else expect(got).toEqual(expected);
  });

  it('does not divide by a clock that only knows whole seconds', () => {
    expect(elapsedBetween(stamp(0, 1000), stamp(10.4, 1010), false)).toEqual({ seconds: 10.4 });
  });

  it('is within 0.5 % of the truth however late our side reads the answers', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 10, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 1, max: WRAP, noNaN: true }),
        (interval, lagBefore, lagNow, uptime) => {
          const got = elapsedBetween(stamp(lagBefore, uptime), stamp(interval + lagNow, (uptime + interval) % WRAP));
          expect('seconds' in got && Math.abs(got.seconds / interval - 1)).toBeLessThan(0.005);
        },
      ),
    );
  });
});

const GIGABIT = maxOctets(1e9);
const counter = (value: bigint, bits: 32 | 64): Counter => ({ value, bits });

describe('counterDelta', () => {
  it.each([
    ['64 bit forward', counter(10n, 64), counter(25n, 64), 10, GIGABIT, { delta: 15n }],
    ['no change', counter(10n, 32), counter(10n, 32), 10, GIGABIT, { delta: 0n }],
    [
      '64 bit beyond 2^53, to the last digit',
      counter(2n ** 60n + 1n, 64),
      counter(2n ** 60n + 4n, 64),
      10,
      GIGABIT,
      { delta: 3n },
    ],
    ['64 bit over its end', counter(2n ** 64n - 5n, 64), counter(5n, 64), 10, GIGABIT, { delta: 10n }],
    ['32 bit over its end', counter(2n ** 32n - 5n, 32), counter(5n, 32), 10, GIGABIT, { delta: 10n }],
    ['64 bit cleared', counter(5_000_000_000n, 64), counter(7n, 64), 10, GIGABIT, { reason: 'went_back' }],
    [
      '32 bit cleared: a wrap that the line cannot have carried',
      counter(1000n, 32),
      counter(7n, 32),
      10,
      GIGABIT,
      { reason: 'went_back' },
    ],
    [
      '32 bit of a line that may have wrapped twice',
      counter(1000n, 32),
      counter(2000n, 32),
      60,
      GIGABIT,
      { reason: 'wrap_ambiguous' },
    ],
    ['lower, speed unknown', counter(2n ** 32n - 5n, 32), counter(5n, 32), 10, undefined, { reason: 'went_back' }],
    ['higher, speed unknown', counter(5n, 32), counter(9n, 32), 10, undefined, { delta: 4n }],
    ['32 became 64 bit', counter(5n, 32), counter(9n, 64), 10, GIGABIT, { reason: 'width_changed' }],
    ['a leap that no port can make', counter(5n, 64), counter(2n ** 63n, 64), 10, GIGABIT, { reason: 'absurd' }],
  ] as const)('%s', (_name, before, now, seconds, limit, expected) => {
    expect(counterDelta(before, now, seconds, limit)).toEqual(expected);
  });

  it('finds the true growth wherever the counter starts, or says that it cannot', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(32 as const, 64 as const),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 900, noNaN: true }),
        fc.constantFrom(1e6, 1e8, 1e9, 1e10, 4e11),
        (bits, start, load, seconds, speed) => {
          const size = 2n ** BigInt(bits);
          const truth = BigInt(Math.floor(maxOctets(speed) * load * seconds));
          const before = counter(start % size, bits);
          const now = counter((start + truth) % size, bits);
          const got = counterDelta(before, now, seconds, maxOctets(speed));
          if ('delta' in got) expect(got.delta).toBe(truth);
          else
            expect([got.reason, bits, maxOctets(speed) * seconds * 1.05 >= 2 ** 32]).toEqual([
              'wrap_ambiguous',
              32,
              true,
            ]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never gives a negative or absurd growth for any two values', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(32 as const, 64 as const),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.double({ min: 0.1, max: 900, noNaN: true }),
        fc.option(fc.constantFrom(1e7, 1e9, 1e11), { nil: undefined }),
        (bits, a, b, seconds, speed) => {
          const size = 2n ** BigInt(bits);
          const limit = speed === undefined ? undefined : maxPackets(speed);
          const got = counterDelta(counter(a % size, bits), counter(b % size, bits), seconds, limit);
          if ('delta' in got) {
            expect(got.delta >= 0n).toBe(true);
            expect(Number(got.delta) / seconds).toBeLessThanOrEqual(2.5e11);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
