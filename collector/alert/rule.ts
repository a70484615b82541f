import { DOMAINS, ROLE_DOMAIN } from '../../core/domain.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Scope } from '../../core/matcher.ts';
import type { Severity } from '../engagement/decision.ts';
import { type Baseline, baselineText, type Usual } from './baseline.ts';
import { type Memory, memoryText } from './memory.ts';
import { formatValue } from './summary.ts';

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
  /** Only in what an override makes of a rule: the category of the school calendar that it is for. */
  readonly category?: string;
  /** When an alert that comes and goes is held open; undefined: never. */
  readonly flapping?: Flapping;
}

/** So many openings within a time, and the alert stays open until it has been good for the quiet time without a break. ms. */
export interface Flapping {
  readonly openings: number;
  readonly withinMs: number;
  readonly quietMs: number;
}

/** What a rule is while the school's calendar says `category`: the same rule under other levels, or nothing at all. */
export interface Override<R> {
  readonly category: string;
  readonly rule: R | 'off';
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
  /** What is compared instead of the value itself. */
  readonly memory?: Memory;
}

/** One alert per series. */
export interface ThresholdRule extends FieldRule {
  readonly kind: 'threshold';
  /** The level is higher where more is usual (direction `above` only). */
  readonly baseline?: Baseline;
  /** Only in a form whose level was worked out for an instant: what was usual then; null: not known. */
  readonly usual?: Usual | null;
  /**
   * By severity, the least first: this rule as it is at each, when it has more than one. The rule itself is then as the first of them. One alert
   * stands for all, with the severity of the highest that is open.
   */
  readonly levels?: readonly ThresholdRule[];
  /** The first whose category is on counts; undefined: the calendar changes nothing. */
  readonly during?: readonly Override<ThresholdRule>[];
}

/** One alert per site: enough of the things in scope are in a bad state at once. */
export interface DomainThresholdRule extends FieldRule {
  readonly kind: 'domain_threshold';
  readonly group: GroupThreshold;
  readonly levels?: readonly DomainThresholdRule[];
  readonly during?: readonly Override<DomainThresholdRule>[];
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
  /** With `share`: also bad when so many are, whatever share that is. */
  readonly orCount?: number;
}

/** Dead-man: one alert per site whose agent has delivered nothing for `forMs`. */
export interface SilenceRule extends RuleBase {
  readonly kind: 'silence';
  readonly domain: string;
  readonly levels?: readonly SilenceRule[];
  readonly during?: readonly Override<SilenceRule>[];
}

export type Rule = ThresholdRule | DomainThresholdRule | SilenceRule;

/** The domain of an alert of this rule on a thing with these tags. */
export function domainOf(rule: Rule, tags: Readonly<Record<string, string>>): string {
  if (rule.domain !== undefined) return rule.domain;
  // What is said of an area as a whole (measurement `domain`) belongs to it.
  const { area } = tags;
  if (area !== undefined && DOMAINS.includes(area)) return area;
  return (ROLE_DOMAIN as Readonly<Record<string, string>>)[tags['role'] ?? 'other'] ?? ROLE_DOMAIN.other;
}

/** The rule's condition in words: `interface out_util_percent above 80 for 15m`, with `during TESTING` where the calendar made it so. */
export function conditionText(rule: Rule): string {
  const held = rule.forMs > 0 ? ` for ${formatDuration(rule.forMs)}` : '';
  return `${whatIsBad(rule)}${held}${rule.category === undefined ? '' : ` during ${rule.category}`}`;
}

function whatIsBad(rule: Rule): string {
  if (rule.kind === 'silence') return 'agent silent';
  const one = `${rule.measurement} ${comparedText(rule)}`;
  return rule.kind === 'threshold' ? `${one}${baselineText(rule)}` : `${enoughText(rule.group)} with ${one}`;
}

/** A level as it was written; one that was worked out, rounded. */
export function levelText(rule: ThresholdRule | DomainThresholdRule, level: 'threshold' | 'clear'): string {
  return rule.kind === 'threshold' && rule.baseline ? formatValue(rule[level]) : String(rule[level]);
}

function comparedText(rule: ThresholdRule | DomainThresholdRule): string {
  const { field, direction, threshold, memory } = rule;
  // Written as a number of changes that is enough, compared as "more than one fewer".
  if (memory?.of === 'changes' || memory?.of === 'falls')
    return `${field} ${memory.of} ${threshold + 1} times in ${formatDuration(memory.spanMs)}`;
  return `${field} ${direction} ${levelText(rule, 'threshold')}${memory ? ` ${memoryText(memory)}` : ''}`;
}

function enoughText({ by, level, atLeast, orCount }: GroupThreshold): string {
  if (by === 'count') return `${level} or more`;
  const share = `${level} % or more${atLeast > 1 ? `, at least ${atLeast},` : ''}`;
  return orCount === undefined ? share : `${share} or ${orCount} things`;
}
