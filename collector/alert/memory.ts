/** What a rule looks at instead of the value itself: the mean of its last `spanMs`, or how often it changed in them. */
export interface Memory {
  readonly of: 'mean' | 'changes';
  readonly spanMs: number;
}

/** What is remembered of one field of one series. Not saved: after a restart the span begins anew. */
export interface Remembered {
  /** Event times: of the values with `mean`, of the changes with `changes`. */
  times: number[];
  /** The values at `times`; empty with `changes`. */
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
    const what = `${field} ${memory.of} ${memory.spanMs}`;
    const seen = known.get(what) ?? nothingYet();
    known.set(what, seen);
    places[place] = seen;
  });
  return places;
}

/**
 * Takes the next value in; returns what the rule compares, or undefined while a mean has not yet seen its whole span. Asked again about the
 * same time, by another rule, it says the same.
 */
export function remember(memory: Memory, seen: Remembered, value: number, time: number): number | undefined {
  if (time !== seen.lastTime) {
    seen.compared = memory.of === 'mean' ? meanWith(memory, seen, value, time) : changesWith(memory, seen, value, time);
    seen.last = value;
    seen.lastTime = time;
  }
  return seen.compared;
}

function changesWith({ spanMs }: Memory, seen: Remembered, value: number, time: number): number {
  if (seen.last !== undefined && value !== seen.last) seen.times = [...seen.times, time];
  if (seen.times.length > 0 && seen.times[0]! <= time - spanMs) {
    const kept = seen.times.filter((one) => one > time - spanMs);
    seen.times = kept.length > 0 ? kept : NONE;
  }
  return seen.times.length;
}

function meanWith({ spanMs }: Memory, seen: Remembered, value: number, time: number): number | undefined {
  if (time - seen.lastTime > spanMs) seen.since = time;
  const first = seen.times.findIndex((one) => one > time - spanMs);
  const from = first < 0 ? seen.times.length : first;
  seen.times = [...seen.times.slice(from), time];
  seen.values = [...seen.values.slice(from), value];
  if (time - seen.since < spanMs) return undefined;
  return seen.values.reduce((sum, one) => sum + one, 0) / seen.values.length;
}
