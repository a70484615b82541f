import { atLeast, type RouteAlert, type RouteState, type Severity } from './decision.ts';
import type { Plan } from './plan.ts';
import { judge } from './route.ts';
import type { LoadCondition } from './school.ts';

/** An alert that is open now. */
export interface OpenAlert {
  readonly alert: RouteAlert;
  /** By a parent or a maintenance window: it is no work of its own and does not count. */
  readonly suppressed?: boolean;
}

/** Where one load grant stands. Decision times, ms. */
export interface LatchState {
  /** The grant holds. */
  readonly latched: boolean;
  /** Since when there are more than `over`, without a break until it latched; null: there are not. */
  readonly overSince: number | null;
  readonly latchedAt: number | null;
}

export const UNLATCHED: LatchState = { latched: false, overSince: null, latchedAt: null };

export interface LoadStep {
  /** By grant id, of the load grants in force; keep them for the next step. */
  readonly latches: Readonly<Record<string, LatchState>>;
  /** What changed; `count` is what the threshold was compared with. */
  readonly flipped: readonly { readonly grant: string; readonly latched: boolean; readonly count: number }[];
}

/**
 * How many open alerts `condition.party` would own if there were no load grants. Counting what it owns now would oscillate: the takeover itself
 * empties its hands, so the threshold clears, so everything comes back.
 */
export function counterfactualCount(
  plan: Plan,
  openAlerts: readonly OpenAlert[],
  condition: LoadCondition,
  at: number,
  state: RouteState,
): number {
  return countFor(condition, ownersWithoutLoad(plan, openAlerts, at, state));
}

interface Owned {
  readonly owner: string;
  readonly severity: Severity;
}

function ownersWithoutLoad(plan: Plan, openAlerts: readonly OpenAlert[], at: number, state: RouteState): Owned[] {
  const withoutLoad = { ...state, latched: {} };
  return openAlerts
    .filter(({ suppressed }) => !suppressed)
    .map(({ alert }) => ({ owner: judge(plan, alert, at, withoutLoad).owner, severity: alert.severity }));
}

function countFor({ party, severity }: LoadCondition, owned: readonly Owned[]): number {
  return owned.filter((alert) => alert.owner === party && atLeast(alert.severity, severity)).length;
}

/** The latch after it saw `count` at `at`: on when there were more than `over` for `for`, off at `clear` or fewer once `hold` has passed. */
export function stepLatch(latch: LatchState, count: number, condition: LoadCondition, at: number): LatchState {
  if (latch.latched) {
    const held = at - (latch.latchedAt ?? -Infinity) >= condition.holdMs;
    return held && count <= condition.clear ? UNLATCHED : latch;
  }
  if (count <= condition.over) return UNLATCHED;
  const overSince = latch.overSince ?? at;
  return at - overSince >= condition.forMs
    ? { latched: true, overSince, latchedAt: at }
    : { latched: false, overSince, latchedAt: null };
}

/** Every load grant in force, one step further. The latch of a grant that is no longer in force is forgotten: the end of the agreement moves its alerts. */
export function stepLoads(
  plan: Plan,
  openAlerts: readonly OpenAlert[],
  latches: Readonly<Record<string, LatchState>>,
  at: number,
  state: RouteState = {},
): LoadStep {
  const next: Record<string, LatchState> = {};
  const flipped: { grant: string; latched: boolean; count: number }[] = [];
  let owned: readonly Owned[] | undefined;
  for (const { grant, engagement } of plan.grants) {
    const load = grant.condition?.load;
    if (!load || at < engagement.from || engagement.until <= at) continue;
    owned ??= ownersWithoutLoad(plan, openAlerts, at, state);
    const count = countFor(load, owned);
    const before = latches[grant.id] ?? UNLATCHED;
    const after = stepLatch(before, count, load, at);
    next[grant.id] = after;
    if (after.latched !== before.latched) flipped.push({ grant: grant.id, latched: after.latched, count });
  }
  return { latches: next, flipped };
}

/** What the latches mean for routing: `RouteState.latched`. */
export function latchedGrants(latches: Readonly<Record<string, LatchState>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(latches).map(([grant, { latched }]) => [grant, latched]));
}
