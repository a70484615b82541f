import type { ProfileMetric } from '../facts/own.ts';

/** A value that counts up, as it was read before. */
export interface CounterMemory {
  readonly value: number;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * The fields of one row: every value under its own name as it was read, and of one that counts up also `NAME.rate`, by the second, since the
 * reading before. A count that went back was cleared, wrapped, or the device restarted: then there is no rate.
 *
 * @param before by the keys that `memory` was filled with then
 */
export function profileFields(
  metric: ProfileMetric,
  at: number,
  before: ReadonlyMap<string, CounterMemory>,
  memory: Map<string, CounterMemory>,
): Record<string, number | string> {
  const fields: Record<string, number | string> = Object.fromEntries(metric.values);
  const row = JSON.stringify([metric.table, metric.index, metric.tags]);
  for (const [name, factor] of metric.counters ?? []) {
    const value = metric.values.get(name);
    if (typeof value !== 'number') continue;
    const key = `${name} ${row}`;
    const last = before.get(key);
    memory.set(key, { value, at });
    if (last && value >= last.value && at > last.at)
      fields[`${name}.rate`] = ((value - last.value) / ((at - last.at) / 1000)) * factor;
  }
  return fields;
}
