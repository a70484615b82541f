import { matchesScope, type Scope } from '../../core/matcher.ts';
import { type Evaluation, type EvaluatorState, indexRules, record, startEvaluation, touch } from './evaluator-state.ts';
import type { Rule } from './rule.ts';
import { close, type Tracker } from './tracker.ts';

/** Puts new rules in force. Alerts of rules that are kept (by name) keep their state; the others resolve with the reason. */
export function setRules(state: EvaluatorState, rules: readonly Rule[], now: number): Evaluation {
  const out = startEvaluation();
  state.rules = rules;
  state.byMeasurement = indexRules(rules);
  // Series hold which rules fit them; they are made again from the next samples.
  state.series.clear();
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  for (const tracker of state.active.values()) {
    const rule = byName.get(tracker.rule.name);
    const against = rule ? whyNotKept(tracker, rule) : `rule ${tracker.rule.name} was removed`;
    if (rule && against === undefined) {
      keep(state, tracker, rule, out);
      continue;
    }
    record(out, close(tracker, now, against!));
    touch(state, tracker, out);
    state.active.delete(tracker.key);
  }
  return out;
}

/** Why what was remembered under this rule does not fit its new form; undefined when it does. */
export function whyNotKept(tracker: Tracker, rule: Rule): string | undefined {
  const changed = `rule ${rule.name} now looks at something else`;
  if (rule.kind === 'silence') return tracker.kind === 'silence' ? undefined : changed;
  if (tracker.rule.kind === 'silence') return changed;
  if (tracker.rule.measurement !== rule.measurement || tracker.rule.field !== rule.field) return changed;
  if (tracker.rule.memory?.of !== rule.memory?.of) return changed;
  if (rule.kind === 'domain_threshold') return tracker.kind === 'group' ? undefined : changed;
  if (tracker.kind !== 'series') return changed;
  return inScope(tracker, rule.scope, tracker.labels) ? undefined : `rule ${rule.name} no longer covers it`;
}

function inScope(tracker: Tracker, scope: Scope, labels: Tracker['labels']): boolean {
  return matchesScope(scope, { ...labels, school: tracker.school, site: tracker.site });
}

function keep(state: EvaluatorState, tracker: Tracker, rule: Rule, out: Evaluation): void {
  takeUp(tracker, rule);
  if (dropOutOfScope(tracker, rule)) touch(state, tracker, out);
}

/** What was remembered goes on under the rule as it is now. */
export function takeUp(tracker: Tracker, rule: Rule): void {
  tracker.rule = rule;
  tracker.lowest = undefined;
  if (rule.levels === undefined) tracker.levels = undefined;
  if (rule.flapping === undefined) tracker.held = false;
}

/** Takes out of a group what the rule no longer covers; true when there was such a thing. */
export function dropOutOfScope(tracker: Tracker, rule: Rule): boolean {
  if (rule.kind !== 'domain_threshold') return false;
  const before = tracker.members.size;
  for (const member of tracker.members.values()) {
    if (inScope(tracker, rule.scope, member.labels)) continue;
    tracker.members.delete(member.key);
    if (member.bad) tracker.bad--;
  }
  return tracker.members.size < before;
}
