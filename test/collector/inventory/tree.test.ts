import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeOf } from '../../../collector/inventory/tree.ts';

const NOBODY = () => undefined;

function tree(
  links: string,
  roots: readonly string[] = ['r'],
  configured: (device: string) => readonly string[] | undefined = NOBODY,
) {
  const pairs = links.split(' ').map((pair) => {
    const [a, b] = pair.split('-') as [string, string];
    return { a, b };
  });
  return Object.fromEntries([...treeOf({ links: pairs, roots, configured })].sort());
}

describe('what hangs on what', () => {
  it.each<[string, string, Record<string, string[]>]>([
    ['a chain', 'r-a a-b b-c', { a: ['r'], b: ['a'], c: ['b'] }],
    ['a tree', 'r-a r-b a-c a-d b-e', { a: ['r'], b: ['r'], c: ['a'], d: ['a'], e: ['b'] }],
    ['two ways up', 'r-a r-b a-c b-c', { a: ['r'], b: ['r'], c: ['a', 'b'] }],
    [
      'a ring: who is farther on has the way through the other',
      'r-a a-b r-d d-c b-c',
      { a: ['r'], d: ['r'], b: ['a', 'd'], c: ['a', 'd'] },
    ],
    [
      'a way that is longer than the other',
      'r-a a-b r-x x-y y-z z-b',
      { a: ['r'], x: ['r'], b: ['a', 'x'], y: ['a', 'x'], z: ['b', 'y'] },
    ],
    [
      'what hangs below a ring',
      'r-a a-b r-d d-c b-c c-e',
      { a: ['r'], d: ['r'], b: ['a', 'd'], c: ['a', 'd'], e: ['c'] },
    ],
    ['what no root leads to', 'r-a x-y', { a: ['r'] }],
  ])('%s', (_name, links, expected) => expect(tree(links)).toEqual(expected));

  it('no root, no word', () => expect(tree('a-b b-c', [])).toEqual({}));

  it('what the file says is not said again, and nothing leads round it', () => {
    const file = (device: string) => ({ b: ['a'] })[device];
    // b stands beside x too, which then hangs on b; it is not b that hangs on x.
    expect(tree('r-a r-x b-x b-c', ['r'], file)).toEqual({ a: ['r'], c: ['b'], x: ['b', 'r'].slice(1) });
  });
});

/** Whether a root is still reached without those that are down. */
function isReached(links: readonly (readonly [string, string])[], device: string, down: ReadonlySet<string>): boolean {
  const seen = new Set(down.has('d0') ? [] : ['d0']);
  for (const at of seen)
    for (const [a, b] of links) {
      if (a === at && !down.has(b)) seen.add(b);
      if (b === at && !down.has(a)) seen.add(a);
    }
  return links.some(([a, b]) => (a === device && seen.has(b)) || (b === device && seen.has(a)));
}

it('whoever can be reached is never said to be cut off, whatever is down; in a tree whoever cannot always is', () => {
  const network = fc.integer({ min: 2, max: 14 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      above: fc.array(fc.nat(1_000), { minLength: count, maxLength: count }),
      extra: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 8 }),
      down: fc.array(fc.nat(count - 1), { maxLength: 6 }),
    }),
  );
  fc.assert(
    fc.property(network, ({ count, above, extra, down }) => {
      const links = [
        ...Array.from({ length: count - 1 }, (_, n) => [`d${above[n]! % (n + 1)}`, `d${n + 1}`] as const),
        ...extra.filter(([a, b]) => a !== b).map(([a, b]) => [`d${a}`, `d${b}`] as const),
      ];
      const parents = treeOf({ links: links.map(([a, b]) => ({ a, b })), roots: ['d0'], configured: NOBODY });
      const dead = new Set(down.map((n) => `d${n}`));
      const cutOff = (device: string): boolean => {
        const up = parents.get(device) ?? [];
        return up.length > 0 && up.every((one) => dead.has(one) || cutOff(one));
      };
      for (let n = 1; n < count; n++) {
        const reached = isReached(links, `d${n}`, dead);
        if (cutOff(`d${n}`)) expect(reached).toBe(false);
        else if (extra.length === 0) expect(reached).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});
