import type { Usual } from '../alert/baseline.ts';

/** Makes the median absolute deviation comparable with a standard deviation where values are spread normally (1 / 0.6745). */
const AS_STANDARD_DEVIATION = 1.4826;

/** Median and spread of each slot's values. `slotOf`: the slot a point belongs to, by its time (ms); undefined: to none. Pure. */
export function usualBySlot(
  points: readonly (readonly [time: number, value: number])[],
  slotOf: (time: number) => number | undefined,
): Map<number, Usual> {
  const slots = new Map<number, number[]>();
  for (const [time, value] of points) {
    const slot = slotOf(time);
    if (slot === undefined || !Number.isFinite(value)) continue;
    const values = slots.get(slot);
    if (values) values.push(value);
    else slots.set(slot, [value]);
  }
  return new Map([...slots].map(([slot, values]) => [slot, usualOf(values)]));
}

function usualOf(values: readonly number[]): Usual {
  const median = medianOf(values);
  const spread = AS_STANDARD_DEVIATION * medianOf(values.map((value) => Math.abs(value - median)));
  return { median, spread, samples: values.length };
}

/** Of at least one value. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
