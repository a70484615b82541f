import type { RouteState } from './decision.ts';
import { changePoints } from './horizon.ts';
import type { Plan, PlannedGrant } from './plan.ts';
import { handoverId, judge, type Verdict, whyOf } from './route.ts';
import { alertsWithin } from './sample-alert.ts';
import { DEFAULT_HANDOVER, type Handover } from './school.ts';

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
    const [alert] = alertsWithin([planned.grant.scope]);
    if (!alert) continue;
    for (const at of changePoints(plan, alert, from - 1, to - 1)) {
      const before = judge(plan, alert, at - 1, state);
      const after = judge(plan, alert, at, state);
      if (before.owner === after.owner || !concerns(planned, at, before, after)) continue;
      add(found, planned, at, before, after);
    }
  }
  return [...found.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** True when it is this grant that begins or ends there: by a date, by a calendar, by its agreement, or by no longer lingering. */
function concerns({ grant, engagement, windows }: PlannedGrant, at: number, before: Verdict, after: Verdict): boolean {
  const decides = (verdict: Verdict): boolean =>
    'planned' in verdict.reason && verdict.reason.planned.grant.id === grant.id;
  if (!decides(before) && !decides(after)) return false;
  const dated = windows.spans.some(({ start, end }) => start === at || end === at);
  return dated || engagement.from === at || engagement.until === at || before.reason.kind === 'linger';
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
