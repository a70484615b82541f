import type { RouteAlert, RouteState } from './decision.ts';
import type { Plan, PlannedGrant } from './plan.ts';
import { judge, type Verdict, whyOf } from './route.ts';
import { scopeMatches } from './scope.ts';

/** How far ahead calendars are looked at. */
export const HORIZON_MS = 400 * 86_400_000;

export interface OwnerChange {
  readonly at: number;
  readonly verdict: Verdict;
  /** The owner and the reason stay, another of the owner's contacts is on call: who. */
  readonly contact?: string;
}

/**
 * The next instant in (after, until] from which the alert has another owner, another reason or, where the owner's people take turns, another
 * contact, as far as dates tell: a load threshold or a claim may change it at any time. Undefined: none.
 */
export function nextChange(
  plan: Plan,
  alert: RouteAlert,
  after: number,
  state: RouteState,
  until: number = after + HORIZON_MS,
): OwnerChange | undefined {
  const now = judge(plan, alert, after, state);
  const shift = nextShift(plan, now.owner, after, until);
  for (const at of changePoints(plan, alert, after, shift?.at ?? until)) {
    const verdict = judge(plan, alert, at, state);
    if (verdict.owner !== now.owner || whyOf(verdict) !== whyOf(now)) return { at, verdict };
  }
  return shift && { ...shift, verdict: judge(plan, alert, shift.at, state) };
}

/** The next instant in (after, until] at which a shift puts another contact of the party on call. */
export function nextShift(
  plan: Plan,
  party: string,
  after: number,
  until: number,
): { readonly at: number; readonly contact: string } | undefined {
  const duty = plan.duties.get(party);
  const onCall = duty?.onCall;
  if (!duty || !onCall) return undefined;
  const before = duty.present(after);
  for (let from = after; from < until; from += SHIFTS_AT_A_TIME_MS)
    for (const at of onCall.edges(from + 1, Math.min(from + SHIFTS_AT_A_TIME_MS, until) + 1)) {
      const contact = duty.present(at);
      if (contact !== undefined && contact !== before) return { at, contact };
    }
  return undefined;
}

/** Most shifts end within it: a year of them is worked out only where it has to be. */
const SHIFTS_AT_A_TIME_MS = 32 * 86_400_000;

/** Every instant in (after, until] at which the owner of such an alert may change, in order. */
export function changePoints(plan: Plan, alert: RouteAlert, after: number, until: number): number[] {
  const { school } = plan;
  const points = new Set<number>();
  const add = (at: number): void => void (after < at && at <= until && points.add(at));
  for (const planned of plan.grants) {
    if (!scopeMatches(planned.grant.scope, alert)) continue;
    add(planned.engagement.from);
    add(planned.engagement.until);
    for (const edge of planned.windows.edges(after, until + 1)) add(edge);
    for (const end of lingerings(plan, planned, after, until)) add(end);
  }
  for (const { from } of school.facts) add(from);
  return [...points].sort((a, b) => a - b);
}

/** The first instant in (after, until] at which any window, agreement or shift of the school begins or ends; `until` when there is none. */
export function nextEdge(plan: Plan, after: number, until: number): number {
  let next = until;
  for (const { engagement, windows } of plan.grants)
    for (const edge of [engagement.from, engagement.until, ...windows.edges(after + 1, until)])
      if (edge > after && edge < next) next = edge;
  for (const { onCall } of plan.duties.values())
    for (const edge of onCall?.edges(after + 1, until) ?? []) if (edge < next) next = edge;
  return next;
}

/** When a window of this grant that ended stops to linger at the latest: when anybody comes on duty, or after `linger`. */
export function lingerings(plan: Plan, { grant, windows }: PlannedGrant, after: number, until: number): number[] {
  const { lingerMs } = plan.school;
  if (grant.condition) return [];
  return windows.spans
    .filter(({ end }) => end <= until && end + lingerMs > after)
    .flatMap(({ end }) => [
      end + lingerMs,
      ...[...plan.duties.values()].flatMap((duty) => duty.edges(end, end + lingerMs)),
    ]);
}
