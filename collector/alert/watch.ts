import type { FieldRule } from './evaluator-state.ts';
import type { Override, ThresholdRule } from './rule.ts';

/**
 * The rules of one series that look at one field. Nearly all values are good under all of them, and then nothing follows but that they were
 * seen: what is good is said by one range for the whole watch, however many rules it has.
 */
export interface Watch {
  readonly field: string;
  /** Places in the series' rules. */
  readonly rules: readonly number[];
  /** No value from `low` to `high` is bad under any of the rules, whatever the calendar says. Without such a range `low` is above `high`. */
  readonly low: number;
  readonly high: number;
  /** True once one of the rules follows something here: then a good value means something, too. */
  busy: boolean;
  /** Event time of the newest value. */
  time: number;
}

/** What decides about `bad`: a rule with anything that this list does not know, or that looks at more than the value, takes every value. */
const LOOKS_AT_VALUE = {
  name: true,
  domain: true,
  severity: true,
  summary: true,
  forMs: true,
  category: true,
  measurement: true,
  field: true,
  scope: true,
  direction: true,
  threshold: true,
  clear: true,
  clearForMs: true,
  kind: true,
  during: true,
  memory: false,
} as const satisfies Record<keyof Required<ThresholdRule>, boolean>;

const EVERY = { low: Infinity, high: -Infinity };

/** The rules by field, those that take every value apart from the others, in the order they have. `busy`: places with something to follow. */
export function watchesFor(rules: readonly FieldRule[], busy: (place: number) => boolean): Watch[] {
  const groups = new Map<string, { readonly rules: number[]; low: number; high: number }>();
  rules.forEach((rule, place) => {
    const range = goodRange(rule);
    const key = `${range === 'none' ? 'every' : 'range'} ${rule.field}`;
    const { low, high } = range === 'none' ? EVERY : range;
    const group = groups.get(key);
    if (!group) {
      groups.set(key, { rules: [place], low, high });
      return;
    }
    group.rules.push(place);
    group.low = Math.max(group.low, low);
    group.high = Math.min(group.high, high);
  });
  return [...groups.values()].map(({ rules: places, low, high }) => ({
    field: rules[places[0]!]!.field,
    rules: places,
    low,
    high,
    busy: places.some(busy),
    time: -Infinity,
  }));
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Worked out once for each rule, not for each of the many series it covers. */
const ranges = new WeakMap<FieldRule, Range | 'none'>();

/** The values that are not bad under any form of the rule; 'none' when that does not follow from the value alone. */
function goodRange(rule: FieldRule): Range | 'none' {
  let range = ranges.get(rule);
  if (!range) {
    range = workOutRange(rule);
    ranges.set(rule, range);
  }
  return range;
}

function workOutRange(rule: FieldRule): Range | 'none' {
  const range = { low: -Infinity, high: Infinity };
  for (const form of formsOf(rule)) {
    if (form.kind !== 'threshold' || !looksAtValueOnly(form)) return 'none';
    if (form.direction === 'above') range.high = Math.min(range.high, form.threshold);
    else range.low = Math.max(range.low, form.threshold);
  }
  return range;
}

/** The rule and what the calendar may make of it. */
function formsOf(rule: FieldRule): FieldRule[] {
  const overrides: readonly Override<FieldRule>[] = rule.during ?? [];
  return [rule, ...overrides.flatMap((override) => (override.rule === 'off' ? [] : [override.rule]))];
}

function looksAtValueOnly(rule: ThresholdRule): boolean {
  const known: Readonly<Record<string, boolean>> = LOOKS_AT_VALUE;
  return Object.entries(rule).every(([key, value]) => value === undefined || known[key] === true);
}
