import { resolve } from 'node:path';
import { SEVERITIES, type Severity } from './decision.ts';
import { onCallCalendars, toOnCall } from './on-call/on-call-decode.ts';
import {
  type Absence,
  type CalendarEvent,
  DEFAULT_HANDOVER,
  type Engagement,
  type FactEntry,
  type Grant,
  type GrantCondition,
  type GrantScope,
  type GrantWindow,
  type Handover,
  type Party,
  type School,
  type SchoolCalendar,
  type ScopeKey,
  type Sla,
  type WeeklyWindow,
} from './school.ts';
import { factTestOf, type RawEngagement, type RawGrant, type RawSchool } from './school-schema.ts';
import { toTopology } from './topology-schema.ts';
import { DAYS } from './weekly-schema.ts';
import { nextDate, parseInstant } from './zoned-time.ts';

/** What a school's file says, checked by its schema, as the engine works with it. Pure: dates in the school's zone, durations in ms. */

/** @param folder of the file: `file` calendars are relative to it */
export function toSchool(raw: RawSchool, folder: string): School {
  const { tz } = raw;
  return {
    school: raw.school,
    tz,
    parties: new Map(Object.entries(raw.parties).map(([id, party]) => [id, toParty(id, party, tz)])),
    contacts: new Map(
      Object.entries(raw.contacts ?? {}).map(([id, c]) => [id, { id, name: c.name ?? id, channels: c.channels }]),
    ),
    safetyNet: raw.safety_net,
    ...(raw.safety_net_test && { safetyNetTest: raw.safety_net_test }),
    base: raw.base,
    engagements: raw.engagements.map((engagement) => toEngagement(engagement, tz)),
    passUncoveredAt: raw.pass_uncovered_at,
    maxHoldMs: raw.max_hold,
    lingerMs: raw.linger,
    calendars: new Map(
      [
        ...Object.entries(raw.calendars).map(([id, calendar]) => toCalendar(id, calendar, tz, folder)),
        ...onCallCalendars(raw.parties),
      ].map((calendar) => [calendar.id, calendar]),
    ),
    ...(raw.hours && { hours: raw.hours.map((hour) => toWeekly(hour.weekly)) }),
    facts: raw.facts
      .map(({ from, ...values }): FactEntry => ({ from: parseInstant(from, tz)!, values }))
      .sort((a, b) => a.from - b.from),
    ...(raw.learn_until !== undefined && { learnUntil: parseInstant(raw.learn_until, tz)! }),
    ...(raw.topology && { topology: toTopology(raw.topology) }),
    ...(raw.max_maintenance !== undefined && { maxMaintenanceMs: raw.max_maintenance }),
  };
}

/** What the usual parties are called where the file gives no name. */
const PARTY_NAMES: Readonly<Record<string, string>> = { internal: "the school's own IT", provider: 'the provider' };

function toParty(id: string, raw: RawSchool['parties'][string], tz: string): Party {
  return {
    id,
    name: raw.name ?? PARTY_NAMES[id] ?? id,
    contacts: raw.contacts,
    coverage: raw.coverage === 'always' ? 'always' : raw.coverage.map(({ weekly }) => toWeekly(weekly)),
    absences: raw.absences.map(
      (a): Absence => ({ who: a.who, from: parseInstant(a.from, tz)!, to: parseInstant(a.to, tz)! }),
    ),
    ...(raw.on_call && { onCall: toOnCall(id, raw.on_call, tz) }),
  };
}

function toWeekly(raw: { days: readonly (typeof DAYS)[number][]; from: number; to: number }): WeeklyWindow {
  return { ...raw, days: raw.days.map((day) => DAYS.indexOf(day)) };
}

const KIND_PRIORITY = { full: 100, domain: 200, threshold: 300, adhoc: 400, override: 500 } as const;

/** @param raw decoded by `engagementSchema` and checked against its school. */
export function toEngagement(raw: RawEngagement, tz: string): Engagement {
  const instant = (text: string | undefined, missing: number) =>
    text === undefined ? missing : parseInstant(text, tz)!;
  return {
    id: raw.id,
    kind: raw.kind,
    status: raw.status,
    approvals: raw.approvals,
    approvedAt: instant(raw.approved_at, -Infinity),
    from: instant(raw.from, -Infinity),
    until: instant(raw.until, Infinity),
    grants: raw.grants.map((grant, i) => toGrant(grant, i, raw, tz)),
  };
}

