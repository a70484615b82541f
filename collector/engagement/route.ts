import type { RouteAlert, RouteState, Routing } from './decision.ts';
import { reach } from './ladder.ts';
import { factHolds, factsAt, type Plan, type PlannedGrant } from './plan.ts';
import type { Span } from './school.ts';
import { scopeMatches } from './scope.ts';

/** A grant that matches an alert at an instant, with the window it matches by. */
export interface Match {
  readonly planned: PlannedGrant;
  readonly window: Span;
}

/** Why somebody owns an alert. */
export type Reason =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'base' }
  | ({ readonly kind: 'grant' } & Match)
  /** The window ended, `ended`, and nobody of `awaited` was on duty since. */
  | { readonly kind: 'linger'; readonly planned: PlannedGrant; readonly ended: number; readonly awaited: string };

export interface Verdict {
  readonly owner: string;
  readonly reason: Reason;
  /** Everything that matched, the winner first. */
  readonly matches: readonly Match[];
}

const NO_STATE: RouteState = {};

/** Who answers for the alert at `at` (ms), how they are reached, and by what: steps 1 to 8 of the routing. */
export function route(plan: Plan, alert: RouteAlert, at: number, state: RouteState = NO_STATE): Routing {
  return routingOf(plan, alert, at, state, judge(plan, alert, at, state));
}

export function routingOf(plan: Plan, alert: RouteAlert, at: number, state: RouteState, verdict: Verdict): Routing {
  const { owner, reason, matches } = verdict;
  const rungs = 'planned' in reason ? reason.planned.grant.ladder : undefined;
  const outgoing = outgoingParty(plan, alert, at, state, verdict);
  return {
    owner,
    ...reach(plan, owner, alert.severity, at, { rungs, outgoing }),
    why: whyOf(verdict),
    candidates: [...matches.map(({ planned }) => planned.grant.id), 'base'],
  };
}

export function whyOf({ owner, reason }: Verdict): string {
  switch (reason.kind) {
    case 'claimed':
      return `claimed by ${owner}`;
    case 'base':
      return 'base';
    case 'grant':
      return reason.planned.grant.id;
    case 'linger':
      return `linger:${reason.planned.grant.id}`;
  }
}

/** Steps 1 to 5: the owner and the reason, without a ladder. */
export function judge(plan: Plan, alert: RouteAlert, at: number, state: RouteState): Verdict {
  const matches = matching(plan, alert, at, state);
  const claimer = state.claims?.[String(alert.id)];
  if (claimer !== undefined && plan.school.parties.has(claimer))
    return { owner: claimer, reason: { kind: 'claimed' }, matches };
  const winner = matches[0];
  const owner = winner?.planned.grant.owner ?? plan.school.base.owner;
  const lingering = plan.duties.get(owner)?.contact(at) === undefined ? linger(plan, alert, at, owner) : undefined;
  if (lingering) return { owner: lingering.planned.grant.owner, reason: lingering, matches };
  return { owner, reason: winner ? { kind: 'grant', ...winner } : { kind: 'base' }, matches };
}

/** Steps 2 and 3: the grants that cover the alert now, in their total order. */
function matching(plan: Plan, alert: RouteAlert, at: number, state: RouteState): Match[] {
  const matches: Match[] = [];
  for (const planned of plan.grants) {
    if (!inForce(planned, at) || !scopeMatches(planned.grant.scope, alert)) continue;
    const window = planned.windows.at(at);
    if (window && conditionHolds(plan, planned, at, state)) matches.push({ planned, window });
  }
  return matches.length > 1 ? matches.sort(inOrder) : matches;
}

function inForce({ engagement }: PlannedGrant, at: number): boolean {
  return engagement.from <= at && at < engagement.until;
}

