import { formatDuration } from '../../core/duration.ts';
import { baselineText } from './baseline.ts';
import { groupMeasure, type Verdict } from './condition.ts';
import { type Memory, memoryText } from './memory.ts';
import { type DomainThresholdRule, levelText, type ThresholdRule } from './rule.ts';
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
  const { memory } = rule;
  if (memory?.of === 'changes' || memory?.of === 'falls') return countText(memory, seen.value, rule.threshold + 1);
  const value = `${formatValue(seen.value)}${rule.memory ? ` ${memoryText(rule.memory)}` : ''}`;
  const side = rule.direction;
  if (verdict === 'good') return `${value} at or ${side === 'above' ? 'below' : 'above'} ${levelText(rule, 'clear')}`;
  const level = `${levelText(rule, 'threshold')}${baselineText(rule)}`;
  return verdict === 'bad' ? `${value} ${side} ${level}` : `${value} not ${side} ${level}`;
}

function countText({ of, spanMs }: Memory, count: number, enough: number): string {
  const many = count >= enough ? `${enough} or more` : `fewer than ${enough}`;
  return `${count === 0 ? 'no' : count} ${count === 1 ? of.slice(0, -1) : of} in ${formatDuration(spanMs)}, ${many}`;
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
