import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, CodecError, encodePoint } from '../../../../collector/storage/sqlite/codec.ts';
import {
  addAggregate,
  addPoint,
  decodeAggregate,
  encodeAggregate,
  type SeriesAggregate,
} from '../../../../collector/storage/sqlite/rollup.ts';

const writer = new ByteWriter();
const raw = { names: ['on', 'v'], types: 'bf' };
const rolled = { names: ['v'], types: 'a' };

function rollUp(values: readonly number[]): Uint8Array {
  const series: SeriesAggregate = new Map();
  for (const v of values) addPoint(series, raw, encodePoint(writer, raw, { v, on: true }).slice());
  return encodeAggregate(writer, rolled, series).slice();
}

const values = fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 50 });

describe('rollup', () => {
  it('keeps count, sum, minimum, maximum and last of the values', () => {
    fc.assert(
      fc.property(values, (list) => {
        const found = decodeAggregate(rolled, rollUp(list)).get('v')!;
        expect(found.count).toBe(list.length);
        expect(found.min).toBe(list.reduce((a, b) => Math.min(a, b)));
        expect(found.max).toBe(list.reduce((a, b) => Math.max(a, b)));
        expect(found.last).toBe(list.at(-1));
        expect(Math.abs(found.sum - list.reduce((a, b) => a + b, 0))).toBeLessThanOrEqual(1e-9 * 1e12 * list.length);
      }),
    );
  });

  it('of rollups is the rollup of all their points', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 12 }), (windows) => {
        const hour: SeriesAggregate = new Map();
        for (const list of windows) addAggregate(hour, rolled, rollUp(list));
        const all = decodeAggregate(rolled, rollUp(windows.flat())).get('v')!;
        const found = hour.get('v')!;
        expect({ ...found, sum: 0 }).toEqual({ ...all, sum: 0 });
        expect(Math.abs(found.sum - all.sum)).toBeLessThanOrEqual(1e-9 * 1e12 * found.count);
      }),
    );
  });

  it('needs two bytes for a port that was idle all the time', () => {
    expect(rollUp([0, 0, 0, 0, 0])).toHaveLength(2);
  });

  it('refuses damaged bytes and adds nothing of them', () => {
    fc.assert(
      fc.property(values, fc.nat(), (list, seed) => {
        const bytes = rollUp(list);
        const into: SeriesAggregate = new Map();
        expect(() => addAggregate(into, rolled, bytes.subarray(0, seed % bytes.length))).toThrow(CodecError);
        expect(into.size).toBe(0);
      }),
    );
    expect(() => decodeAggregate(rolled, new Uint8Array([0, 0]))).toThrow('aggregate of no values');
  });
});
