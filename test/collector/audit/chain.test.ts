import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditRow,
  canonicalJson,
  type Head,
  hashOf,
  NO_HEAD,
  nextRow,
  verifyChain,
} from '../../../collector/audit/chain.ts';

const entry = fc.record({
  at: fc.integer({ min: 0 }),
  actor: fc.string(),
  via: fc.string(),
  action: fc.string(),
  detail: fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<AuditRow['detail'][string]>),
});
const chain = fc.array(entry, { minLength: 2, maxLength: 12 }).map((entries) => {
  const rows: AuditRow[] = [];
  let head: Head = NO_HEAD;
  for (const one of entries) {
    // As it comes back from the database or a file.
    const detail = JSON.parse(JSON.stringify(one.detail)) as AuditRow['detail'];
    const row = nextRow(head, { chain: 'north', ...one, detail });
    rows.push(row);
    head = row;
  }
  return rows;
});

function brokenAt(rows: readonly AuditRow[], published?: Head): number | 'whole' {
  const verdict = verifyChain(rows, published);
  return verdict.ok ? 'whole' : verdict.index;
}

describe('a chain', () => {
  it('is whole as it was written, also after JSON', () => {
    fc.assert(
      fc.property(chain, (rows) => {
        expect(brokenAt(rows)).toBe('whole');
        expect(brokenAt(rows.map((row) => JSON.parse(JSON.stringify(row)) as AuditRow))).toBe('whole');
        expect(verifyChain(rows)).toMatchObject({ head: { seq: rows.length, hash: rows.at(-1)!.hash } });
      }),
    );
  });

  it('shows a changed field at its row, even when the hash was made anew: then at the next', () => {
    const field = fc.constantFrom('at', 'actor', 'via', 'action', 'detail', 'prev');
    fc.assert(
      fc.property(chain, fc.nat(), field, (rows, n, name) => {
        const i = n % (rows.length - 1);
        const row = rows[i]!;
        const other =
          { at: row.at + 1, detail: { ...row.detail, added: true } }[name as 'at'] ?? `${row[name as 'actor']}x`;
        const changed = { ...row, [name]: other } as AuditRow;
        expect(brokenAt(rows.with(i, changed))).toBe(i);
        const covered = { ...changed, hash: hashOf(changed) };
        if (name !== 'prev') expect(brokenAt(rows.with(i, covered))).toBe(i + 1);
        else expect(brokenAt(rows.with(i, covered))).toBe(i);
      }),
    );
  });

  it('shows a removed row, an inserted one, and two that changed places', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (rows, n) => {
        const i = n % (rows.length - 1);
        expect(brokenAt(rows.toSpliced(i, 1))).toBe(i);
        expect(brokenAt(rows.toSpliced(i, 0, rows[i + 1]!))).toBe(i);
        const forged = nextRow(i === 0 ? NO_HEAD : rows[i - 1]!, { ...rows[i]!, action: 'forged' });
        expect(brokenAt(rows.toSpliced(i, 0, forged))).toBe(i + 1);
        expect(brokenAt(rows.with(i, rows[i + 1]!).with(i + 1, rows[i]!))).toBe(i);
      }),
    );
  });

  it('that was cut off at the end, or made anew, is seen by a head that was published', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (rows, n) => {
        const published = rows.at(-1)!;
        const i = n % rows.length;
        expect(brokenAt(rows.slice(0, i))).toBe('whole');
        expect(brokenAt(rows.slice(0, i), published)).toBe(i);
        expect(brokenAt(rows, published)).toBe('whole');
        expect(brokenAt([...rows, nextRow(published, rows[0]!)], published)).toBe('whole');
        const anew: AuditRow[] = [];
        for (const row of rows) anew.push(nextRow(anew.at(-1) ?? NO_HEAD, { ...row, actor: `${row.actor}!` }));
        expect(brokenAt(anew)).toBe('whole');
        expect(brokenAt(anew, published)).toBe(rows.length);
      }),
    );
  });

  it('of another school is none of this one', () => {
    const [a] = [nextRow(NO_HEAD, { chain: 'north', at: 1, actor: 'a', via: 'b', action: 'c', detail: {} })];
    const b = nextRow(a, { chain: 'south', at: 1, actor: 'a', via: 'b', action: 'c', detail: {} });
    expect(verifyChain([a, b])).toMatchObject({ ok: false, index: 1, problem: expect.stringContaining('south') });
  });
});

it('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'ü' })).toBe('{"a":"ü","b":[{"c":null,"d":1}]}');
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
});
