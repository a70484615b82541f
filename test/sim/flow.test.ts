import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flow } from '../../sim/flow.ts';
import { DAY_MS, LoadShape, schoolDay } from '../../sim/load-shape.ts';

describe('Flow', () => {
  it('is start + floor(rate * T) exactly, also where a float would lose the last digit', () => {
    const flow = new Flow(1_000, 2n ** 60n, 1_225_000_001);
    for (const t of [0, 1, 999, 1_000, 123_457, 86_400_001])
      expect(flow.at(1_000 + t)).toBe(2n ** 60n + (1_225_000_001n * BigInt(t)) / 1_000n);
    expect(flow.at(0)).toBe(2n ** 60n);
  });

  it('wraps at 64 bits', () => {
    expect(new Flow(0, 2n ** 64n - 5n, 10).at(1_000)).toBe(5n);
  });

  it('bends without a jump when the rate changes, keeps its past, and loses no fraction', () => {
    const flow = new Flow(0, 100n, 3);
    const before = flow.at(500);
    flow.setRate(500, 1_000);
    expect(flow.at(500)).toBe(before);
    expect(flow.at(400)).toBe(101n);
    expect(flow.at(1_500)).toBe(1_101n);
    flow.setRate(1_500, 1);
    // 1.5 + 1000 + 0.5 = 1002 whole units since the start.
    expect(flow.at(2_000)).toBe(1_102n);
    expect(() => flow.setRate(100, 1)).toThrow(RangeError);
  });

  it('starts at 0 again on reset, at the same rate', () => {
    const flow = new Flow(0, 1_000n, 10);
    flow.reset(5_000);
    expect([flow.at(4_999), flow.at(5_000), flow.at(6_000)]).toEqual([1_049n, 0n, 10n]);
  });

  it('never runs backwards under any shape and any changes of rate', () => {
    const shape = fc
      .tuple(
        fc.array(fc.nat(2_000), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.nat(DAY_MS),
      )
      .map(([values, step, phase]) => new LoadShape(values, step, phase));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20_000), fc.nat(2e9), shape), { maxLength: 6 }), (changes) => {
        const flow = new Flow(0, 0n, 1_000);
        let now = 0;
        let last = 0n;
        for (const [wait, rate, load] of changes) {
          for (const at of [now + (wait >> 1), now + wait]) {
            expect(flow.at(at)).toBeGreaterThanOrEqual(last);
            last = flow.at(at);
          }
          now += wait;
          flow.setRate(now, rate, load);
        }
      }),
    );
  });
});

describe('LoadShape', () => {
  it('integrates exactly: the sum of its values ms by ms', () => {
    const shape = new LoadShape([100, 0, 950], 7, 3);
    let sum = 0;
    for (let t = 0; t < 60; t++) {
      expect(shape.integral(t) - shape.integral(0)).toBe(sum);
      sum += shape.perMille(t);
    }
  });

  it('a school day is quiet at night, busy in class, lower at lunch, and the same for the same seed', () => {
    const day = schoolDay(1, 0);
    const mean = (from: number, to: number): number =>
      (day.integral(to * 3_600_000) - day.integral(from * 3_600_000)) / ((to - from) * 3_600_000);
    expect(mean(0, 6)).toBeLessThan(150);
    expect(mean(9, 11)).toBeGreaterThan(700);
    expect(mean(12, 12.5)).toBeLessThan(mean(10.5, 11.5));
    expect(mean(18, 22)).toBeLessThan(250);
    expect(schoolDay(1, 0).integral(40_000_000)).toBe(day.integral(40_000_000));
    expect(schoolDay(2, 0).integral(40_000_000)).not.toBe(day.integral(40_000_000));
    for (let t = 0; t < DAY_MS; t += 10_000) expect(day.perMille(t)).toBeLessThanOrEqual(1_200);
  });
});
