import { describe, expect, it } from 'vitest';
import { Evaluator } from '../../../collector/alert/evaluator.ts';
import { type Memory, memoriesFor, memoryText, nothingYet, remember } from '../../../collector/alert/memory.ts';
import type { ThresholdRule } from '../../../collector/alert/rule.ts';

/** [time in s, value] -> what is compared. */
function play(memory: Memory, values: readonly (readonly [number, number])[]): (number | undefined)[] {
  const seen = nothingYet();
  return values.map(([at, value]) => remember(memory, seen, value, at * 1000));
}

describe('a mean', () => {
  const over: Memory = { of: 'mean', spanMs: 60_000 };

  it('is told once the whole span was seen, and of the span only', () => {
    expect(
      play(over, [
        [0, 90],
        [20, 0],
        [40, 0],
        [60, 3],
        [80, 3],
      ]),
    ).toEqual([undefined, undefined, undefined, 1, 2]);
  });

  it('begins anew after a gap as long as the span', () => {
    expect(
      play(over, [
        [0, 9],
        [30, 9],
        [60, 9],
        [130, 1],
        [160, 1],
        [190, 1],
      ]),
    ).toEqual([undefined, undefined, 9, undefined, undefined, 1]);
  });
});

describe('a percentile', () => {
  it('is a value that was measured, of the span only, and needs the whole of it', () => {
    const over: Memory = { of: 'percentile', percentile: 75, spanMs: 60_000 };
    const values = [10, 40, 30, 20, 25, 90, 5].map((value, i) => [i * 20, value] as const);
    expect(play(over, values)).toEqual([undefined, undefined, undefined, 40, 30, 90, 90]);
  });

  it('is kept apart from the mean of the same span', () => {
    const rules = [
      { field: 'v', memory: { of: 'mean', spanMs: 60_000 } },
      { field: 'v', memory: { of: 'percentile', percentile: 95, spanMs: 60_000 } },
      { field: 'v', memory: { of: 'percentile', percentile: 50, spanMs: 60_000 } },
    ] as const;
    expect(new Set(memoriesFor(rules)).size).toBe(3);
  });

  it.each([
    [95, 'as the 95th percentile of 1m'],
    [1, 'as the 1st percentile of 1m'],
    [12, 'as the 12th percentile of 1m'],
    [22, 'as the 22nd percentile of 1m'],
  ])('%i is said %j', (percentile, words) => {
    expect(memoryText({ of: 'percentile', percentile, spanMs: 60_000 })).toBe(words);
  });
});

describe('falls', () => {
  it('are counted within the span, rises are not', () => {
    const within: Memory = { of: 'falls', spanMs: 60_000 };
    const values = [5, 3, 4, 1, 2, 3, 4].map((value, i) => [i * 20, value] as const);
    expect(play(within, values)).toEqual([0, 1, 1, 2, 1, 1, 0]);
  });
});

describe('changes', () => {
  const within: Memory = { of: 'changes', spanMs: 60_000 };

  it('are counted within the span; the first value is none', () => {
    expect(
      play(within, [
        [0, 1],
        [20, 2],
        [40, 1],
        [60, 1],
        [80, 1],
        [100, 1],
      ]),
    ).toEqual([0, 1, 2, 2, 1, 0]);
  });

  it('are seen over a gap too, once', () => {
    expect(
      play(within, [
        [0, 1],
        [600, 2],
        [620, 2],
      ]),
    ).toEqual([0, 1, 1]);
  });
});

describe('rules that remember', () => {
  const rule: ThresholdRule = {
    kind: 'threshold',
    name: 'flaps',
    domain: 'cabling',
    severity: 'warning',
    summary: '{device}: {value}',
    measurement: 'm',
    field: 'v',
    scope: {},
    direction: 'above',
    threshold: 1,
    clear: 0,
    forMs: 0,
    clearForMs: 30_000,
    memory: { of: 'changes', spanMs: 60_000 },
  };
  const at = (s: number, v: number) => ({
    measurement: 'm',
    tags: { school: 's', site: 'main', device: 'd' },
    fields: { v },
    time: s * 1000,
  });
  const start = () => {
    let ids = 0;
    return new Evaluator({ rules: [rule], newId: () => `id-${++ids}` });
  };
  const feed = (evaluator: Evaluator, samples: readonly ReturnType<typeof at>[]) =>
    samples.flatMap((one) =>
      evaluator.evaluate([one], one.time).changes.map((c) => `${c.type} ${c.alert.id}: ${c.reason}`),
    );

  it('a value sent again, or out of order, is no change', () => {
    expect(feed(start(), [at(0, 1), at(20, 2), at(20, 1), at(10, 1), at(30, 2)])).toEqual([]);
  });

  it('an open alert outlives a restart; the changes are counted anew, and quiet still ends it', () => {
    const before = start();
    expect(feed(before, [at(0, 1), at(20, 2), at(40, 1)])).toEqual(['opened id-1: 2 changes in 1m, 2 or more']);
    const after = start();
    after.restoreState(before.exportState().saved, 41_000);
    expect(feed(after, [at(60, 1), at(80, 1), at(90, 1)])).toEqual([
      'resolved id-1: no changes in 1m, fewer than 2 for 30s',
    ]);
  });

  it('says in words what it looks at', () => {
    const evaluator = start();
    for (const one of [at(0, 1), at(20, 2)]) evaluator.evaluate([one], one.time);
    expect(evaluator.evaluate([at(40, 1)], 40_000).changes[0]?.alert.condition).toBe('m v changes 2 times in 1m');
  });
});
