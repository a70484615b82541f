import { errorMessage } from '../../core/errors.ts';
import type { Decision, Responsibility, RouteAlert } from './decision.ts';
import { explain, type Winner } from './explain.ts';
import { reach, SAFETY_NET, safetyNetStep } from './ladder.ts';
import type { Engagement, Grant, School } from './school.ts';
import { scopeMatches, specificity } from './scope.ts';

/** Decides for one school, by its file as it is: who answers for an alert at an instant, and why. */
export function createResponsibility(school: School): Responsibility {
  const ranked = rank(school.engagements);
  return {
    school: school.school,
    route(alert, at) {
      try {
        return decide(school, ranked, alert, at);
      } catch (error) {
        return lastResort(school, alert, errorMessage(error));
      }
    },
  };
}

interface Ranked {
  readonly grant: Grant;
  readonly engagement: Engagement;
  readonly specificity: number;
}

/**
 * All grants of approved engagements in their total order: priority, specificity, newest approval, grant id.
 * The order does not depend on the alert or the time, so it is made once.
 */
function rank(engagements: readonly Engagement[]): Ranked[] {
  return engagements
    .filter((engagement) => engagement.status === 'approved')
    .flatMap((engagement) =>
      engagement.grants.map((grant) => ({ grant, engagement, specificity: specificity(grant.scope) })),
    )
    .sort(
      (a, b) =>
        b.grant.priority - a.grant.priority ||
        b.specificity - a.specificity ||
        compare(b.engagement.approvedAt, a.engagement.approvedAt) ||
        compare(a.grant.id, b.grant.id),
    );
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decide(school: School, ranked: readonly Ranked[], alert: RouteAlert, at: number): Decision {
  const matching = ranked.filter(
    ({ grant, engagement }) => engagement.from <= at && at < engagement.until && scopeMatches(grant.scope, alert),
  );
  const first = matching[0];
  const winner: Winner | undefined = first && {
    grant: first.grant.id,
    owner: first.grant.owner,
    engagement: first.engagement,
  };
  const owner = winner?.owner ?? school.base.owner;
  const reached = reach(school, owner, alert.severity, at);
  return {
    owner,
    ...reached,
    why: winner?.grant ?? 'base',
    candidates: [...matching.map(({ grant }) => grant.id), 'base'],
    text: explain(school, alert, winner, owner, reached),
  };
}

/** Nothing may keep an alert from reaching somebody: the base owner stays responsible and the safety net is told at once. */
function lastResort(school: School, alert: RouteAlert, problem: string): Decision {
  const { owner } = school.base;
  return {
    owner,
    acting: SAFETY_NET,
    why: 'base',
    held: null,
    candidates: ['base'],
    steps: [safetyNetStep(school, 0)],
    text: `${owner} answers for ${alert.domain} by default: the engagements could not be evaluated (${problem}). The safety net is told now.`,
  };
}
