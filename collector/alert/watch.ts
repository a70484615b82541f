import type { FieldRule } from './evaluator-state.ts';
import type { Override, ThresholdRule } from './rule.ts';

/**
 * The rules of a series that look at one field. Nearly all values are good under all of them, and then nothing follows but that they were
 * seen: what is good is said by one range for the whole watch, however many rules it has.
 */
export interface Watch {
  readonly field: string;
  /** Places in the plan's rules. */
  readonly rules: readonly number[];
  /** No value from `low` to `high` is bad under any of the rules, whatever the calendar says. Without such a range `low` is above `high`. */
  readonly low: number;
  readonly high: number;
}

/** The rules whose scope fits a series (often none), and how they are asked. Shared by all series that the same rules fit. */
export interface Plan {
  readonly rules: readonly FieldRule[];
  readonly watches: readonly Watch[];
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
  levels: true,
  flapping: true,
  // It only raises a level.
  baseline: true,
  usual: true,
  memory: false,
} as const satisfies Record<keyof Required<ThresholdRule>, boolean>;

const EVERY = { low: Infinity, high: -Infinity };

/** Plans by the rules of a measurement and which of them fit. What is remembered goes with those rules. */
const plans = new WeakMap<readonly FieldRule[], Map<string, Plan>>();
/** Emptied when it gets larger: with many different scopes there may be as many plans as series. */
const MAX_PLANS = 10_000;

/** The plan for a series of a measurement with these `rules`. */
export function planFor(rules: readonly FieldRule[], fits: (rule: FieldRule) => boolean): Plan {
  const places: number[] = [];
  rules.forEach((rule, place) => {
    if (fits(rule)) places.push(place);
  });
  let known = plans.get(rules);
  if (!known || known.size >= MAX_PLANS) {
    known = new Map();
    plans.set(rules, known);
  }
  const key = places.join();
  let plan = known.get(key);
  if (!plan) {
    const fitting = places.map((place) => rules[place]!);
    plan = { rules: fitting, watches: watchesFor(fitting) };
    known.set(key, plan);
  }
  return plan;
}

/** The rules by field, those that take every value apart from the others, in the order they have. */
function watchesFor(rules: readonly FieldRule[]): Watch[] {
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

/** The rule and what the calendar may make of it, at every level. */
function formsOf(rule: FieldRule): FieldRule[] {
  const overrides: readonly Override<FieldRule>[] = rule.during ?? [];
  const forms = [rule, ...overrides.flatMap((override) => (override.rule === 'off' ? [] : [override.rule]))];
  return forms.flatMap((form) => [form, ...(form.levels ?? [])]);
}

function looksAtValueOnly(rule: ThresholdRule): boolean {
  const known: Readonly<Record<string, boolean>> = LOOKS_AT_VALUE;
  return Object.entries(rule).every(([key, value]) => value === undefined || known[key] === true);
}
