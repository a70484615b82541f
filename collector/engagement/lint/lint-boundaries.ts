import { formatDuration } from '../../../core/duration.ts';
import { dateWithYear } from '../date-text.ts';
import type { RouteAlert } from '../decision.ts';
import { HORIZON_MS } from '../horizon.ts';
import type { Plan, PlannedGrant } from '../plan.ts';
import { judge } from '../route.ts';
import { alertsWithin } from '../sample-alert.ts';
import { scopeMatches } from '../scope.ts';
import { type Finding, grantPath, type LintContext } from './lint-finding.ts';
import { alertText } from './lint-order.ts';
import { momentsOf, type Phase } from './phases.ts';

/** Who owns by the order of the grants alone; undefined: the base owner. */
type Winner = PlannedGrant | undefined;

/** Hand-overs to a party that is away for longer than a window may linger: held alerts would wait for nobody. */
export function lintBoundaries(context: LintContext): Finding[] {
  const { plan, now, until } = context;
  const moments = momentsOf(plan, now, until);
  const findings = new Map<string, Finding>();
  for (const alert of kindsOfAlert(plan)) {
    const winners = new Map<Phase, Winner>();
    let before: Winner | 'nobody yet' = 'nobody yet';
    for (const { at, phase } of moments) {
      const winner = winners.has(phase) ? winners.get(phase) : judge(plan, alert, phase.at, {}).matches[0]?.planned;
      winners.set(phase, winner);
      if (before !== 'nobody yet' && ownerOf(plan, before) !== ownerOf(plan, winner)) {
        const key = `${before?.grant.id ?? ''} ${winner?.grant.id ?? ''}`;
        const finding = findings.has(key) ? undefined : absence(context, alert, at, before, winner);
        if (finding) findings.set(key, finding);
      }
      before = winner;
    }
  }
  return [...findings.values()];
}

function ownerOf({ school }: Plan, winner: Winner): string {
  return winner?.grant.owner ?? school.base.owner;
}

function absence(
  { plan }: LintContext,
  alert: RouteAlert,
  at: number,
  outgoing: Winner,
  incoming: Winner,
): Finding | undefined {
  const { school, duties } = plan;
  const party = ownerOf(plan, incoming);
  const linger = Math.min(school.lingerMs, HORIZON_MS);
  const duty = duties.get(party);
  if (!duty || duty.contact(at) !== undefined || duty.next(at, at + linger) !== undefined) return undefined;
  const back = duty.next(at + linger, at + linger + HORIZON_MS);
  const named = incoming ?? outgoing;
  return {
    level: 'W',
    code: 'boundary-into-absence',
    path: named ? grantPath(school, named.grant) : ['base'],
    expected: `somebody of ${party} on duty within linger (${formatDuration(school.lingerMs)}) of a hand-over to them`,
    got: `${alertText(alert)} passes from ${ownerOf(plan, outgoing)} to ${party} on ${dateWithYear(school, at)}, who is back ${back === undefined ? 'in no time that can be seen' : `on ${dateWithYear(school, back)}`}`,
  };
}

/** One alert for each set of grants that cover one: what the grants cannot tell apart has one owner. */
function kindsOfAlert(plan: Plan): RouteAlert[] {
  const kinds = new Map<string, RouteAlert>();
  for (const scope of [{}, ...plan.grants.map(({ grant }) => grant.scope)]) {
    let seen = 0;
    for (const alert of alertsWithin([scope])) {
      if (++seen > PER_SCOPE) break;
      const key = plan.grants.map(({ grant }) => (scopeMatches(grant.scope, alert) ? 1 : 0)).join('');
      if (!kinds.has(key)) kinds.set(key, alert);
      if (kinds.size >= KINDS) return [...kinds.values()];
    }
  }
  return [...kinds.values()];
}

/** Enough for any school that people can still follow; keeps the linter quick for the others. */
const KINDS = 200;
/** As many as there are domains and severities, and some: a list of devices is not gone through. */
const PER_SCOPE = 100;
