import { z } from 'zod';
import type { Sample } from '../../core/sample.ts';
import { duration } from '../../runtime/config-schema.ts';
import { CALENDAR_CATEGORIES } from '../engagement/calendar/calendar-category.ts';
import type { AlertChange } from './alert.ts';
import { Evaluator } from './evaluator.ts';
import type { Rule } from './rule.ts';

/** `85x16 60 _x3` -> 16 times 85, once 60, three steps without a sample. */
const values = z.string('values such as "85x16 60 _x3"').transform((text, context) => {
  const steps: (number | undefined)[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const match = /^(_|-?\d+(?:\.\d+)?)(?:x(\d+))?$/.exec(word);
    if (!match) {
      context.addIssue({ code: 'custom', message: 'values such as "85x16 60 _x3"' });
      return z.NEVER;
    }
    for (let i = 0; i < Number(match[2] ?? 1); i++) steps.push(match[1] === '_' ? undefined : Number(match[1]));
  }
  return steps;
});

const categories: readonly string[] = CALENDAR_CATEGORIES;
const CALENDAR_FORM = `steps such as "_x3 TESTINGx10 TESTING+EVENT", with ${CALENDAR_CATEGORIES.join(', ')}`;

/** `_x3 TESTINGx10` -> three steps without an event, ten with one of category TESTING; `TESTING+EVENT` is both at once. */
const calendar = z.string(CALENDAR_FORM).transform((text, context) => {
  const steps: (readonly string[])[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const match = /^(_|[A-Z_]+(?:\+[A-Z_]+)*)(?:x(\d+))?$/.exec(word);
    const on = match === null || match[1] === '_' ? [] : match[1]!.split('+');
    if (!match || on.some((name) => !categories.includes(name))) {
      context.addIssue({ code: 'custom', message: CALENDAR_FORM });
      return z.NEVER;
    }
    for (let i = 0; i < Number(match[2] ?? 1); i++) steps.push(on);
  }
  return steps;
});

const series = z.strictObject({
  measurement: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  /** How long after it was measured each value arrives: an agent that empties its buffer. */
  late: duration.optional(),
  /** Field name -> its values, one each step. */
  fields: z.record(z.string(), values),
});

const expected = z.strictObject({
  /** After the start: when the change happens. */
  at: duration,
  type: z.enum(['pending', 'opened', 'severity_changed', 'resolved', 'cancelled']),
  rule: z.string(),
  /** Whatever is given must be equal. */
  labels: z.record(z.string(), z.string()).optional(),
  summary: z.string().optional(),
  reason: z.string().optional(),
  domain: z.string().optional(),
  severity: z.string().optional(),
});

/** A rule test file: series in, alerts out. `pending` and `cancelled` are compared only where a case names them. */
export const ruleTestSchema = z.strictObject({
  /** The rules under test: files or folders, relative to the test file. Default: the rule files beside it, else those that ship. */
  rules: z.array(z.string().min(1)).min(1).optional(),
  tests: z
    .array(
      z.strictObject({
        name: z.string(),
        step: duration,
        series: z.array(series).default([]),
        /** Steps at which the site's agent delivers (any number) or not (`_`). Default: always. */
        agent: values.optional(),
        /** What the school calendar says at each step. Default, and after the last step: nothing. */
        calendar: calendar.optional(),
        /** What is usual at every hour, for rules with a baseline. Default: not known. */
        usual: z
          .strictObject({ median: z.number(), spread: z.number().default(0), samples: z.number().default(20) })
          .optional(),
        alerts: z.array(expected),
      }),
    )
    .min(1),
});

export type RuleTest = z.output<typeof ruleTestSchema>['tests'][number];

const START = Date.UTC(2026, 9, 5, 8, 0, 0);
const TENANT = { school: 'test-school', site: 'main' };

/** What people may hear of. The others are compared where a case names them. */
const TOLD: ReadonlySet<AlertChange['type']> = new Set(['opened', 'severity_changed', 'resolved']);

/** Runs one test over `rules`; returns what differs, in words, empty when all is as expected. */
export function runRuleTest(rules: readonly Rule[], test: RuleTest): string[] {
  const changes = play(rules, test);
  const named = new Set(test.alerts.map((alert) => alert.type));
  const seen = changes.filter(({ type }) => TOLD.has(type) || named.has(type));
  const differences: string[] = [];
  for (let i = 0; i < Math.max(seen.length, test.alerts.length); i++) {
    const want = test.alerts[i];
    const got = seen[i];
    if (!want) differences.push(`not expected: ${describe(got!)}`);
    else if (!got) differences.push(`missing: ${want.type} ${want.rule} at ${want.at / 1000}s`);
    else differences.push(...compare(want, got).map((text) => `${describe(got)}: ${text}`));
  }
  return differences;
}

function play(rules: readonly Rule[], test: RuleTest): AlertChange[] {
  let ids = 0;
  const evaluator = new Evaluator({
    rules,
    newId: () => `alert-${++ids}`,
    categoriesAt: (_school, at) => test.calendar?.[Math.floor((at - START) / test.step)] ?? [],
    baselineOf: () => test.usual,
  });
  const lengths = test.series.flatMap((s) => Object.values(s.fields).map((steps) => steps.length));
  const count = Math.max(test.agent?.length ?? 0, ...lengths);
  const changes: AlertChange[] = [];
  let lastSeen = START;
  for (let i = 0; i < count; i++) {
    const now = START + i * test.step;
    if (!test.agent || test.agent[i] !== undefined) lastSeen = now;
    changes.push(...evaluator.evaluate(samplesAt(test, i, now), now).changes);
    changes.push(...evaluator.tick(now, [{ ...TENANT, lastSeen, since: START }]).changes);
  }
  return changes;
}

function samplesAt(test: RuleTest, step: number, time: number): Sample[] {
  return test.series.flatMap(({ measurement, tags, fields, late }) => {
    const present = Object.entries(fields).flatMap(([name, steps]): [string, number][] => {
      const value = steps[step];
      return value === undefined ? [] : [[name, value]];
    });
    if (present.length === 0) return [];
    const measured = time - (late ?? 0);
    return [{ measurement, tags: { ...tags, ...TENANT }, fields: Object.fromEntries(present), time: measured }];
  });
}

function changedAt({ type, alert, at: changed }: AlertChange): number {
  if (changed !== undefined) return changed - START;
  const at = type === 'pending' ? alert.pendingAt : type === 'opened' ? alert.openedAt : alert.resolvedAt;
  return (at ?? START) - START;
}

function describe(change: AlertChange): string {
  const { type, alert, reason } = change;
  const to = type === 'severity_changed' ? ` to ${alert.severity}` : '';
  return `${type} ${alert.rule}${to} at ${changedAt(change) / 1000}s (${reason})`;
}

function compare(want: RuleTest['alerts'][number], got: AlertChange): string[] {
  const differences: string[] = [];
  const check = (name: string, expected: unknown, actual: unknown) => {
    if (expected !== undefined && expected !== actual)
      differences.push(`${name} should be ${JSON.stringify(expected)}, is ${JSON.stringify(actual)}`);
  };
  check('at', `${want.at / 1000}s`, `${changedAt(got) / 1000}s`);
  check('type', want.type, got.type);
  check('rule', want.rule, got.alert.rule);
  check('summary', want.summary, got.alert.summary);
  check('reason', want.reason, got.reason);
  check('domain', want.domain, got.alert.domain);
  check('severity', want.severity, got.alert.severity);
  for (const [name, value] of Object.entries(want.labels ?? {})) check(`label ${name}`, value, got.alert.labels[name]);
  return differences;
}
