import type { RouteAlert, RouteState } from './decision.ts';
import { lingerings } from './horizon.ts';
import type { Plan, PlannedGrant } from './plan.ts';
import { handoverId, judge, type Verdict, whyOf } from './route.ts';
import { alertsWithin } from './sample-alert.ts';
import { DEFAULT_HANDOVER, type Handover } from './school.ts';
import { scopeMatches } from './scope.ts';

/** Kinds of alert looked at for one grant. */
const KINDS_LIMIT = 50;

/** A boundary at which one party takes over from another. Nights and other windows of the week are no hand-over: nobody is briefed each evening. */
export interface PlannedHandover {
  /** `<first grant>@<ISO instant>`. */
  readonly id: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** Why it is `to` from then on. */
  readonly why: string;
  /** The grants that begin or end with it; an acceptance is of them all. */
  readonly grants: readonly string[];
  /** As agreed for it. */
  readonly terms: Handover;
  /** What an alert of its kind is about, in words: `wireless`, `everything`. */
  readonly domains: readonly string[];
}

/** The hand-overs in [from, to), as far as dates tell, in order. */
export function handoversBetween(plan: Plan, from: number, to: number, state: RouteState = {}): PlannedHandover[] {
  const found = new Map<string, PlannedHandover>();
  for (const planned of plan.grants) {
    if (planned.grant.condition?.load) continue;
    const boundaries = boundariesOf(plan, planned, from, to);
    if (boundaries.length === 0) continue;
    for (const alert of differentAlerts(plan, planned)) {
      for (const at of boundaries) {
        const before = judge(plan, alert, at - 1, state);
        const after = judge(plan, alert, at, state);
        if (before.owner === after.owner || !concerns(planned, before, after)) continue;
        add(found, planned, at, before, after);
      }
    }
  }
  return [...found.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** Where the grant may begin or end: by a date, by a calendar, by its agreement, or by no longer lingering. */
function boundariesOf(plan: Plan, planned: PlannedGrant, from: number, to: number): number[] {
  const { engagement, windows } = planned;
  const dated = windows.spans.flatMap(({ start, end }) => [start, end]);
  const all = [engagement.from, engagement.until, ...dated, ...lingerings(plan, planned, from - 1, to - 1)];
  return [...new Set(all)].filter((at) => from <= at && at < to).sort((a, b) => a - b);
}

/** Alerts that the grant covers, one of each kind that the grants of the school tell apart. */
function differentAlerts(plan: Plan, { grant }: PlannedGrant): RouteAlert[] {
  const kinds = new Map<string, RouteAlert>();
  for (const alert of alertsWithin([grant.scope])) {
    const kind = plan.grants.map((other) => (scopeMatches(other.grant.scope, alert) ? 1 : 0)).join('');
    if (!kinds.has(kind)) kinds.set(kind, alert);
    if (kinds.size >= KINDS_LIMIT) break;
  }
  return [...kinds.values()];
}

/** True when it is this grant that decides until then or from then on. */
function concerns({ grant }: PlannedGrant, before: Verdict, after: Verdict): boolean {
  return [before, after].some(({ reason }) => 'planned' in reason && reason.planned.grant.id === grant.id);
}

function add(
  found: Map<string, PlannedHandover>,
  { grant }: PlannedGrant,
  at: number,
  before: Verdict,
  after: Verdict,
): void {
  const key = `${at} ${before.owner} ${after.owner}`;
  const known = found.get(key);
  const domains = grant.scope.domain ?? ['everything'];
  if (known) {
    found.set(key, {
      ...known,
      grants: [...new Set([...known.grants, grant.id])],
      domains: [...new Set([...known.domains, ...domains])],
    });
    return;
  }
  const id = handoverId(grant.id, at);
  const terms = grant.handover ?? DEFAULT_HANDOVER;
  found.set(key, {
    id,
    at,
    from: before.owner,
    to: after.owner,
    why: whyOf(after),
    grants: [grant.id],
    terms,
    domains,
  });
}
