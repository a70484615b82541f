import type { ThresholdRule } from './rule.ts';
import { formatValue } from './summary.ts';

/** Above what is usual at an hour of such a day: `times` the median, and `spreads` times the spread on top, over the last `weeks`. */
export interface Baseline {
  readonly weeks: number;
  readonly times: number;
  readonly spreads: number;
}

/** What a series was at the same hour of the same kind of school day, by its hourly means. */
export interface Usual {
  readonly median: number;
  /** As a standard deviation, but not moved by single outliers; in the field's unit. */
  readonly spread: number;
  /** How many hours that is. */
  readonly samples: number;
}

/** What was usual for a series (`series`: its key, core/sample.ts) at the hour and kind of day of `at` (event time, ms). Pure, and cheap to call. */
export type BaselineOf = (
  school: string,
  series: string,
  field: string,
  weeks: number,
  at: number,
) => Usual | undefined;

/** Nothing is known of any series. */
export const NO_BASELINE: BaselineOf = () => undefined;

/** With fewer hours than this nothing is usual yet: a week of school days has five. */
export const ENOUGH_HOURS = 5;

/**
 * The rule with the level that counts now: the fixed one, or what is unusual at this hour if that is higher; then `clear` is higher in the same
 * proportion. With too little history the fixed level alone counts.
 */
export function withBaseline(rule: ThresholdRule, usual: Usual | undefined): ThresholdRule {
  const { baseline, threshold, clear } = rule;
  if (!baseline) return rule;
  const known = usual && usual.samples >= ENOUGH_HOURS ? usual : null;
  const unusual = known ? baseline.times * known.median + baseline.spreads * known.spread : threshold;
  if (!(unusual > threshold)) return { ...rule, usual: known };
  return { ...rule, usual: known, threshold: unusual, clear: threshold > 0 ? (clear * unusual) / threshold : clear };
}

/** After a level, for people: which of the two it is. Empty for a rule without a baseline, and before it was asked. */
export function baselineText({ baseline, usual, threshold }: ThresholdRule): string {
  if (!baseline || usual === undefined) return '';
  if (usual === null) return ' (fixed; too little history to know what is usual)';
  const { median, spread } = usual;
  const unusual = baseline.times * median + baseline.spreads * spread;
  if (unusual < threshold) return ` (fixed; usual at this hour is ${formatValue(median)})`;
  const times = `${baseline.times} times the ${formatValue(median)} usual at this hour`;
  return ` (${times}${baseline.spreads > 0 ? ` and ${baseline.spreads} times the spread of ${formatValue(spread)}` : ''})`;
}
