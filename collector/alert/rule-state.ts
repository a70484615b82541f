import { z } from 'zod';
import type { Alert } from './alert.ts';
import type { Condition } from './condition.ts';
import { type Evaluation, type EvaluatorState, record, startEvaluation } from './evaluator-state.ts';
import { labelText } from './fault-key.ts';
import type { LevelConditions } from './levels.ts';
import { dropOutOfScope, takeUp, whyNotKept } from './reload.ts';
import { close, closeAlert, createTracker, type Tracker } from './tracker.ts';

/** One row of the table rule_state. */
export interface RuleStateRow {
  readonly key: string;
  readonly school: string;
  readonly rule: string;
  /** JSON. */
  readonly state: string;
}

/** What saving the touched keys means: rows to write, and keys whose row goes. */
export interface RuleStateChange {
  readonly saved: RuleStateRow[];
  readonly removed: string[];
}

const labels = z.record(z.string(), z.string());
const condition = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('good') }),
  z.object({ phase: z.literal('pending'), badSince: z.number() }),
  z.object({ phase: z.literal('open'), badSince: z.number(), goodSince: z.number().nullable() }),
]);
const levels = z
  .strictObject({ info: condition.optional(), warning: condition.optional(), critical: condition.optional() })
  .optional();
const alert = z.object({
  id: z.string(),
  key: z.string(),
  school: z.string(),
  site: z.string(),
  rule: z.string(),
  domain: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['pending', 'open', 'suppressed', 'resolved']),
  labels,
  summary: z.string(),
  condition: z.string(),
  value: z.number(),
  pendingAt: z.number(),
  openedAt: z.number().nullable(),
  resolvedAt: z.number().nullable(),
});
const savedState = z.object({
  v: z.literal(1),
  kind: z.enum(['series', 'group', 'silence']),
  site: z.string(),
  labels,
  /** What the rule looked at, to tell whether a rule of that name still does. */
  looksAt: z.tuple([z.string(), z.string()]).nullable(),
  condition,
  /** Of a rule with levels, of those that are not good. */
  levels,
  alert: alert.nullable(),
  openings: z.array(z.number()).optional(),
  held: z.boolean().optional(),
  time: z.number(),
  /** Labels, bad (0 or 1), event time of the newest value. */
  members: z.array(z.tuple([labels, z.number(), z.number()])).optional(),
});
type SavedState = z.output<typeof savedState>;

/** The rows for `keys` (all when left out), as they are now. Save them in one transaction with the changes that came with the keys. */
export function exportState(state: EvaluatorState, keys: Iterable<string> = state.active.keys()): RuleStateChange {
  const saved: RuleStateRow[] = [];
  const removed: string[] = [];
  for (const key of keys) {
    const tracker = state.active.get(key);
    if (!tracker) removed.push(key);
    else saved.push({ key, school: tracker.school, rule: tracker.rule.name, state: JSON.stringify(toSaved(tracker)) });
  }
  return { saved, removed };
}

function toSaved(tracker: Tracker): SavedState {
  const { rule } = tracker;
  return {
    v: 1,
    kind: tracker.kind,
    site: tracker.site,
    labels: tracker.labels,
    looksAt: rule.kind === 'silence' ? null : [rule.measurement, rule.field],
    condition: tracker.condition,
    ...(tracker.levels && { levels: tracker.levels }),
    alert: tracker.alert,
    ...(tracker.openings.length > 0 && { openings: [...tracker.openings], held: tracker.held }),
    time: tracker.time,
    ...(tracker.kind === 'group' && {
      members: [...tracker.members.values()].map((m): [Record<string, string>, number, number] => [
        m.labels,
        m.bad ? 1 : 0,
        m.time,
      ]),
    }),
  };
}

/**
 * Takes up the rows of an earlier run; call it once, before the first sample. What no longer fits a rule is resolved, as by a reload.
 * `unreadable` lists rows that could not be understood; they are left out (and should be logged).
 */
export function restoreState(
  state: EvaluatorState,
  rows: readonly RuleStateRow[],
  now: number,
): Evaluation & { readonly unreadable: string[] } {
  const out = { ...startEvaluation(), unreadable: [] as string[] };
  const byName = new Map(state.rules.map((rule) => [rule.name, rule]));
  for (const row of rows) {
    const saved = read(row.state);
    if (!saved) {
      out.unreadable.push(row.key);
      continue;
    }
    const rule = byName.get(row.rule);
    if (!rule) {
      if (saved.alert) record(out, closeAlert(saved.alert as Alert, now, `rule ${row.rule} was removed`));
      out.touched.add(row.key);
      continue;
    }
    const looksAt = saved.looksAt;
    // Under the rule as it was when saved, as far as it matters here.
    const before = rule.kind !== 'silence' && looksAt ? { ...rule, measurement: looksAt[0], field: looksAt[1] } : rule;
    const tracker = toTracker(row, saved, before, now);
    const against = whyNotKept(tracker, rule);
    if (against === undefined) {
      takeUp(tracker, rule);
      state.active.set(row.key, tracker);
      if (dropOutOfScope(tracker, rule)) out.touched.add(row.key);
    } else {
      record(out, close(tracker, now, against));
      out.touched.add(row.key);
    }
  }
  return out;
}

function read(text: string): SavedState | undefined {
  try {
    return savedState.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function toTracker(row: RuleStateRow, saved: SavedState, rule: Tracker['rule'], now: number): Tracker {
  const { kind, site, labels, time } = saved;
  const tracker = createTracker({ kind, key: row.key, school: row.school, site, labels, rule, time, heardAt: now });
  tracker.condition = saved.condition as Condition;
  tracker.levels = saved.levels as LevelConditions | undefined;
  tracker.alert = saved.alert as Alert | null;
  tracker.openings = saved.openings ?? tracker.openings;
  tracker.held = saved.held ?? false;
  for (const [labels, bad, time] of saved.members ?? []) {
    const key = labelText(labels);
    // The event time stands in for the time of arrival, so that restarts do not keep a removed thing alive.
    tracker.members.set(key, { key, labels, bad: bad === 1, time, heardAt: time });
    if (bad === 1) tracker.bad++;
  }
  return tracker;
}
