import { expect, it } from 'vitest';
import type { ProfileMetric } from '../../../agent/facts/own.ts';
import { type CounterMemory, profileFields } from '../../../agent/normalise/profile-metric.ts';

const metric = (value: number, factor = 1): ProfileMetric => ({
  table: 'diskTable',
  index: '3',
  tags: { disk: 'sda' },
  values: new Map<string, number | string>([
    ['reads', value],
    ['state', 'ok'],
  ]),
  counters: new Map([['reads', factor]]),
});

/** Fields at each reading, ten seconds apart. */
function readings(...values: readonly ProfileMetric[]): Record<string, number | string>[] {
  let before: ReadonlyMap<string, CounterMemory> = new Map();
  return values.map((value, i) => {
    const memory = new Map<string, CounterMemory>();
    const fields = profileFields(value, i * 10_000, before, memory);
    before = memory;
    return fields;
  });
}

it('a value that counts up is passed on as it is, and from the second reading on also by the second', () => {
  expect(readings(metric(100), metric(150), metric(150))).toEqual([
    { reads: 100, state: 'ok' },
    { reads: 150, state: 'ok', 'reads.rate': 5 },
    { reads: 150, state: 'ok', 'reads.rate': 0 },
  ]);
});

it('percent: by the second, times 100', () => {
  expect(readings(metric(1, 100), metric(6, 100))[1]).toMatchObject({ reads: 6, 'reads.rate': 50 });
});

it('one that went back was cleared or wrapped: there is no rate until the reading after', () => {
  expect(readings(metric(100), metric(20), metric(40)).map((f) => f['reads.rate'])).toEqual([undefined, undefined, 2]);
});

it('rows are kept apart by table, index and tags', () => {
  const other = { ...metric(900), tags: { disk: 'sdb' } };
  expect(readings(metric(100), other, metric(150)).map((f) => f['reads.rate'])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
