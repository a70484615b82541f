import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable } from '../../../../agent/drivers/fast/id-table.ts';

describe('the table of requests that wait', () => {
  it('says what a Map says, whatever comes and goes', () => {
    // Ids that share their place at the end of the table make the longest rows, around its end too.
    const id = fc.oneof(
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      fc.integer({ min: 1, max: 6 }).map((k) => k * 4096 - 1),
      fc.integer({ min: 1020, max: 1030 }),
    );
    const step = fc.record({ id, kind: fc.constantFrom('set', 'set', 'delete', 'get') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new IdTable<number>();
        const map = new Map<number, number>();
        for (const [k, { id: key, kind }] of steps.entries()) {
          if (kind === 'set') {
            table.set(key, k);
            map.set(key, k);
          } else if (kind === 'delete') expect(table.delete(key)).toBe(map.delete(key));
          expect(table.get(key)).toBe(map.get(key));
          expect(table.size).toBe(map.size);
        }
        const all = new Map<number, number>();
        table.forEach((value, key) => {
          all.set(key, value);
        });
        expect(new Map([...all].sort())).toEqual(new Map([...map].sort()));
        for (const [key, value] of map) expect(table.get(key)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  it('grows without losing any', () => {
    const table = new IdTable<number>();
    for (let k = 1; k <= 5000; k++) table.set(k * 7919, k);
    expect(table.size).toBe(5000);
    for (let k = 1; k <= 5000; k++) expect(table.get(k * 7919)).toBe(k);
    for (let k = 1; k <= 5000; k += 2) expect(table.delete(k * 7919)).toBe(true);
    for (let k = 1; k <= 5000; k++) expect(table.get(k * 7919)).toBe(k % 2 === 0 ? k : undefined);
  });
});
