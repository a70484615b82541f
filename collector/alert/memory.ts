import { formatDuration } from '../../core/duration.ts';

/** What a rule looks at instead of the value itself: the mean or a percentile of its last `spanMs`, or how often it changed or fell in them. */
export type Memory =
  | { readonly of: 'mean' | 'changes' | 'falls'; readonly spanMs: number }
  | { readonly of: 'percentile'; readonly percentile: number; readonly spanMs: number };

/** `on average over 5m`, `as the 95th percentile of 1h`; of what is counted it says nothing. */
export function memoryText(memory: Memory): string {
  const span = formatDuration(memory.spanMs);
  if (memory.of === 'percentile') return `as the ${ordinal(memory.percentile)} percentile of ${span}`;
  return memory.of === 'mean' ? `on average over ${span}` : '';
}

function ordinal(n: number): string {
  const ending = { 1: 'st', 2: 'nd', 3: 'rd' }[n % 100 > 10 && n % 100 < 14 ? 0 : n % 10];
  return `${n}${ending ?? 'th'}`;
}

/** What is remembered of one field of one series. Not saved: after a restart the span begins anew. */
export interface Remembered {
  /** Event times: of the values with `mean` and `percentile`, of what is counted with `changes` and `falls`. */
  times: number[];
  /** The values at `times`; empty where something is counted. */
  values: number[];
  /** Since when there is data without a gap as long as the span. */
  since: number;
  last: number | undefined;
  lastTime: number;
  /** What followed from the value at `lastTime`. */
  compared: number | undefined;
}

/** Shared by the many ports that never change; never written to. */
const NONE: number[] = [];

export function nothingYet(): Remembered {
  return { times: NONE, values: NONE, since: 0, last: undefined, lastTime: -Infinity, compared: undefined };
}

/** A place to remember for each rule that does, one for all that remember the same; undefined where none does. */
export function memoriesFor(
  rules: readonly { readonly field: string; readonly memory?: Memory }[],
): (Remembered | undefined)[] | undefined {
  if (!rules.some(({ memory }) => memory)) return undefined;
  const known = new Map<string, Remembered>();
  const places: (Remembered | undefined)[] = [];
  rules.forEach(({ field, memory }, place) => {
    if (!memory) return;
    const what = `${field} ${memory.of} ${memory.of === 'percentile' ? memory.percentile : ''} ${memory.spanMs}`;
    const seen = known.get(what) ?? nothingYet();
    known.set(what, seen);
    places[place] = seen;
  });
  return places;
}

/**
 * Takes the next value in; returns what the rule compares, or undefined while a mean or percentile has not yet seen its whole span. Asked again about the
 * same time, by another rule, it says the same.
 */
export function remember(memory: Memory, seen: Remembered, value: number, time: number): number | undefined {
  if (time !== seen.lastTime) {
    seen.compared = compared(memory, seen, value, time);
    seen.last = value;
    seen.lastTime = time;
  }
  return seen.compared;
}

function compared(memory: Memory, seen: Remembered, value: number, time: number): number | undefined {
  if (memory.of === 'changes' || memory.of === 'falls') return countWith(memory, seen, value, time);
  const values = valuesWith(memory.spanMs, seen, value, time);
  if (!values) return undefined;
  if (memory.of === 'percentile') return percentileOf(memory.percentile, values);
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Nearest rank: a value that was measured, with so many percent of them at or below it. */
function percentileOf(percentile: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)]!;
}

function countWith({ of, spanMs }: Memory, seen: Remembered, value: number, time: number): number {
  const counts = seen.last !== undefined && (of === 'falls' ? value < seen.last : value !== seen.last);
  if (counts) seen.times = [...seen.times, time];
  if (seen.times.length > 0 && seen.times[0]! <= time - spanMs) {
    const kept = seen.times.filter((one) => one > time - spanMs);
    seen.times = kept.length > 0 ? kept : NONE;
  }
  return seen.times.length;
}

/** The values of the span; undefined while it has not been seen as a whole. */
function valuesWith(spanMs: number, seen: Remembered, value: number, time: number): readonly number[] | undefined {
  if (time - seen.lastTime > spanMs) seen.since = time;
  const first = seen.times.findIndex((one) => one > time - spanMs);
  const from = first < 0 ? seen.times.length : first;
  seen.times = [...seen.times.slice(from), time];
  seen.values = [...seen.values.slice(from), value];
  return time - seen.since < spanMs ? undefined : seen.values;
}
