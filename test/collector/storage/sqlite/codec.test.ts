import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteWriter,
  CodecError,
  decodeNumber,
  decodeNumbers,
  decodePoint,
  encodePoint,
  type FieldSet,
  fieldType,
} from '../../../../collector/storage/sqlite/codec.ts';
import type { FieldValue } from '../../../../core/sample.ts';

const value: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer().map(Number),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.nat(300).map(BigInt),
  fc.boolean(),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);
const fields = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), value, {
  minKeys: 1,
  maxKeys: 12,
  noNullPrototype: true,
});

function setOf(of: Record<string, FieldValue>): FieldSet {
  const names = Object.keys(of).sort();
  return { names, types: names.map((name) => fieldType(of[name]!)).join('') };
}

const writer = new ByteWriter();

describe('point codec', () => {
  it('gives back every value exactly, of every type', () => {
    fc.assert(
      fc.property(fields, (of) => {
        const decoded = decodePoint(setOf(of), encodePoint(writer, setOf(of), of).slice());
        for (const name of Object.keys(of)) expect(Object.is(decoded[name], of[name])).toBe(true);
        expect(Object.keys(decoded).sort()).toEqual(Object.keys(of).sort());
      }),
      { numRuns: 500 },
    );
  });

  it('reads numbers alone as the nearest double, and skips the rest', () => {
    fc.assert(
      fc.property(fields, (of) => {
        const set = setOf(of);
        const bytes = encodePoint(writer, set, of).slice();
        const found = new Map<string, number>();
        decodeNumbers(set, bytes, (i, number) => found.set(set.names[i]!, number));
        for (const [i, name] of set.names.entries()) {
          const numeric = typeof of[name] === 'number' || typeof of[name] === 'bigint';
          const expected = numeric ? Number(of[name]) : undefined;
          const one = decodeNumber(set, bytes, i);
          if (typeof of[name] === 'bigint' && of[name] < 0n) {
            // -1 - m rounds a second time.
            expect(Math.abs(found.get(name)! - expected!)).toBeLessThanOrEqual(Math.abs(expected!) * Number.EPSILON);
          } else expect(found.get(name)).toBe(expected);
          expect(one).toBe(found.get(name));
        }
      }),
    );
  });

  it('refuses bytes cut short or grown, with an error of its own', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (of, seed) => {
        const set = setOf(of);
        const bytes = encodePoint(writer, set, of).slice();
        expect(() => decodePoint(set, bytes.subarray(0, seed % bytes.length))).toThrow(CodecError);
        expect(() => decodePoint(set, new Uint8Array([...bytes, seed % 256]))).toThrow(CodecError);
      }),
    );
  });

  it('never fails in another way on any bytes', () => {
    const types = fc.array(fc.constantFrom('f', 'i', 'b', 's'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (letters, bytes) => {
        const set = { names: letters.map((_, i) => `f${i}`), types: letters.join('') };
        for (const read of [() => decodePoint(set, bytes), () => decodeNumber(set, bytes, 0)]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [0, 1],
    [5, 3],
    [0.1, 9],
    [0n, 1],
    [-1n, 1],
    [255n, 2],
    [2n ** 40n, 7],
    [2n ** 64n - 1n, 9],
    [-(2n ** 63n), 9],
    [true, 1],
    ['', 1],
    ['é', 3],
  ] as [FieldValue, number][])('packs %s into %d bytes', (one, length) => {
    expect(encodePoint(writer, setOf({ v: one }), { v: one })).toHaveLength(length);
  });

  it('keeps a field called __proto__', () => {
    const of = Object.fromEntries([['__proto__', 7n]]);
    const decoded = decodePoint(setOf(of), encodePoint(writer, setOf(of), of));
    expect(Object.entries(decoded)).toEqual([['__proto__', 7n]]);
  });
});
