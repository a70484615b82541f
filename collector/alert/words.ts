import { formatDuration } from '../../core/duration.ts';
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
  if (rule.memory?.of === 'changes') return changesText(seen.value, rule.threshold + 1, rule.memory.spanMs);
  const value = `${formatValue(seen.value)}${rule.memory ? ` on average over ${formatDuration(rule.memory.spanMs)}` : ''}`;
  const side = rule.direction;
  if (verdict === 'bad') return `${value} ${side} ${rule.threshold}`;
  if (verdict === 'between') return `${value} not ${side} ${rule.threshold}`;
  return `${value} at or ${side === 'above' ? 'below' : 'above'} ${rule.clear}`;
}

function changesText(count: number, enough: number, spanMs: number): string {
  const many = count >= enough ? `${enough} or more` : `fewer than ${enough}`;
  return `${count === 0 ? 'no' : count} ${count === 1 ? 'change' : 'changes'} in ${formatDuration(spanMs)}, ${many}`;
}

function groupText(rule: DomainThresholdRule, seen: Observation, verdict: Verdict): string {
  const { by, level, clear, atLeast, orCount } = rule.group;
  const bad = seen.bad ?? 0;
  const unit = by === 'share' ? ' %' : '';
  const counts = `${bad} of ${seen.total ?? 0} bad${by === 'share' ? ` (${Math.round(seen.value)} %)` : ''}`;
  const byCount = orCount !== undefined && (seen.value < level || bad < atLeast);
  if (verdict === 'bad') return byCount ? `${counts}, ${orCount} or more` : `${counts}, ${level}${unit} or more`;
  if (verdict === 'good' && clear !== undefined) return `${counts}, at or below ${clear}${unit}`;
  if (by === 'share' && seen.value >= level) return `${counts}, fewer than ${atLeast}`;
  return `${counts}, less than ${level}${unit}`;
}
