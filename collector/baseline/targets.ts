import { matchesScope, type Scope } from '../../core/matcher.ts';
import type { Baseline } from '../alert/baseline.ts';
import type { Rule, ThresholdRule } from '../alert/rule.ts';

/** One thing that rules want to know the usual of: a field of a measurement, over so many weeks, of the series in any of the scopes. */
export interface Target {
  readonly measurement: string;
  readonly field: string;
  readonly weeks: number;
  readonly scopes: readonly Scope[];
}

/** What the rules want to know, each thing once. Pure. */
export function targetsOf(rules: readonly Rule[]): Target[] {
  const targets = new Map<string, Target>();
  for (const rule of rules) {
    if (rule.kind !== 'threshold') continue;
    for (const { weeks } of baselinesOf(rule)) {
      const { measurement, field, scope } = rule;
      const key = JSON.stringify([measurement, field, weeks]);
      const known = targets.get(key);
      targets.set(key, { measurement, field, weeks, scopes: [...(known?.scopes ?? []), scope] });
    }
  }
  return [...targets.values()];
}

/** Of the rule, of its levels, and of what the calendar makes of it. */
function baselinesOf(rule: ThresholdRule): Baseline[] {
  const forms = [rule, ...(rule.during ?? []).flatMap((form) => (form.rule === 'off' ? [] : [form.rule]))];
  return forms.flatMap((form) => [form, ...(form.levels ?? [])]).flatMap(({ baseline }) => baseline ?? []);
}

export function isTarget(target: Target, tags: Readonly<Record<string, string>>): boolean {
  return target.scopes.some((scope) => matchesScope(scope, tags));
}
