import { neededApprovals, partiesMadeOwners, partyOfRung } from '../agreement/approvals.ts';
import { ADHOC_MAX_DAYS } from '../agreement/engagement-terms.ts';
import { dateWithYear } from '../date-text.ts';
import { SAFETY_NET } from '../ladder.ts';
import type { Engagement, Grant, GrantWindow, School } from '../school.ts';
import { addWallTime } from '../zoned-time.ts';
import { DAY_MS, type Finding, type FindingCode, type LintContext, liveEngagements } from './lint-finding.ts';

/** What an agreement says by itself: who is named, who agreed, how long, which thresholds, facts and calendars. */
export function lintTerms(context: LintContext): Finding[] {
  const { school } = context.plan;
  return liveEngagements(school).flatMap(({ engagement, at }) => [
    ...approvalFindings(school, engagement, at),
    ...untilFindings(context, engagement, at),
    ...engagement.grants.flatMap((grant, j) => {
      const path = [...at, 'grants', j];
      return [
        ...strangers(school, grant, path),
        ...loadFindings(grant, path),
        ...factFindings(school, grant, path),
        ...calendarFindings(context, grant, path),
      ];
    }),
  ]);
}

type Path = Finding['path'];

/** Both sides: the same approvals that bring a version into force (agreement/approvals.ts). */
function approvalFindings(school: School, engagement: Engagement, at: Path): Finding[] {
  const { status, approvals } = engagement;
  if (status !== 'approved') return [];
  const needs = neededApprovals(partiesMadeOwners(engagement, school), school);
  const missing = needs.filter((parties) => !parties.some((party) => approvals.includes(party)));
  if (missing.length === 0) return [];
  const expected = `the approval of ${missing.map((parties) => parties.join(' or ') || 'another party').join(' and ')}`;
  return [
    {
      level: 'E',
      code: 'missing-approval',
      path: [...at, 'approvals'],
      expected: `${expected}, or another status than approved`,
      got: approvals.length === 0 ? 'none' : `that of ${approvals.join(' and ')} only`,
    },
  ];
}

const REMINDER_DAYS = 3;

function untilFindings({ plan: { school }, now }: LintContext, engagement: Engagement, at: Path): Finding[] {
  const { kind, from, until, approvedAt, status } = engagement;
  const path = [...at, 'until'];
  if (until === Infinity)
    return kind === 'adhoc'
      ? [
          {
            level: 'E',
            code: 'adhoc-without-until',
            path,
            expected: 'an end: an ad-hoc engagement expires by itself',
            got: 'none',
          },
        ]
      : [];
  const findings: Finding[] = [];
  const warn = (code: FindingCode, expected: string, got: string) =>
    void findings.push({ level: 'W', code, path, expected, got });
  const start = [from, approvedAt].find(Number.isFinite) ?? now;
  const longest = addWallTime(school.tz, start, ADHOC_MAX_DAYS * DAY_MS);
  if (kind === 'adhoc' && until > longest)
    warn(
      'adhoc-long',
      `an end by ${dateWithYear(school, longest)} (${ADHOC_MAX_DAYS} days)`,
      `${dateWithYear(school, until)}`,
    );
  if (status !== 'approved' || until <= now) return findings;
  if (until <= addWallTime(school.tz, now, REMINDER_DAYS * DAY_MS))
    warn(
      'ends-soon',
      `an end more than ${REMINDER_DAYS} days away, or none: extending it needs a new approval`,
      dateWithYear(school, until),
    );
  const test = testingNear(school, until);
  if (test) warn('ends-in-testing', `an end more than ${REMINDER_DAYS} days away from a TESTING window`, test);
  return findings;
}

function testingNear(school: School, until: number): string | undefined {
  for (const { events } of school.calendars.values())
    for (const { start, end, categories, summary } of events) {
      if (!categories.some((category) => category.toUpperCase() === 'TESTING')) continue;
      const first = addWallTime(school.tz, start, -REMINDER_DAYS * DAY_MS);
      const last = addWallTime(school.tz, end, REMINDER_DAYS * DAY_MS);
      if (first <= until && until <= last)
        return `${dateWithYear(school, until)}, with TESTING${summary && ` (${summary})`} from ${dateWithYear(school, start)} to ${dateWithYear(school, end)}`;
    }
  return undefined;
}

