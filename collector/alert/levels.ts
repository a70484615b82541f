import { SEVERITIES, type Severity } from '../engagement/decision.ts';
import { advance, type Condition, GOOD, groupVerdict, type Verdict, verdictOf } from './condition.ts';
import { timingOf } from './flapping.ts';
import type { DomainThresholdRule, ThresholdRule } from './rule.ts';

/** Where each level of a rule stands, by severity; one that is left out is good. */
export type LevelConditions = Readonly<Partial<Record<Severity, Condition>>>;

type Level = ThresholdRule | DomainThresholdRule;

/** What is judged: the value, and for a group how many of how many are bad. */
export interface Judged {
  readonly value: number;
  readonly bad: number;
  readonly total: number;
}

export function judge(level: Level, { value, bad, total }: Judged): Verdict {
  return level.kind === 'threshold' ? verdictOf(level, value) : groupVerdict(level.group, bad, total);
}

/**
 * One step of every level at event time `time`. Each stands for itself, but for this: what is bad at one is bad at those below; and while a higher one
 * is open, or was until now, a lower one that is bad is open too, so that what was critical at once falls back to a warning and not to a wait.
 * Levels that are no longer there are left out. Returns the same object when nothing changed.
 */
export function advanceLevels(
  levels: readonly Level[],
  before: LevelConditions,
  judged: Judged,
  time: number,
  held: boolean,
): LevelConditions {
  let after = before;
  const set = (severity: Severity, next: Condition): void => {
    if (next !== (after[severity] ?? GOOD)) after = { ...after, [severity]: next };
  };
  let verdict: Verdict = 'good';
  for (const level of levels.toReversed()) {
    if (verdict !== 'bad') verdict = judge(level, judged);
    set(level.severity, advance(after[level.severity] ?? GOOD, verdict, time, timingOf(level, held)));
  }
  const isOpen = (severity: Severity): boolean =>
    after[severity]?.phase === 'open' || before[severity]?.phase === 'open';
  const top = SEVERITIES.findLastIndex(isOpen);
  SEVERITIES.forEach((severity, i) => {
    const condition = after[severity];
    if (!condition) return;
    if (!levels.some((level) => level.severity === severity)) set(severity, GOOD);
    else if (i < top && condition.phase === 'pending')
      set(severity, { phase: 'open', badSince: condition.badSince, goodSince: null });
  });
  return after;
}

/** All levels together, and the level that speaks for them: the highest that is open, else the highest that waits; undefined when all are good. */
export function together<L extends Level>(
  levels: readonly L[],
  conditions: LevelConditions,
): { readonly condition: Condition; readonly level: L | undefined } {
  for (const phase of ['open', 'pending'] as const) {
    const level = levels.findLast(({ severity }) => conditions[severity]?.phase === phase);
    if (!level) continue;
    const { badSince } = conditions[level.severity] as Exclude<Condition, { phase: 'good' }>;
    const condition: Condition =
      phase === 'open' ? { phase, badSince, goodSince: allGoodSince(conditions) } : { phase, badSince };
    return { condition, level };
  }
  return { condition: GOOD, level: undefined };
}

/** Since when every open level is good; null while one is not. */
function allGoodSince(conditions: LevelConditions): number | null {
  let since = Number.NEGATIVE_INFINITY;
  for (const condition of Object.values(conditions)) {
    if (condition.phase !== 'open') continue;
    if (condition.goodSince === null) return null;
    since = Math.max(since, condition.goodSince);
  }
  return since;
}

/** After a long time without data: what waited begins anew, what was getting better must show it again. */
export function brokenOff(conditions: LevelConditions): LevelConditions {
  const kept = Object.entries(conditions).flatMap(([severity, condition]) =>
    condition.phase === 'open' ? [[severity, { ...condition, goodSince: null }] as const] : [],
  );
  return Object.fromEntries(kept);
}