function conditionHolds({ school }: Plan, { grant }: PlannedGrant, at: number, state: RouteState): boolean {
  const { condition } = grant;
  if (!condition) return true;
  if (condition.load && state.latched?.[grant.id] !== true) return false;
  if (condition.facts.length === 0) return true;
  const facts = factsAt(school.facts, at);
  return condition.facts.every((fact) => factHolds(facts, fact));
}

function inOrder(a: Match, b: Match): number {
  return inOrderByTerms(a, b) || inOrderOfAgreement(a, b);
}

/** What was agreed decides: priority, how narrow the scope, how short the window. Zero: a tie. */
export function inOrderByTerms(a: Match, b: Match): number {
  return (
    b.planned.grant.priority - a.planned.grant.priority ||
    b.planned.specificity - a.planned.specificity ||
    compare(a.window.end - a.window.start, b.window.end - b.window.start)
  );
}

/** What breaks a tie, so that the order is total: the newest approval, then the id. */
function inOrderOfAgreement(a: Match, b: Match): number {
  return (
    compare(b.planned.engagement.approvedAt, a.planned.engagement.approvedAt) ||
    compare(a.planned.grant.id, b.planned.grant.id)
  );
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Step 4: a window of dates or a calendar that ended a while ago and whose owner is on duty, while nobody of `awaited` has been since.
 * Weekly windows and grants with a condition do not linger; nor does anything whose agreement is no longer in force.
 */
function linger(
  plan: Plan,
  alert: RouteAlert,
  at: number,
  awaited: string,
): Extract<Reason, { kind: 'linger' }> | undefined {
  let found: Extract<Reason, { kind: 'linger' }> | undefined;
  for (const planned of plan.grants) {
    const { grant, windows } = planned;
    if (windows.spans.length === 0 || grant.condition || grant.owner === awaited) continue;
    if (found && compare(found.planned.grant.id, grant.id) <= 0) continue;
    if (!inForce(planned, at) || !scopeMatches(grant.scope, alert)) continue;
    if (plan.duties.get(grant.owner)?.contact(at) === undefined) continue;
    const ended = windows.spans.find(
      ({ end }) => at - plan.school.lingerMs < end && end <= at && !plan.duties.get(awaited)?.wasOnDuty(end, at),
    );
    if (ended) found = { kind: 'linger', planned, ended: ended.end, awaited };
  }
  return found;
}

/** A boundary at which ownership moves to or from a grant. `id` is what an acceptance names. */
export function handoverId(grant: string, at: number): string {
  return `${grant}@${new Date(at).toISOString()}`;
}

/**
 * Whom the ladder keeps in second place after a hand-over: who owned the alert before the boundary, for the agreed overlap, and where an
 * acceptance is required until there is one.
 */
function outgoingParty(
  plan: Plan,
  alert: RouteAlert,
  at: number,
  state: RouteState,
  { owner, reason }: Verdict,
): string | undefined {
  let newest = -Infinity;
  const consider = (planned: PlannedGrant, boundary: number): void => {
    // What always was, or never ends, was never handed over.
    if (!Number.isFinite(boundary) || boundary > at) return;
    const { overlapMs, accept } = planned.grant.handover;
    const unaccepted = accept === 'required' && !state.accepted?.[handoverId(planned.grant.id, boundary)];
    if (at - boundary < overlapMs || unaccepted) newest = Math.max(newest, boundary);
  };
  if (reason.kind === 'grant') consider(reason.planned, Math.max(reason.window.start, reason.planned.engagement.from));
  for (const planned of plan.grants) {
    const { handover, scope } = planned.grant;
    if (handover.overlapMs === 0 || !scopeMatches(scope, alert)) continue;
    const ends = [...planned.windows.edges(at - handover.overlapMs, at + 1), planned.engagement.until];
    for (const end of ends) if (at - end < handover.overlapMs) consider(planned, end);
  }
  if (newest === -Infinity) return undefined;
  const before = judge(plan, alert, newest - 1, state).owner;
  return before === owner ? undefined : before;
}
