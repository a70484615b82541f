import type { FieldValue, Sample } from '../../core/sample.ts';
import { withBaseline } from './baseline.ts';
import { groupVerdict, type Verdict, verdictOf } from './condition.ts';
import {
  AHEAD_LIMIT_MS,
  type Evaluation,
  type EvaluatorState,
  type FieldRule,
  LATE_AFTER_MS,
  record,
  type Series,
  type Slot,
  startEvaluation,
  touch,
} from './evaluator-state.ts';
import { faultKey } from './fault-key.ts';
import { followMember } from './group.ts';
import { stepLevels } from './level-step.ts';
import { remember } from './memory.ts';
import { inForce, offText, rememberingLast } from './override.ts';
import type { DomainThresholdRule, ThresholdRule } from './rule.ts';
import { seriesOf } from './series.ts';
import { type Run, step } from './step.ts';
import { close, createTracker } from './tracker.ts';
import { observeGroup } from './words.ts';

/** Runs samples (stamped with school and site) through the rules. Event time drives `for`; `now` only tells late from live. */
export function evaluate(state: EvaluatorState, samples: readonly Sample[], now: number): Evaluation {
  const run: Run = { state, now, out: startEvaluation(), categoriesAt: rememberingLast(state.categoriesAt) };
  for (const sample of samples) {
    const series = seriesOf(state, sample, now);
    if (series) takeSample(run, series, sample);
  }
  return run.out;
}

function takeSample(run: Run, series: Series, sample: Sample): void {
  const { state, now } = run;
  series.heardAt = now;
  const late = now - sample.time > LATE_AFTER_MS;
  if (late) state.stats.late++;
  const ahead = sample.time - now > AHEAD_LIMIT_MS;
  if (ahead) state.stats.ahead++;
  const time = ahead ? now : sample.time;
  const { seen, busy } = series;
  const { watches } = series.plan;
  for (let w = 0; w < watches.length; w++) {
    const watch = watches[w]!;
    const value = numberOf(sample.fields[watch.field]);
    if (value === undefined) continue;
    const quiet = !busy[w] && value >= watch.low && value <= watch.high;
    if (quiet && !late && time > seen[w]!) seen[w] = time;
    else takeWatched(run, series, w, value, time, late);
  }
}

/** Each rule of the watch for itself. */
function takeWatched(run: Run, series: Series, w: number, value: number, time: number, late: boolean): void {
  const { state, now } = run;
  const { slots, restored, seen, busy } = series;
  const { rules, watches } = series.plan;
  const before = seen[w]!;
  for (const i of watches[w]!.rules) {
    const slot = slots[i];
    if (slot) heard(slot, now);
    if (late) continue;
    if (time <= before || time <= (restored[i] ?? before)) {
      state.stats.repeated++;
      continue;
    }
    const rule = rules[i]!;
    const remembered = series.remembered?.[i];
    const compared = remembered === undefined ? value : remember(rule.memory!, remembered, value, time);
    if (compared !== undefined) {
      if (rule.during === undefined) take(run, series, i, rule, compared, time);
      else takeByCalendar(run, series, i, rule, compared, time);
    }
    if (slots[i]) busy[w] = true;
  }
  if (!late && time > before) seen[w] = time;
}

function take(run: Run, series: Series, index: number, rule: FieldRule, value: number, time: number): void {
  if (rule.levels !== undefined) {
    takeLevels(run, series, index, rule, value, time);
    return;
  }
  const verdict = verdictOf(rule, value);
  if (rule.kind === 'threshold') takeValue(run, series, index, rule, verdict, value, time);
  else takeMember(run, series, index, rule, verdict, time);
}

/** As the school's calendar has it at the time of the sample. */
function takeByCalendar(run: Run, series: Series, index: number, rule: FieldRule, value: number, time: number): void {
  const { rule: now, off } = inForce<FieldRule>(rule, run.categoriesAt(series.school, time));
  if (now !== undefined) take(run, series, index, now, value, time);
  else switchOff(run, series, index, rule, value, off, time);
}

