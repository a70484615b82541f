import type { Sample } from '../../core/sample.ts';
import { type BaselineOf, NO_BASELINE } from './baseline.ts';
import { evaluate } from './evaluate.ts';
import {
  DEFAULT_MAX_SERIES,
  type Evaluation,
  type EvaluatorState,
  type EvaluatorStats,
  indexRules,
} from './evaluator-state.ts';
import { forgetSchool } from './forget.ts';
import { groupFacts } from './group-facts.ts';
import { type CategoriesAt, NO_CATEGORIES } from './override.ts';
import { setRules } from './reload.ts';
import type { Rule } from './rule.ts';
import { exportState, type RuleStateChange, type RuleStateRow, restoreState } from './rule-state.ts';
import type { AgentSeen } from './silence.ts';
import type { GroupFacts } from './suppress.ts';
import { tick } from './tick.ts';

export interface EvaluatorOptions {
  readonly rules: readonly Rule[];
  /** Makes alert ids (UUIDs). */
  readonly newId: () => string;
  /** Most series tracked per school; samples of further ones are counted and not evaluated. Default 200,000. */
  readonly maxSeriesPerSchool?: number;
  /** What the school calendars say, for rules with `during`. Default: nothing, ever. */
  readonly categoriesAt?: CategoriesAt;
  /** What is usual, for rules with `baseline`. Default: nothing is known. */
  readonly baselineOf?: BaselineOf;
}

/**
 * Decides which alerts open and resolve. It reads no clock and does no I/O: the caller passes the time, writes down what comes back
 * (changes and the rows of the touched keys, in one transaction) and restores those rows after a restart.
 */
export class Evaluator {
  readonly #state: EvaluatorState;

  constructor(options: EvaluatorOptions) {
    this.#state = {
      rules: options.rules,
      byMeasurement: indexRules(options.rules),
      series: new Map(),
      active: new Map(),
      delivering: new Map(),
      sweptAt: -Infinity,
      stats: { late: 0, repeated: 0, ahead: 0, overLimit: 0 },
      maxSeriesPerSchool: options.maxSeriesPerSchool ?? DEFAULT_MAX_SERIES,
      newId: options.newId,
      categoriesAt: options.categoriesAt ?? NO_CATEGORIES,
      baselineOf: options.baselineOf ?? NO_BASELINE,
    };
  }

  /** Runs samples, stamped with the tags `school` and `site`, through the rules. `now`: collector clock, ms. */
  evaluate(samples: readonly Sample[], now: number): Evaluation {
    return evaluate(this.#state, samples, now);
  }

  /** What follows from time passing: silent agents, vanished series. Call it every few seconds with every agent expected to deliver. */
  tick(now: number, agents: readonly AgentSeen[]): Evaluation {
    return tick(this.#state, now, agents);
  }

  /** Puts other rules in force; alerts of rules that are gone resolve. */
  setRules(rules: readonly Rule[], now: number): Evaluation {
    return setRules(this.#state, rules, now);
  }

  /** The rows to save for `keys` (all when left out). */
  exportState(keys?: Iterable<string>): RuleStateChange {
    return exportState(this.#state, keys);
  }

  /** Takes up the rows of an earlier run, or of another process, before the first sample of their school. */
  restoreState(rows: readonly RuleStateRow[], now: number): Evaluation & { readonly unreadable: string[] } {
    return restoreState(this.#state, rows, now);
  }

  /** What the alert of a domain threshold counts now; undefined for any other key. */
  group(key: string): GroupFacts | undefined {
    return groupFacts(this.#state.active.get(key));
  }

  /** Forgets a school that another process decides for now. */
  forgetSchool(school: string): void {
    forgetSchool(this.#state, school);
  }

  get stats(): Readonly<EvaluatorStats> {
    return this.#state.stats;
  }

  /** Series now tracked for a school. */
  seriesCount(school: string): number {
    return this.#state.series.get(school)?.size ?? 0;
  }
}
