import { createHash } from 'node:crypto';
import { domainWords } from '../../core/domain.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Decision, Explanation, Rank, Responsibility, RouteAlert, RouteState } from './decision.ts';
import { capital, decisionText, partyName } from './explain.ts';
import { nextChange } from './horizon.ts';
import { SAFETY_NET, safetyNetStep } from './ladder.ts';
import { onCallAt } from './on-call/on-call-now.ts';
import { type Plan, planSchool } from './plan.ts';
import { inOrderByTerms, judge, type Match, routingOf, type Verdict, whyOf } from './route.ts';
import type { School } from './school.ts';

/** Decides for one school, by its file as it is: who answers for an alert at an instant, and why. */
export function createResponsibility(school: School): Responsibility {
  // What goes wrong here goes wrong at each alert, where it has somebody to tell.
  const plan = attempt(() => planSchool(school));
  let version: string | undefined;
  return {
    school: school.school,
    route(alert, at, state = {}) {
      try {
        if ('problem' in plan) throw new Error(plan.problem);
        version ??= configVersion(school);
        return { ...decide(plan.value, alert, at, state), config_version: version };
      } catch (error) {
        return lastResort(school, alert, errorMessage(error));
      }
    },
    owner(alert, at, state = {}) {
      try {
        return 'problem' in plan ? school.base.owner : judge(plan.value, alert, at, state).owner;
      } catch {
        return school.base.owner;
      }
    },
  };
}

function attempt<T>(make: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: make() };
  } catch (error) {
    return { problem: errorMessage(error) };
  }
}

/** As `route`, with the reason in words. */
export function decide(plan: Plan, alert: RouteAlert, at: number, state: RouteState): Decision {
  const verdict = judge(plan, alert, at, state);
  const routing = routingOf(plan, alert, at, state, verdict);
  return { ...routing, text: decisionText(plan, alert, at, verdict, routing) };
}

/** The decision with everything that led to it and what comes next. */
export function explain(plan: Plan, alert: RouteAlert, at: number, state: RouteState = {}): Explanation {
  const verdict = judge(plan, alert, at, state);
  const next = nextChange(plan, alert, at, state);
  return {
    ...decide(plan, alert, at, state),
    at: new Date(at).toISOString(),
    ranks: verdict.matches.map(rankOf),
    ambiguous: isAmbiguous(verdict),
    next_change: next
      ? {
          at: new Date(next.at).toISOString(),
          owner: next.verdict.owner,
          why: whyOf(next.verdict),
          ...(next.contact !== undefined && { contact: next.contact }),
        }
      : null,
    config_version: configVersion(plan.school),
    ...onCallOf(plan, at),
  };
}

function onCallOf(plan: Plan, at: number): Pick<Explanation, 'on_call'> {
  const states = onCallAt(plan, at);
  if (states.length === 0) return {};
  return {
    on_call: states.map(({ next, ...state }) => ({
      ...state,
      next: next && { at: new Date(next.at).toISOString(), contact: next.contact },
    })),
  };
}

function rankOf({ planned, window }: Match): Rank {
  const { grant, engagement, specificity } = planned;
  const length = window.end - window.start;
  return {
    grant: grant.id,
    owner: grant.owner,
    tuple: [
      -grant.priority,
      0 - specificity,
      Number.isFinite(length) ? length / 1000 : null,
      Number.isFinite(engagement.approvedAt) ? -engagement.approvedAt : null,
      grant.id,
    ],
  };
}

/** True when only the date of approval or the id tells the winner from another with a different owner. */
export function isAmbiguous({ matches }: Verdict): boolean {
  const [winner, ...others] = matches;
  return (
    winner !== undefined &&
    others.some(
      (other) => other.planned.grant.owner !== winner.planned.grant.owner && inOrderByTerms(winner, other) === 0,
    )
  );
}

/** Names what a school's decisions follow from: the same for the same file, whoever reads it. How people are reached is no part of it. */
export function configVersion(school: School): string {
  const { contacts: _contacts, source: _source, topology: _topology, maxMaintenanceMs: _max, ...terms } = school;
  const text = JSON.stringify(terms, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
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
    text: `${capital(partyName(school, owner))} answers for ${domainWords(alert.domain)} by default: the engagements could not be evaluated (${problem}). The safety net is told now.`,
    fault: problem,
  };
}
