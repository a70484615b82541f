import { ROLE_DOMAIN } from '../../core/domain.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Scope } from '../../core/matcher.ts';
import type { Severity } from '../engagement/decision.ts';

/** What every rule has. Durations in ms. */
interface RuleBase {
  readonly name: string;
  /** The domain of the symptom; undefined: that of the device's role. */
  readonly domain: string | undefined;
  readonly severity: Severity;
  /** Template of the line people read; `{name}` stands for a tag or a value. */
  readonly summary: string;
  /** How long it must stay bad before the alert opens. */
  readonly forMs: number;
}

/** What a rule that looks at one field of a measurement has. */
interface FieldRule extends RuleBase {
  readonly measurement: string;
  readonly field: string;
  readonly scope: Scope;
  /** `above`: bad when greater than `threshold`, good again at or below `clear`. `below`: the mirror image. */
  readonly direction: 'above' | 'below';
  readonly threshold: number;
  readonly clear: number;
  /** How long it must stay good before the alert resolves. */
  readonly clearForMs: number;
}

/** One alert per series. */
export interface ThresholdRule extends FieldRule {
  readonly kind: 'threshold';
}

/** One alert per site: enough of the things in scope are in a bad state at once. */
export interface DomainThresholdRule extends FieldRule {
  readonly kind: 'domain_threshold';
  readonly group: GroupThreshold;
}

export interface GroupThreshold {
  /** `share`: percent of the known things; `count`: how many. */
  readonly by: 'share' | 'count';
  /** Bad when reached. */
  readonly level: number;
  /** Good again at or below; undefined: as soon as it is not bad. */
  readonly clear: number | undefined;
  /** With `share`: never bad with fewer bad things than this. */
  readonly atLeast: number;
}

/** Dead-man: one alert per site whose agent has delivered nothing for `forMs`. */
export interface SilenceRule extends RuleBase {
  readonly kind: 'silence';
  readonly domain: string;
}

export type Rule = ThresholdRule | DomainThresholdRule | SilenceRule;

/** The domain of an alert of this rule on a thing with these tags. */
export function domainOf(rule: Rule, tags: Readonly<Record<string, string>>): string {
  if (rule.domain !== undefined) return rule.domain;
  return (ROLE_DOMAIN as Readonly<Record<string, string>>)[tags['role'] ?? 'other'] ?? ROLE_DOMAIN.other;
}

/** The rule's condition in words: `interface out_util_percent above 80 for 15m`. */
export function conditionText(rule: Rule): string {
  const held = rule.forMs > 0 ? ` for ${formatDuration(rule.forMs)}` : '';
  if (rule.kind === 'silence') return `agent silent${held}`;
  const one = `${rule.measurement} ${rule.field} ${rule.direction} ${rule.threshold}`;
  if (rule.kind === 'threshold') return one + held;
  const { by, level, atLeast } = rule.group;
  const enough =
    by === 'count' ? `${level} or more` : `${level} % or more${atLeast > 1 ? `, at least ${atLeast},` : ''}`;
  return `${enough} with ${one}${held}`;
}
