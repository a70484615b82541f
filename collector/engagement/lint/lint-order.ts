import { dateWithYear } from '../date-text.ts';
import type { RouteAlert } from '../decision.ts';
import type { PlannedGrant } from '../plan.ts';
import { inOrderByTerms, judge, type Verdict } from '../route.ts';
import { alertsWithin, tooManyAlerts } from '../sample-alert.ts';
import type { School } from '../school.ts';
import { type Finding, grantPath, type LintContext } from './lint-finding.ts';
import { emptyCategories } from './lint-terms.ts';
import { type Moment, momentsOf, type Phase } from './phases.ts';

/** Whether the order of the grants says what was meant: no tie between different owners, and no grant for nothing. */
export function lintOrder(context: LintContext): Finding[] {
  const moments = momentsOf(context.plan, context.now, context.until);
  const phases = [...new Set(moments.map(({ phase }) => phase))];
  return [...ties(context, phases), ...pointless(context, moments)];
}

/** What load thresholds could be passed is passed: the order must hold then too. */
function verdictOf({ plan }: LintContext, alert: RouteAlert, phase: Phase, ...latched: PlannedGrant[]): Verdict {
  return judge(plan, alert, phase.at, { latched: Object.fromEntries(latched.map(({ grant }) => [grant.id, true])) });
}

function ties(context: LintContext, phases: readonly Phase[]): Finding[] {
  const { grants, school } = context.plan;
  return grants.flatMap((later, j) =>
    grants.slice(0, j).flatMap((earlier): Finding[] => {
      if (earlier.grant.owner === later.grant.owner || !sameRank(earlier, later)) return [];
      const tie = tieBetween(context, earlier, later, phases);
      if (!tie) return [];
      const who = [earlier, later].map(({ grant }) => `${grant.id} (${grant.owner})`).join(' and ');
      const got = `${who} equal for ${alertText(tie.alert)} on ${dateWithYear(school, tie.at)}`;
      const expected =
        'another priority, scope or window where owners differ: only the date of approval or the id decides';
      return [{ level: 'W', code: 'tie', path: grantPath(school, later.grant), expected, got }];
    }),
  );
}

function sameRank(a: PlannedGrant, b: PlannedGrant): boolean {
  return a.grant.priority === b.grant.priority && a.specificity === b.specificity;
}

/** An alert and an instant at which the two come first and only the approval tells them apart. */
function tieBetween(
  context: LintContext,
  a: PlannedGrant,
  b: PlannedGrant,
  phases: readonly Phase[],
): { readonly alert: RouteAlert; readonly at: number } | undefined {
  const shared = phases.filter(({ active }) => {
    const [x, y] = [a, b].map((planned) => active.find((match) => match.planned === planned));
    return x && y && inOrderByTerms(x, y) === 0;
  });
  if (shared.length === 0) return undefined;
  for (const alert of alertsWithin([a.grant.scope, b.grant.scope]))
    for (const phase of shared) {
      const [first, ...others] = verdictOf(context, alert, phase, a, b).matches;
      const second = first && others.find(({ planned }) => planned !== first.planned && [a, b].includes(planned));
      if (second && [a, b].includes(first.planned) && inOrderByTerms(first, second) === 0)
        return { alert, at: phase.at };
    }
  return undefined;
}

/** `a wireless warning (zone wing-b/1)` */
export function alertText({ id: _id, domain, severity, ...rest }: RouteAlert): string {
  const more = Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`);
  return `a ${domain} ${severity === 'info' ? 'notice' : `${severity} alert`}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

/** Grants that decide nothing: over, without a window to come, or always behind others. */
function pointless(context: LintContext, moments: readonly Moment[]): Finding[] {
  const { plan, now, until } = context;
  const over = new Set<PlannedGrant['engagement']>();
  return plan.grants.flatMap((planned): Finding[] => {
    const { engagement, grant } = planned;
    const warn = (path: Finding['path'], expected: string, got: string): Finding[] => [
      { level: 'W', code: 'never-wins', path, expected, got },
    ];
    if (engagement.until <= now) {
      if (over.has(engagement)) return [];
      over.add(engagement);
      const path = [...grantPath(plan.school, grant).slice(0, 2), 'until'];
      return warn(path, 'another status for an agreement that is over', dateWithYear(plan.school, engagement.until));
    }
    if (engagement.from >= until) return [];
    const path = grantPath(plan.school, grant);
    const holds = [...new Set(moments.map(({ phase }) => phase))].filter(({ active }) =>
      active.some((match) => match.planned === planned),
    );
    if (holds.length === 0) {
      const got = `none from ${dateWithYear(plan.school, now)} to ${dateWithYear(plan.school, until)}`;
      return hangsOnDates(context, planned) ? [] : warn([...path, 'when'], 'a time to come at which it holds', got);
    }
    const winners = winnersOver(context, planned, holds);
    if (winners === undefined) return [];
    const got =
      winners.length > 0 ? `${winners.join(', ')} before it, whatever the alert` : 'a scope that no alert can fit';
    return warn(path, 'an alert and a time for which it comes first', got);
  });
}

/** Facts change, calendars without events are told of by themselves, and a feed that was not read tells nothing. */
function hangsOnDates(context: LintContext, { grant }: PlannedGrant): boolean {
  const { school } = context.plan;
  return (
    (grant.condition?.facts ?? []).length > 0 ||
    (grant.when ?? []).some(
      (window) =>
        window.kind === 'calendar' &&
        (emptyCategories(context, window).length > 0 || isUnread(school, window.calendar)),
    )
  );
}

function isUnread({ calendars }: School, id: string): boolean {
  const calendar = calendars.get(id);
  return calendar?.feed !== undefined && calendar.events.length === 0;
}

/** Alerts and phases that are tried before a grant is believed to decide something. */
const TRIES = 5000;

/** Who comes before a grant for every alert in every phase; undefined when it comes first for some (or that could not be ruled out). */
function winnersOver(context: LintContext, planned: PlannedGrant, phases: readonly Phase[]): string[] | undefined {
  const scopes = [planned.grant.scope];
  if (tooManyAlerts(scopes)) return undefined;
  const winners = new Set<string>();
  let tries = 0;
  for (const alert of alertsWithin(scopes))
    for (const phase of phases) {
      const winner = verdictOf(context, alert, phase, planned).matches[0]?.planned;
      if (winner === planned || ++tries > TRIES) return undefined;
      if (winner) winners.add(winner.grant.id);
    }
  return [...winners].sort();
}
