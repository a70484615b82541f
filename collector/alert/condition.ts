import type { DomainThresholdRule, GroupThreshold, ThresholdRule } from './rule.ts';

/** What one value says. `between` lies inside the hysteresis band: neither bad nor good. */
export type Verdict = 'bad' | 'between' | 'good';

/** Where one condition stands. Times are event times (ms). */
export type Condition =
  | { readonly phase: 'good' }
  /** Bad without a break since `badSince`, not yet for long enough. */
  | { readonly phase: 'pending'; readonly badSince: number }
  /** Open; `goodSince` is set while it is good without a break, not yet for long enough. */
  | { readonly phase: 'open'; readonly badSince: number; readonly goodSince: number | null };

export const GOOD: Condition = { phase: 'good' };

export function verdictOf(rule: ThresholdRule | DomainThresholdRule, value: number): Verdict {
  if (rule.direction === 'above') return value > rule.threshold ? 'bad' : value <= rule.clear ? 'good' : 'between';
  return value < rule.threshold ? 'bad' : value >= rule.clear ? 'good' : 'between';
}

/** The verdict on a group of `total` things of which `bad` are in a bad state. */
export function groupVerdict(group: GroupThreshold, bad: number, total: number): Verdict {
  const measure = groupMeasure(group, bad, total);
  if (measure >= group.level && bad >= group.atLeast) return 'bad';
  if (group.orCount !== undefined && bad >= group.orCount) return 'bad';
  if (group.clear === undefined) return 'good';
  return measure <= group.clear ? 'good' : 'between';
}

/** What the group's level is compared with: percent or a count. */
export function groupMeasure(group: GroupThreshold, bad: number, total: number): number {
  if (group.by === 'count') return bad;
  return total === 0 ? 0 : (100 * bad) / total;
}

/**
 * One step of the state machine good -> pending -> open -> good at event time `time`.
 * Pending needs every value bad (one in the band breaks it), resolving every value good; in the band good stays good and open stays open.
 * Returns the same object when nothing changed.
 */
export function advance(
  condition: Condition,
  verdict: Verdict,
  time: number,
  timing: { readonly forMs: number; readonly clearForMs: number },
): Condition {
  switch (condition.phase) {
    case 'good':
      if (verdict !== 'bad') return condition;
      return timing.forMs <= 0
        ? { phase: 'open', badSince: time, goodSince: null }
        : { phase: 'pending', badSince: time };
    case 'pending':
      if (verdict !== 'bad') return GOOD;
      return time - condition.badSince >= timing.forMs
        ? { phase: 'open', badSince: condition.badSince, goodSince: null }
        : condition;
    case 'open': {
      if (verdict !== 'good') return condition.goodSince === null ? condition : { ...condition, goodSince: null };
      const goodSince = condition.goodSince ?? time;
      if (time - goodSince >= timing.clearForMs) return GOOD;
      return condition.goodSince === null ? { ...condition, goodSince } : condition;
    }
  }
}
