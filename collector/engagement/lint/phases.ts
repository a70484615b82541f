import { factHolds, factsAt, type Plan, type PlannedGrant } from '../plan.ts';
import type { Match } from '../route.ts';

/** A set of grants that hold together, each by a window of some length. Whoever owns an alert owns it all through the phase. */
export interface Phase {
  /** The first instant at which it is so. */
  readonly at: number;
  /** A load threshold counts as passed: it may be at any time. */
  readonly active: readonly Match[];
}

/** From `at` on it is like `phase`, which may have been before. */
export interface Moment {
  readonly at: number;
  readonly phase: Phase;
}

/**
 * What is agreed over a stretch of time, cut where dates change it. A year of weekly windows has a thousand moments and a handful of phases:
 * what is asked of each phase is asked once.
 */
export function momentsOf(plan: Plan, from: number, until: number): Moment[] {
  const phases = new Map<string, Phase>();
  return edgesOf(plan, from, until).map((at) => {
    const active = activeAt(plan, at);
    const key = active.map(({ planned, window }) => `${planned.grant.id} ${window.end - window.start}`).join();
    let phase = phases.get(key);
    if (!phase) {
      phase = { at, active };
      phases.set(key, phase);
    }
    return { at, phase };
  });
}

function edgesOf(plan: Plan, from: number, until: number): number[] {
  const edges = new Set([from]);
  const add = (at: number): void => void (from < at && at < until && edges.add(at));
  for (const { engagement, windows } of plan.grants) {
    add(engagement.from);
    add(engagement.until);
    for (const edge of windows.edges(from, until)) add(edge);
  }
  for (const fact of plan.school.facts) add(fact.from);
  return [...edges].sort((a, b) => a - b);
}

function activeAt(plan: Plan, at: number): Match[] {
  const facts = factsAt(plan.school.facts, at);
  const holds = ({ engagement, grant }: PlannedGrant): boolean =>
    engagement.from <= at && at < engagement.until && (grant.condition?.facts ?? []).every((f) => factHolds(facts, f));
  return plan.grants.flatMap((planned) => {
    const window = holds(planned) ? planned.windows.at(at) : undefined;
    return window ? [{ planned, window }] : [];
  });
}
