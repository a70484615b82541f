import type { AlertChange } from './alert.ts';
import type { BaselineOf } from './baseline.ts';
import type { Remembered } from './memory.ts';
import type { CategoriesAt } from './override.ts';
import type { DomainThresholdRule, Rule, ThresholdRule } from './rule.ts';
import type { Member, Tracker } from './tracker.ts';
import type { Plan } from './watch.ts';

/** A sample older than this at arrival is history: it is stored, but changes no alert. */
export const LATE_AFTER_MS = 15 * 60_000;
/** A sample further ahead than this comes from a clock that is wrong; it counts as of now, so that it cannot block later ones. */
export const AHEAD_LIMIT_MS = 60_000;
/** An open alert whose series is gone this long, while its agent delivers, is resolved. */
export const VANISHED_AFTER_MS = 3_600_000;
/** Series and group members not heard of for this long are forgotten, and no duration is counted across such a gap. */
export const FORGET_AFTER_MS = 24 * 3_600_000;
/** How often the time of something that is not good is saved again although nothing else changed. */
export const RESAVE_MS = 3_600_000;
/** An agent that was heard within this time is delivering. */
export const DELIVERING_MS = 5 * 60_000;

export const DEFAULT_MAX_SERIES = 200_000;

/** What was not counted, and why. Samples, except `repeated`: values. Ever growing. */
export interface EvaluatorStats {
  /** Older than 15 minutes at arrival. */
  late: number;
  /** As old as, or older than, the newest of its series: sent again or out of order. */
  repeated: number;
  /** More than a minute ahead of the collector's clock (counted as of now). */
  ahead: number;
  /** Of a series beyond the limit per school. */
  overLimit: number;
}

export type FieldRule = ThresholdRule | DomainThresholdRule;

/** One series that some rule's measurement concerns. There are many: what none of its rules needs yet takes no room. */
export interface Series {
  readonly school: string;
  readonly site: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its identity in the store (core/sample.ts). */
  readonly key: string;
  readonly plan: Plan;
  /** For each watch of the plan the event time of its newest value. */
  readonly seen: number[];
  /** For each watch whether one of its rules follows something here: then a good value means something, too. */
  readonly busy: boolean[];
  /** For rules whose state was restored, the event time of the newest value they had taken. */
  readonly restored: number[];
  /** The tracker of each rule, or for a domain threshold its group with this member; none while it was never bad. */
  readonly slots: (Slot | undefined)[];
  /** What is remembered for each rule that compares more than the newest value; undefined where no rule here does. */
  readonly remembered: (Remembered | undefined)[] | undefined;
  heardAt: number;
  /** The state's `byMeasurement` that it was made for; undefined once it was forgotten. With another it is not to be used. */
  madeFor: Map<string, FieldRule[]> | undefined;
}

export interface Slot {
  readonly tracker: Tracker;
  readonly member: Member | undefined;
}

/** Everything the evaluator knows. Only the functions of this folder change it. */
export interface EvaluatorState {
  rules: readonly Rule[];
  /** Rules by the measurement they look at, so that other samples cost one lookup. */
  byMeasurement: Map<string, FieldRule[]>;
  /** School -> series key -> series. A cache: it can be rebuilt from samples and `active`. */
  readonly series: Map<string, Map<string, Series>>;
  /** Fault key -> what must survive a restart: all that is not plainly good, was so a moment ago, or is a group. */
  readonly active: Map<string, Tracker>;
  /** `school/site` -> since when its agent delivers without a break. */
  readonly delivering: Map<string, number>;
  sweptAt: number;
  readonly stats: EvaluatorStats;
  readonly maxSeriesPerSchool: number;
  readonly newId: () => string;
  readonly categoriesAt: CategoriesAt;
  readonly baselineOf: BaselineOf;
}

/** What one call decided, in order, and which keys must be saved (see `exportState`). */
export interface Evaluation {
  readonly changes: AlertChange[];
  readonly touched: Set<string>;
}

export function startEvaluation(): Evaluation {
  return { changes: [], touched: new Set() };
}

export function record(out: Evaluation, change: AlertChange | undefined): void {
  if (change) out.changes.push(change);
}

/** Marks the tracker for saving, and keeps it. */
export function touch(state: EvaluatorState, tracker: Tracker, out: Evaluation): void {
  state.active.set(tracker.key, tracker);
  tracker.savedTime = tracker.time;
  out.touched.add(tracker.key);
}

export function siteKey(school: string, site: string): string {
  return `${school}/${site}`;
}

export function indexRules(rules: readonly Rule[]): Map<string, FieldRule[]> {
  const index = new Map<string, FieldRule[]>();
  for (const rule of rules) {
    if (rule.kind === 'silence') continue;
    const same = index.get(rule.measurement);
    if (same) same.push(rule);
    else index.set(rule.measurement, [rule]);
  }
  return index;
}
