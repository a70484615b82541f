import { atLeast } from '../engagement/decision.ts';
import type { Condition } from './condition.ts';
import { type FieldRule, FORGET_AFTER_MS, RESAVE_MS, record, touch } from './evaluator-state.ts';
import { advanceLevels, type Judged, judge, type LevelConditions, together } from './levels.ts';
import { breakOff, causeText, type Run } from './step.ts';
import { changeSeverity, move, type Tracker } from './tracker.ts';
import { type Observation, observationText, observeGroup } from './words.ts';

/** Advances every level of a rule, and records what changed for the one alert that stands for all of them. */
export function stepLevels(
  run: Run,
  tracker: Tracker,
  levels: readonly FieldRule[],
  value: number,
  time: number,
): void {
  const { state, out } = run;
  const judged: Judged = { value, bad: tracker.bad, total: tracker.members.size };
  if (time - tracker.time > FORGET_AFTER_MS) breakOff(state, tracker, observe(levels[0]!, judged), time, out);
  tracker.time = time;
  tracker.lowest = levels[0];
  const before = tracker.levels ?? seeded(tracker, levels);
  const after = advanceLevels(levels, before, judged, time, tracker.held);
  if (after === before) {
    const alive = tracker.condition.phase !== 'good' || tracker.kind === 'group';
    if (alive && time - tracker.savedTime >= RESAVE_MS) touch(state, tracker, out);
    return;
  }
  const { condition, level } = together(levels, after);
  tracker.levels = level && after;
  const speaks = level ?? levels.find(({ severity }) => phaseOf(before, severity) !== 'good') ?? levels[0]!;
  if (condition.phase !== tracker.condition.phase) {
    tracker.rule = speaks;
    record(out, move(tracker, condition, causeOf(speaks, judged, time, tracker.condition), state.newId));
  } else {
    tracker.condition = condition;
    changeLevel(run, tracker, speaks, { levels, before, judged, time });
  }
  touch(state, tracker, out);
}

interface Step {
  readonly levels: readonly FieldRule[];
  readonly before: LevelConditions;
  readonly judged: Judged;
  readonly time: number;
}

/** The alert is open and stays so, under `level` from now on. */
function changeLevel(run: Run, tracker: Tracker, level: FieldRule, { levels, before, judged, time }: Step): void {
  const { alert, condition } = tracker;
  if (condition.phase !== 'open' || alert === null || alert.severity === level.severity) return;
  tracker.rule = level;
  if (!atLeast(alert.severity, level.severity)) {
    const cause = causeOf(level, judged, time, condition);
    record(run.out, changeSeverity(tracker, cause, time - condition.badSince));
    return;
  }
  const left = levels.find(({ severity }) => severity === alert.severity);
  const was = before[alert.severity];
  const goodForMs = left && was?.phase === 'open' && was.goodSince !== null ? time - was.goodSince : 0;
  const text = left
    ? observationText(left, observe(left, judged), judge(left, judged))
    : `${alert.severity} is off${level.category === undefined ? '' : ` during ${level.category}`}`;
  record(run.out, changeSeverity(tracker, { seen: observe(level, judged), time, text }, goodForMs));
}

/** What an older version saved of a rule that had one level then. */
function seeded({ condition, alert }: Tracker, levels: readonly FieldRule[]): LevelConditions {
  if (condition.phase === 'good') return {};
  const level = levels.find(({ severity }) => severity === alert?.severity) ?? levels[0]!;
  return { [level.severity]: condition };
}

function causeOf(level: FieldRule, judged: Judged, time: number, before: Condition) {
  const seen = observe(level, judged);
  return { seen, time, text: causeText(before, level, seen, judge(level, judged)) };
}

function observe(level: FieldRule, { value, bad, total }: Judged): Observation {
  return level.kind === 'threshold' ? { value } : observeGroup(level, bad, total);
}

function phaseOf(conditions: LevelConditions, severity: FieldRule['severity']): Condition['phase'] {
  return conditions[severity]?.phase ?? 'good';
}
