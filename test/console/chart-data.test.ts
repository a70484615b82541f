import { describe, expect, it } from 'vitest';
import { summarise, toColumns, usualGap } from '../../console/chart-data.ts';
import { parseRoute, routeTo } from '../../console/route.ts';
import { windowOf } from '../../console/series.ts';

describe('columns of a chart', () => {
  it('joins two series by time; a point that only one has does not break the other', () => {
    const columns = toColumns(
      [
        [
          [1000, 1],
          [3000, 3],
        ],
        [
          [2000, 20],
          [3000, 30],
        ],
      ],
      60_000,
    );
    expect(columns).toEqual([
      [1, 2, 3],
      [1, undefined, 3],
      [undefined, 20, 30],
    ]);
  });

  it('a hole wider than the gap breaks the line of that series only', () => {
    const columns = toColumns(
      [
        [
          [0, 1],
          [10_000, 2],
          [100_000, 3],
        ],
        [
          [0, 5],
          [50_000, 5],
          [100_000, 5],
        ],
      ],
      60_000,
    );
    expect(columns[0]).toEqual([0, 10, 40, 50, 100]);
    expect(columns[1]).toEqual([1, 2, null, undefined, 3]);
    expect(columns[2]).toEqual([5, undefined, undefined, 5, 5]);
  });

  it('nothing gives nothing', () => expect(toColumns([[], []], 1000)).toEqual([[], [], []]));

  it('a gap is three times the usual distance, whatever a single hole is', () => {
    const points = [0, 10_000, 20_000, 30_000, 500_000].map((time): [number, number] => [time, 1]);
    expect(usualGap(points, 3_000)).toBe(30_000);
    expect(usualGap([], 3_000)).toBe(9_000);
  });

  it('says in words what it shows', () => {
    expect(
      summarise([
        [0, 5],
        [1, 9],
        [2, 3],
      ]),
    ).toEqual({ last: 3, peak: 9 });
    expect(summarise([])).toBeNull();
  });
});

describe('the window of a chart', () => {
  it.each([900_000, 3_600_000, 86_400_000])('%d ms: on whole steps, at most 400 points, and now is inside', (range) => {
    const now = 1_790_000_012_345;
    const { from, to, step } = windowOf(now, range);
    expect([from % step, to % step]).toEqual([0, 0]);
    expect(to).toBeGreaterThan(now);
    expect((to - from) / step).toBeLessThanOrEqual(400);
    expect(now - from).toBeGreaterThanOrEqual(range - step);
  });
});

describe('the address', () => {
  it.each([
    ['', { school: null, device: null }],
    ['#/north', { school: 'north', device: null }],
    ['#/north/sw%2F1', { school: 'north', device: 'sw/1' }],
    ['#//sw-1', { school: null, device: null }],
    ['#/%', { school: null, device: null }],
  ])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route));

  it('reads what it wrote', () => {
    expect(parseRoute(routeTo('a b', 'x/y#z'))).toEqual({ school: 'a b', device: 'x/y#z' });
  });
});
