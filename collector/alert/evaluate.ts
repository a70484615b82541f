import type { FieldValue, Sample } from '../../core/sample.ts';
import { advance, type Condition, GOOD, groupVerdict, type Verdict, verdictOf } from './condition.ts';
import {
  AHEAD_LIMIT_MS,
  type Evaluation,
  type EvaluatorState,
  type FieldRule,
  FORGET_AFTER_MS,
  LATE_AFTER_MS,
  RESAVE_MS,
  record,
  type Series,
  type Slot,
  startEvaluation,
  touch,
} from './evaluator-state.ts';
import { faultKey, labelText } from './fault-key.ts';
import { remember } from './memory.ts';
import { type CategoriesAt, inForce, offText, rememberingLast } from './override.ts';
import type { DomainThresholdRule, ThresholdRule } from './rule.ts';
import { seriesOf } from './series.ts';
import { close, createTracker, type Member, move, type Tracker } from './tracker.ts';
import { type Observation, observationText, observeGroup } from './words.ts';

/** One call of `evaluate`: what its steps share. */
interface Run {
  readonly state: EvaluatorState;
  /** Collector clock, ms. */
  readonly now: number;
  readonly out: Evaluation;
  readonly categoriesAt: CategoriesAt;
}

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
  let slot = series.slots[index];
  if (!slot) {
    if (verdict !== 'bad') return;
    const { school, site, labels } = series;
    const key = faultKey(school, rule.name, site, labels);
    const tracker = createTracker({ kind: 'series', key, school, site, labels, rule, time, heardAt: run.now });
    slot = { tracker, member: undefined };
    series.slots[index] = slot;
  }
  step(run, slot.tracker, rule, verdict, { value }, time);
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

/** The group of which the series is a member, with that member's state brought up to date. */
function followMember(
  run: Run,
  series: Series,
  index: number,
  rule: DomainThresholdRule,
  verdict: Verdict,
  time: number,
): Tracker {
  const { state, now, out } = run;
  let slot = series.slots[index];
  if (!slot?.member || !isMember(state, slot)) {
    slot = joinGroup(state, series, rule, time, now);
    series.slots[index] = slot;
    touch(state, slot.tracker, out);
  }
  const group = slot.tracker;
  const member = slot.member!;
  member.time = time;
  group.heardAt = now;
  const bad = verdict === 'between' ? member.bad : verdict === 'bad';
  if (bad !== member.bad) {
    member.bad = bad;
    group.bad += bad ? 1 : -1;
    touch(state, group, out);
  }
  return group;
}

/** False once the group or the member in it was forgotten. */
function isMember(state: EvaluatorState, { tracker, member }: Slot): boolean {
  return (
    member !== undefined && state.active.get(tracker.key) === tracker && tracker.members.get(member.key) === member
  );
}

function joinGroup(state: EvaluatorState, series: Series, rule: DomainThresholdRule, time: number, now: number): Slot {
  const { school, site, labels } = series;
  const groupKey = faultKey(school, rule.name, site, {});
  const group =
    state.active.get(groupKey) ??
    createTracker({ kind: 'group', key: groupKey, school, site, labels: {}, rule, time, heardAt: now });
  const key = labelText(labels);
  let member: Member | undefined = group.members.get(key);
  if (!member) {
    member = { key, labels, bad: false, time, heardAt: now };
    group.members.set(key, member);
  }
  return { tracker: group, member };
}

/** Advances one condition and records what changed. */
function step(run: Run, tracker: Tracker, rule: FieldRule, verdict: Verdict, seen: Observation, time: number): void {
  const { state, out } = run;
  if (time - tracker.time > FORGET_AFTER_MS) breakOff(state, tracker, seen, time, out);
  tracker.time = time;
  // The calendar may have put another form of the rule in force.
  tracker.rule = rule;
  const next = advance(tracker.condition, verdict, time, rule);
  if (next !== tracker.condition) {
    const cause = { seen, time, text: causeText(tracker.condition, rule, seen, verdict) };
    record(out, move(tracker, next, cause, state.newId));
    touch(state, tracker, out);
  } else if ((next.phase !== 'good' || tracker.kind === 'group') && time - tracker.savedTime >= RESAVE_MS)
    touch(state, tracker, out);
}

function causeText(before: Condition, rule: FieldRule, seen: Observation, verdict: Verdict): string {
  // A pending condition is broken by any value that is not bad; the clear level has nothing to do with it.
  return observationText(rule, seen, before.phase === 'pending' && verdict === 'good' ? 'between' : verdict);
}

/** A day without data: what was pending starts anew, what was getting better must show it again. */
function breakOff(state: EvaluatorState, tracker: Tracker, seen: Observation, time: number, out: Evaluation): void {
  const { condition } = tracker;
  if (condition.phase === 'pending')
    record(out, move(tracker, GOOD, { seen, time, text: 'no data for more than a day' }, state.newId));
  else if (condition.phase === 'open' && condition.goodSince !== null)
    tracker.condition = { ...condition, goodSince: null };
  else return;
  touch(state, tracker, out);
}
