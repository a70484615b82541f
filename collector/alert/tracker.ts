import { formatDuration } from '../../core/duration.ts';
import { atLeast } from '../engagement/decision.ts';
import type { Alert, AlertChange } from './alert.ts';
import { type Condition, GOOD } from './condition.ts';
import { countOpening, heldWords } from './flapping.ts';
import type { LevelConditions } from './levels.ts';
import { conditionText, domainOf, type Rule } from './rule.ts';
import { formatValue, renderSummary } from './summary.ts';
import type { Observation } from './words.ts';

/** What is remembered about one fault key: where its condition stands and the alert that is not resolved, if any. */
export interface Tracker {
  readonly kind: 'series' | 'group' | 'silence';
  readonly key: string;
  readonly school: string;
  readonly site: string;
  /** Labels of the series; empty for a site's group and for a silent agent. */
  readonly labels: Readonly<Record<string, string>>;
  rule: Rule;
  /** Of a rule with levels: of all of them together (levels.ts). */
  condition: Condition;
  /** Where each level of the rule stands, by severity; undefined for a rule without, and while all are good. */
  levels: LevelConditions | undefined;
  /** Of a rule with levels, the least of them as it now is; `rule` is then the one that speaks for all. */
  lowest: Rule | undefined;
  alert: Alert | null;
  /** When it last opened or got worse, as far as that counts for flapping, and whether it is held open for it. */
  openings: readonly number[];
  held: boolean;
  /** Event time of the newest value that counted; for a silent agent, when it was last heard before it fell silent. */
  time: number;
  /** When anything of it last arrived (collector clock), late data included. */
  heardAt: number;
  /** `time` as last handed out for saving. */
  savedTime: number;
  /** Only for groups: the things counted, by their labels as text. */
  readonly members: Map<string, Member>;
  /** How many members are bad. */
  bad: number;
}

/** One thing of a domain threshold. */
export interface Member {
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  bad: boolean;
  time: number;
  heardAt: number;
}

export type TrackerStart = Pick<Tracker, 'kind' | 'key' | 'school' | 'site' | 'labels' | 'rule' | 'time' | 'heardAt'>;

export function createTracker(start: TrackerStart): Tracker {
  return {
    ...start,
    condition: GOOD,
    levels: undefined,
    lowest: undefined,
    alert: null,
    openings: NONE,
    held: false,
    savedTime: start.time,
    members: new Map(),
    bad: 0,
  };
}

/** Shared by all that never opened; never written to. */
const NONE: readonly number[] = [];

/** What led to a move: the observation, when (event time), and how to say it. */
export interface Cause {
  readonly seen: Observation;
  readonly time: number;
  /** The observation in words: "96.2 above 90". */
  readonly text: string;
}

/** Puts the tracker's condition to `next` and returns the alert change this is, if it is one. */
export function move(tracker: Tracker, next: Condition, cause: Cause, newId: () => string): AlertChange | undefined {
  const before = tracker.condition;
  tracker.condition = next;
  if (before.phase === next.phase) return undefined;
  if (next.phase === 'good') return finish(tracker, before, cause);
  const opened = next.phase === 'open';
  const flapping = opened ? countOpening(tracker, cause.time) : undefined;
  const alert: Alert = {
    ...(tracker.alert ?? startAlert(tracker, cause, newId())),
    // What holds at the opening is what people are told, whatever held when the wait began.
    severity: tracker.rule.severity,
    condition: conditionText(tracker.rule),
    state: opened ? 'open' : 'pending',
    openedAt: opened ? cause.time : null,
    value: cause.seen.value,
    summary: summaryOf(tracker, cause.seen),
  };
  tracker.alert = alert;
  const reason = opened
    ? `${lasting(cause.text, cause.time - next.badSince)}${flapping ?? ''}`
    : `${cause.text}, opens after ${formatDuration(tracker.rule.forMs)}`;
  return { type: opened ? 'opened' : 'pending', alert, reason };
}

/** Makes an open alert worse or better: `tracker.rule` is already the rule at its new level, `forMs` how long that has held. */
export function changeSeverity(tracker: Tracker, cause: Cause, forMs: number): AlertChange {
  const before = tracker.alert!;
  const { severity } = tracker.rule;
  const worse = !atLeast(before.severity, severity);
  const flapping = worse ? countOpening(tracker, cause.time) : undefined;
  const alert: Alert = {
    ...before,
    severity,
    condition: conditionText(tracker.rule),
    value: cause.seen.value,
    summary: summaryOf(tracker, cause.seen),
  };
  tracker.alert = alert;
  const reason = `${lasting(cause.text, forMs)}${flapping ?? ''}`;
  return { type: 'severity_changed', alert, reason, at: cause.time };
}

function lasting(text: string, ms: number): string {
  return ms > 0 ? `${text} for ${formatDuration(ms)}` : text;
}

function finish(tracker: Tracker, before: Condition, cause: Cause): AlertChange | undefined {
  const alert = tracker.alert;
  tracker.alert = null;
  tracker.held = false;
  if (!alert) return undefined;
  const closed: Alert = { ...alert, state: 'resolved', resolvedAt: cause.time, value: cause.seen.value };
  if (before.phase === 'pending')
    return {
      type: 'cancelled',
      alert: closed,
      reason: `${cause.text} after ${formatDuration(cause.time - alert.pendingAt)}`,
    };
  const goodFor = before.phase === 'open' && before.goodSince !== null ? cause.time - before.goodSince : 0;
  return { type: 'resolved', alert: closed, reason: lasting(cause.text, goodFor) };
}

/** Ends whatever the tracker holds for a reason outside its values: the rule went, the target went. */
export function close(tracker: Tracker, at: number, reason: string): AlertChange | undefined {
  const { alert } = tracker;
  tracker.condition = GOOD;
  tracker.levels = undefined;
  tracker.alert = null;
  tracker.held = false;
  return alert ? closeAlert(alert, at, reason) : undefined;
}

export function closeAlert(alert: Alert, at: number, reason: string): AlertChange {
  const closed: Alert = { ...alert, state: 'resolved', resolvedAt: at };
  return { type: alert.state === 'pending' ? 'cancelled' : 'resolved', alert: closed, reason };
}

function startAlert(tracker: Tracker, cause: Cause, id: string): Alert {
  const { key, school, site, rule, labels } = tracker;
  return {
    id,
    key,
    school,
    site,
    rule: rule.name,
    domain: domainOf(rule, labels),
    severity: rule.severity,
    state: 'pending',
    labels,
    summary: '',
    condition: conditionText(rule),
    value: cause.seen.value,
    pendingAt: cause.time,
    openedAt: null,
    resolvedAt: null,
  };
}

function summaryOf(tracker: Tracker, seen: Observation): string {
  const { rule, school, site, labels } = tracker;
  const values: Record<string, string> = {
    ...labels,
    school,
    site,
    rule: rule.name,
    domain: domainOf(rule, labels),
    severity: rule.severity,
    value: formatValue(seen.value),
  };
  if (rule.kind !== 'silence') {
    values['threshold'] = formatValue(rule.threshold);
    values['clear'] = formatValue(rule.clear);
  }
  if (seen.bad !== undefined && seen.total !== undefined) {
    values['bad'] = String(seen.bad);
    values['total'] = String(seen.total);
    values['share'] = String(seen.total === 0 ? 0 : Math.round((100 * seen.bad) / seen.total));
  }
  const summary = renderSummary(rule.summary, values);
  return tracker.held ? `${summary} (${heldWords(tracker)})` : summary;
}
