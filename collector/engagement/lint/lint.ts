import { errorMessage } from '../../../core/errors.ts';
import { HORIZON_MS } from '../horizon.ts';
import { planSchool } from '../plan.ts';
import type { School } from '../school.ts';
import { lintBoundaries } from './lint-boundaries.ts';
import type { Finding, LintContext } from './lint-finding.ts';
import { lintOrder } from './lint-order.ts';
import { lintPeople } from './lint-people.ts';
import { lintShifts } from './lint-shifts.ts';
import { lintTerms } from './lint-terms.ts';

export interface LintOptions {
  /** How far ahead dates are looked at. */
  readonly horizonMs?: number;
  /** The kinds of channel that the product offers: where there is only one, nobody can be asked for a second. */
  readonly channelTypes?: readonly string[];
}

/**
 * What is wrong (E) or unwise (W) in what a school agreed, beyond the shape of its file, with dates as evidence. Pure, and never throws.
 * What depends on a calendar is judged by the events that `school` has: read its feeds first.
 */
export function lintSchool(
  school: School,
  now: number,
  { horizonMs = HORIZON_MS, channelTypes = ['webhook'] }: LintOptions = {},
): Finding[] {
  try {
    const context: LintContext = { plan: planSchool(school), now, until: now + horizonMs, channelTypes };
    return [lintPeople, lintShifts, lintTerms, lintOrder, lintBoundaries]
      .flatMap((lint) => lint(context))
      .sort(errorsFirst);
  } catch (error) {
    // Durations of a million years and the like: the dates they lead to do not exist.
    const got = errorMessage(error);
    return [{ level: 'E', code: 'not-evaluable', path: [], expected: 'agreements that can be evaluated', got }];
  }
}

function errorsFirst(a: Finding, b: Finding): number {
  return a.level < b.level ? -1 : a.level > b.level ? 1 : 0;
}