/** The loader refuses these already; whoever makes a school by other means is held to the same. */
function strangers(school: School, grant: Grant, path: Path): Finding[] {
  const named: [Path, string | undefined][] = [
    [['owner'], grant.owner],
    [['if', 'load', 'party'], grant.condition?.load?.party],
    ...(grant.informed ?? []).map((party, i): [Path, string] => [['informed', i], party]),
    ...(grant.ladder ?? []).map(({ to }, i): [Path, string | undefined] => [
      ['ladder', i, 'to'],
      to === SAFETY_NET || school.safetyNet.includes(to) ? undefined : (partyOfRung(school, grant.owner, to) ?? to),
    ]),
  ];
  return named.flatMap(([place, party]): Finding[] =>
    party === undefined || school.parties.has(party)
      ? []
      : [
          {
            level: 'E',
            code: 'unknown-party',
            path: [...path, ...place],
            expected: `a party (${[...school.parties.keys()].join(', ')})`,
            got: `"${party}"`,
          },
        ],
  );
}

function loadFindings({ condition }: Grant, path: Path): Finding[] {
  const { load } = condition ?? {};
  if (!load || load.clear < load.over) return [];
  return [
    {
      level: 'E',
      code: 'clear-not-below-over',
      path: [...path, 'if', 'load', 'clear'],
      expected: `less than over (${load.over}): otherwise ownership swings back at once`,
      got: `${load.clear}`,
    },
  ];
}

function factFindings(school: School, { condition }: Grant, path: Path): Finding[] {
  const known = new Set(school.facts.flatMap(({ values }) => Object.keys(values)));
  return (condition?.facts ?? []).flatMap(({ fact, operator, value }): Finding[] =>
    known.has(fact)
      ? []
      : [
          {
            level: 'W',
            code: 'unknown-fact',
            path: [...path, 'if', fact],
            expected: `a fact that \`facts\` gives (${[...known].join(', ') || 'it gives none'})`,
            got: `${fact} ${operator} ${value}, which never holds`,
          },
        ],
  );
}

function calendarFindings(context: LintContext, { when = [] }: Grant, path: Path): Finding[] {
  return when.flatMap((window, k) => {
    if (window.kind !== 'calendar') return [];
    return emptyCategories(context, window).map(
      (category): Finding => ({
        level: 'W',
        code: 'category-without-event',
        path: [...path, 'when', k, ...(window.categories.length > 0 ? ['category'] : [])],
        expected: `an event${category && ` of category ${category}`} in calendar ${window.calendar} by ${dateWithYear(context.plan.school, context.until)}`,
        got: lastEvent(context.plan.school, window.calendar, category),
      }),
    );
  });
}

type CalendarWindow = Extract<GrantWindow, { kind: 'calendar' }>;

/** The categories (the empty text: any) of which no event is to come. */
export function emptyCategories({ plan: { school }, now, until }: LintContext, window: CalendarWindow): string[] {
  const calendar = school.calendars.get(window.calendar);
  // A feed that was not read says nothing about its events.
  if (!calendar || (calendar.feed && calendar.events.length === 0)) return [];
  const coming = calendar.events.filter(
    ({ start, end }) =>
      addWallTime(school.tz, end, window.lagMs) > now && addWallTime(school.tz, start, -window.leadMs) < until,
  );
  if (window.categories.length === 0) return coming.length > 0 ? [] : [''];
  return window.categories.filter((wanted) => !coming.some(({ categories }) => categories.includes(wanted)));
}

function lastEvent(school: School, calendar: string, category: string): string {
  const events = (school.calendars.get(calendar)?.events ?? []).filter(
    ({ categories }) => category === '' || categories.includes(category),
  );
  const last = events.at(-1);
  return last ? `none after that of ${dateWithYear(school, last.start)}` : 'none';
}
