import { advance, type Condition, GOOD, type Verdict } from './condition.ts';
import {
  type Evaluation,
  type EvaluatorState,
  type FieldRule,
  FORGET_AFTER_MS,
  RESAVE_MS,
  record,
  touch,
} from './evaluator-state.ts';
import { timingOf } from './flapping.ts';
import { brokenOff } from './levels.ts';
import type { CategoriesAt } from './override.ts';
import { move, type Tracker } from './tracker.ts';
import { type Observation, observationText } from './words.ts';

/** One call of `evaluate`: what its steps share. */
export interface Run {
  readonly state: EvaluatorState;
  /** Collector clock, ms. */
  readonly now: number;
  readonly out: Evaluation;
  readonly categoriesAt: CategoriesAt;
}

/** Advances one condition and records what changed. */
export function step(
  run: Run,
  tracker: Tracker,
  rule: FieldRule,
  verdict: Verdict,
  seen: Observation,
  time: number,
): void {
  const { state, out } = run;
  if (time - tracker.time > FORGET_AFTER_MS) breakOff(state, tracker, seen, time, out);
  tracker.time = time;
  // The calendar may have put another form of the rule in force.
  tracker.rule = rule;
  const next = advance(tracker.condition, verdict, time, tracker.held ? timingOf(rule, true) : rule);
  if (next !== tracker.condition) {
    const cause = { seen, time, text: causeText(tracker.condition, rule, seen, verdict) };
    record(out, move(tracker, next, cause, state.newId));
    touch(state, tracker, out);
  } else if ((next.phase !== 'good' || tracker.kind === 'group') && time - tracker.savedTime >= RESAVE_MS)
    touch(state, tracker, out);
}

export function causeText(before: Condition, rule: FieldRule, seen: Observation, verdict: Verdict): string {
  // A pending condition is broken by any value that is not bad; the clear level has nothing to do with it.
  return observationText(rule, seen, before.phase === 'pending' && verdict === 'good' ? 'between' : verdict);
}

/** A day without data: what was pending starts anew, what was getting better must show it again. */
export function breakOff(
  state: EvaluatorState,
  tracker: Tracker,
  seen: Observation,
  time: number,
  out: Evaluation,
): void {
  const { condition } = tracker;
  tracker.levels = tracker.levels && brokenOff(tracker.levels);
  if (condition.phase === 'pending')
    record(out, move(tracker, GOOD, { seen, time, text: 'no data for more than a day' }, state.newId));
  else if (condition.phase === 'open') tracker.condition = { ...condition, goodSince: null };
  else return;
  touch(state, tracker, out);
}