/** What was open or waiting ends. The members of a group are still followed, or it would come back with those that were bad before. */
function switchOff(
  run: Run,
  series: Series,
  index: number,
  rule: FieldRule,
  value: number,
  category: string,
  time: number,
): void {
  const { state, out } = run;
  const member = rule.kind === 'domain_threshold';
  const tracker = member
    ? followMember(run, series, index, rule, verdictOf(rule, value), time)
    : series.slots[index]?.tracker;
  if (!tracker) return;
  tracker.time = Math.max(tracker.time, time);
  if (tracker.condition.phase === 'good') return;
  record(out, close(tracker, time, offText(category)));
  touch(state, tracker, out);
}

function heard(slot: Slot, now: number): void {
  slot.tracker.heardAt = now;
  if (slot.member) slot.member.heardAt = now;
}

function numberOf(value: FieldValue | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return value === undefined || typeof value === 'string' ? undefined : Number(value);
}

function takeValue(
  run: Run,
  series: Series,
  index: number,
  rule: ThresholdRule,
  verdict: Verdict,
  value: number,
  time: number,
): void {
  const known = series.slots[index];
  // A baseline only raises a level: what is not above the fixed one is not bad.
  if (!known && verdict !== 'bad') return;
  if (rule.baseline === undefined) {
    step(run, (known ?? createSlot(run, series, index, rule, time)).tracker, rule, verdict, { value }, time);
    return;
  }
  const now = asUsual(run, series, rule, time);
  const judged = verdictOf(now, value);
  if (!known && judged !== 'bad') return;
  step(run, (known ?? createSlot(run, series, index, rule, time)).tracker, now, judged, { value }, time);
}

/** The rule with the level that counts at this hour. */
function asUsual(run: Run, { school, key }: Series, rule: ThresholdRule, time: number): ThresholdRule {
  const { baseline, field } = rule;
  return baseline ? withBaseline(rule, run.state.baselineOf(school, key, field, baseline.weeks, time)) : rule;
}

function createSlot(run: Run, series: Series, index: number, rule: ThresholdRule, time: number): Slot {
  const { school, site, labels } = series;
  const key = faultKey(school, rule.name, site, labels);
  const tracker = createTracker({ kind: 'series', key, school, site, labels, rule, time, heardAt: run.now });
  const slot = { tracker, member: undefined };
  series.slots[index] = slot;
  return slot;
}

/** As takeValue and takeMember, for a rule with levels. */
function takeLevels(run: Run, series: Series, index: number, rule: FieldRule, value: number, time: number): void {
  if (rule.kind === 'domain_threshold') {
    // When one thing is bad is the same at every level.
    const group = followMember(run, series, index, rule, verdictOf(rule, value), time);
    stepLevels(run, group, rule.levels!, value, Math.max(group.time, time));
    return;
  }
  const known = series.slots[index];
  const asWritten = rule.levels!;
  if (!known && !asWritten.some((level) => verdictOf(level, value) === 'bad')) return;
  const levels = asWritten.some(({ baseline }) => baseline !== undefined)
    ? asWritten.map((level) => asUsual(run, series, level, time))
    : asWritten;
  if (!known && !levels.some((level) => verdictOf(level, value) === 'bad')) return;
  stepLevels(run, (known ?? createSlot(run, series, index, rule, time)).tracker, levels, value, time);
}

/** Brings the member's state up to date, then the group's condition. */
function takeMember(
  run: Run,
  series: Series,
  index: number,
  rule: DomainThresholdRule,
  verdict: Verdict,
  time: number,
): void {
  const group = followMember(run, series, index, rule, verdict, time);
  const total = group.members.size;
  const whole = groupVerdict(rule.group, group.bad, total);
  // Devices are polled one after the other; the group's time is that of the newest.
  step(run, group, rule, whole, observeGroup(rule, group.bad, total), Math.max(group.time, time));
}
