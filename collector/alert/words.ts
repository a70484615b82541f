import { groupMeasure, type Verdict } from './condition.ts';
import type { DomainThresholdRule, ThresholdRule } from './rule.ts';
import { formatValue } from './summary.ts';

/** What was looked at when something changed: the number compared, and for a group the counts behind it. */
export interface Observation {
  readonly value: number;
  readonly bad?: number;
  readonly total?: number;
}

export function observeGroup(rule: DomainThresholdRule, bad: number, total: number): Observation {
  return { value: groupMeasure(rule.group, bad, total), bad, total };
}

/** The observation beside the level it was compared with: `96.2 above 90`, `3 of 8 bad (38 %), 10 % or more`. */
export function observationText(
  rule: ThresholdRule | DomainThresholdRule,
  seen: Observation,
  verdict: Verdict,
): string {
  if (rule.kind === 'domain_threshold') return groupText(rule, seen, verdict);
  const value = formatValue(seen.value);
  const side = rule.direction;
  if (verdict === 'bad') return `${value} ${side} ${rule.threshold}`;
  if (verdict === 'between') return `${value} not ${side} ${rule.threshold}`;
  return `${value} at or ${side === 'above' ? 'below' : 'above'} ${rule.clear}`;
}

function groupText(rule: DomainThresholdRule, seen: Observation, verdict: Verdict): string {
  const { by, level, clear, atLeast } = rule.group;
  const bad = seen.bad ?? 0;
  const unit = by === 'share' ? ' %' : '';
  const counts = `${bad} of ${seen.total ?? 0} bad${by === 'share' ? ` (${Math.round(seen.value)} %)` : ''}`;
  if (verdict === 'bad') return `${counts}, ${level}${unit} or more`;
  if (verdict === 'good' && clear !== undefined) return `${counts}, at or below ${clear}${unit}`;
  if (by === 'share' && seen.value >= level) return `${counts}, fewer than ${atLeast}`;
  return `${counts}, less than ${level}${unit}`;
}
