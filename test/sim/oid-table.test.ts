import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareOids, OidTable, type SimValue } from '../../sim/oid-table.ts';

const one: SimValue = { type: 'integer', value: 1 };

describe('OidTable', () => {
  it('orders by arc, not by text, and a prefix comes first', () => {
    const table = new OidTable();
    for (const [object, instance] of [
      ['1.3.10', '1'],
      ['1.3.2', '10'],
      ['1.3.2', '9'],
      ['1.3.2', '10.1'],
    ] as const)
      table.set(object, instance, one);
    const seen: string[] = [];
    for (let at = table.next('1.3', 0); at; at = table.next(at.oid, 0)) seen.push(at.oid);
    expect(seen).toEqual(['1.3.2.9', '1.3.2.10', '1.3.2.10.1', '1.3.10.1']);
  });

  it('steps over instances that do not exist at the instant asked about', () => {
    const table = new OidTable()
      .set('1.3.1', '0', one)
      .set('1.3.2', '0', (at) => (at < 100 ? undefined : { type: 'gauge32', value: at }))
      .set('1.3.3', '0', one);
    expect(table.next('1.3.1.0', 50)?.oid).toBe('1.3.3.0');
    expect(table.next('1.3.1.0', 100)).toEqual({ oid: '1.3.2.0', value: { type: 'gauge32', value: 100 } });
    expect(table.get('1.3.2.0', 99)).toBeUndefined();
  });

  it.each([
    ['1.3.2.5', true],
    ['1.3.2', true],
    ['1.3.2.10.7', true],
    ['1.3', false],
    ['1.3.20.1', false],
  ])('knows which object types it has: %s %s', (oid, known) => {
    expect(new OidTable().set('1.3.2', '0', one).hasObject(oid)).toBe(known);
  });

  it('drops a deleted instance from get and from the walk', () => {
    const table = new OidTable().set('1.3.1', '0', one).set('1.3.2', '0', one);
    expect(table.next('1.3', 0)?.oid).toBe('1.3.1.0');
    expect(table.delete('1.3.1.0')).toBe(true);
    expect(table.get('1.3.1.0', 0)).toBeUndefined();
    expect(table.next('1.3', 0)?.oid).toBe('1.3.2.0');
  });

  it('next is the smallest greater OID, for any set of OIDs', () => {
    const oid = fc
      .array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 })
      .map((a) => `1.3.${a.join('.')}`);
    fc.assert(
      fc.property(fc.uniqueArray(oid, { maxLength: 40 }), oid, (oids, from) => {
        const table = new OidTable();
        for (const each of oids)
          table.set(each.slice(0, each.lastIndexOf('.')), each.slice(each.lastIndexOf('.') + 1), one);
        const expected = oids.filter((o) => compareOids(o, from) > 0).sort(compareOids)[0];
        expect(table.next(from, 0)?.oid).toBe(expected);
      }),
    );
  });
});