/** What a grant does not say, its engagement says for all of them. */
function toGrant(grant: RawGrant, index: number, engagement: RawEngagement, tz: string): Grant {
  const informed = grant.informed ?? engagement.informed;
  const ladder = grant.ladder ?? engagement.ladder;
  const sla = grant.sla ?? engagement.sla;
  return {
    id: `${engagement.id}#${index}`,
    owner: grant.owner,
    scope: toScope(grant.scope),
    priority: grant.priority ?? engagement.priority ?? KIND_PRIORITY[engagement.kind],
    handover: toHandover({ ...engagement.handover, ...grant.handover }),
    ...(grant.when && { when: grant.when.map((window) => toWindow(window, tz)) }),
    ...(grant.if && { condition: toCondition(grant.if) }),
    ...(informed && { informed }),
    ...(ladder && { ladder: ladder.map(({ to, after, transfer }) => ({ to, afterMs: after, transfer })) }),
    ...(sla && { sla: toSla(sla) }),
  };
}

function toHandover(raw: NonNullable<RawGrant['handover']>): Handover {
  return {
    take: raw.take ?? DEFAULT_HANDOVER.take,
    give: raw.give ?? DEFAULT_HANDOVER.give,
    briefMs: raw.brief ?? DEFAULT_HANDOVER.briefMs,
    overlapMs: raw.overlap ?? DEFAULT_HANDOVER.overlapMs,
    accept: raw.accept ?? DEFAULT_HANDOVER.accept,
  };
}

function toWindow(raw: NonNullable<RawGrant['when']>[number], tz: string): GrantWindow {
  if ('weekly' in raw) return { kind: 'weekly', weekly: toWeekly(raw.weekly) };
  if ('calendar' in raw) {
    const { calendar, category = [], lead = 0, lag = 0 } = raw;
    return { kind: 'calendar', calendar, categories: category, leadMs: lead, lagMs: lag };
  }
  return { kind: 'dates', start: parseInstant(raw.from, tz)!, end: parseInstant(raw.to, tz)! };
}

function toCondition({ load, ...facts }: NonNullable<RawGrant['if']>): GrantCondition {
  return {
    ...(load && {
      load: {
        party: load.party,
        severity: load.severity,
        over: load.over,
        forMs: load.for,
        clear: load.clear,
        holdMs: load.hold,
      },
    }),
    facts: Object.entries(facts).map(([fact, written]) => ({
      fact,
      ...factTestOf(written as string | number | boolean),
    })),
  };
}

function toSla(raw: NonNullable<RawGrant['sla']>): Sla {
  const target = (t: { ack?: number; update?: number; resolve?: number; calendar: '24x7' | 'school-hours' }) => ({
    calendar: t.calendar,
    ...(t.ack !== undefined && { ackMs: t.ack }),
    ...(t.update !== undefined && { updateMs: t.update }),
    ...(t.resolve !== undefined && { resolveMs: t.resolve }),
  });
  type RawTarget = Parameters<typeof target>[0];
  if ('calendar' in raw) return Object.fromEntries(SEVERITIES.map((s) => [s, target(raw as RawTarget)]));
  return Object.fromEntries(Object.entries(raw).map(([severity, t]) => [severity, target(t as RawTarget)]));
}

function toCalendar(id: string, raw: RawSchool['calendars'][string], tz: string, folder: string): SchoolCalendar {
  if (!Array.isArray(raw)) {
    const map = raw.map.map(({ category, summary, categories }) => ({
      category,
      ...(summary !== undefined && { summary }),
      ...(categories !== undefined && { categories }),
    }));
    const location = 'url' in raw ? { url: raw.url } : { file: resolve(folder, raw.file) };
    return { id, feed: { location, map }, events: [] };
  }
  const events = raw
    .filter((event) => event.status !== 'CANCELLED')
    .map(
      ({ start, end, categories, summary }): CalendarEvent => ({
        start: parseInstant(start, tz)!,
        end: parseInstant(end ?? nextDate(start), tz)!,
        categories,
        summary,
      }),
    );
  return { id, events: events.sort((a, b) => a.start - b.start) };
}

function toScope(raw: RawGrant['scope']): GrantScope {
  const { not, ...keys } = raw;
  const scope: { -readonly [K in keyof GrantScope]?: GrantScope[K] } = {};
  for (const key of ['domain', 'site', 'zone', 'vendor', 'model', 'device', 'rule'] as const satisfies ScopeKey[]) {
    const values = keys[key];
    if (values) scope[key] = values;
  }
  if (keys.severity) scope.severity = severitiesOf(keys.severity);
  if (keys.grades) scope.grades = { list: keys.grades.map(String), match: keys.grades_match ?? 'any' };
  if (not) scope.not = toScope(not);
  return scope as GrantScope;
}

/** `[info, ">=warning"]` -> every severity meant. */
function severitiesOf(ranges: readonly string[]): Severity[] {
  return SEVERITIES.filter((severity, rank) =>
    ranges.some((range) => (range.startsWith('>=') ? rank >= rankOf(range.slice(2)) : range === severity)),
  );
}

function rankOf(severity: string): number {
  return SEVERITIES.indexOf(severity as Severity);
}
