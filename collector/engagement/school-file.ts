import { dirname, resolve } from 'node:path';
import {
  ConfigError,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type Problem,
  parseConfig,
} from '../../runtime/config-file.ts';
import { SEVERITIES, type Severity } from './decision.ts';
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
import {
  DAYS,
  factTestOf,
  type RawEngagement,
  type RawGrant,
  type RawSchool,
  schoolSchema,
  schoolUnder,
} from './school-schema.ts';
import { nextDate, parseInstant } from './zoned-time.ts';

/** A further look at a school, by who knows more than its file: `problem` points into that file. */
export type SchoolCheck = (school: School, problem: LoadedConfig<unknown>['problem']) => readonly Problem[];

/** Reads school files. @throws ConfigError with every problem of all files; two files for one school are one. */
export function loadSchools(
  files: readonly string[],
  options: LoadOptions & { readonly check?: SchoolCheck } = {},
): School[] {
  const problems: Problem[] = [];
  const schools: School[] = [];
  const fileOf = new Map<string, string>();
  for (const file of files) {
    let loaded: LoadedConfig<RawSchool>;
    try {
      loaded = loadConfig(file, schoolSchema, options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      continue;
    }
    const { school } = loaded.value;
    const earlier = fileOf.get(school);
    if (earlier !== undefined)
      problems.push(loaded.problem(['school'], 'a school of its own in each file', `"${school}", as ${earlier}`));
    else fileOf.set(school, file);
    const made = toSchool(loaded.value, dirname(file));
    problems.push(...(options.check?.(made, loaded.problem) ?? []));
    schools.push({ ...made, source: { file, engagements: rawEngagements(loaded.raw) } });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return schools;
}

/** The engagements of a school's file before they were decoded: what both sides approved is what stands there. */
function rawEngagements(raw: unknown): readonly unknown[] {
  return (raw as { readonly engagements?: readonly unknown[] }).engagements ?? [];
}

/** One school of a file that holds several, each under its own key. @throws ConfigError with every problem of it. */
export function loadSchoolAt(
  file: string,
  key: string,
  options: LoadOptions & { readonly check?: SchoolCheck } = {},
): School {
  const { value, problem } = loadConfig(file, schoolUnder(key), options);
  const school = toSchool(value[key] as RawSchool, dirname(file));
  const problems = options.check?.(school, (path, ...rest) => problem([key, ...path], ...rest)) ?? [];
  if (problems.length > 0) throw new ConfigError(problems);
  return school;
}

/** One school from text; `file` names it in problems. @throws ConfigError with every problem. */
export function parseSchool(text: string, file: string, options: LoadOptions = {}): School {
  return toSchool(parseConfig(text, file, schoolSchema, options).value, dirname(file));
}

function toSchool(raw: RawSchool, folder: string): School {
  const { tz } = raw;
  return {
    school: raw.school,
    tz,
    parties: new Map(Object.entries(raw.parties).map(([id, party]) => [id, toParty(id, party, tz)])),
    contacts: new Map(
      Object.entries(raw.contacts ?? {}).map(([id, c]) => [id, { id, name: c.name ?? id, channels: c.channels }]),
    ),
    safetyNet: raw.safety_net,
    base: raw.base,
    engagements: raw.engagements.map((engagement) => toEngagement(engagement, tz)),
    passUncoveredAt: raw.pass_uncovered_at,
    maxHoldMs: raw.max_hold,
    lingerMs: raw.linger,
    calendars: new Map(
      Object.entries(raw.calendars).map(([id, calendar]) => [id, toCalendar(id, calendar, tz, folder)]),
    ),
    facts: raw.facts
      .map(({ from, ...values }): FactEntry => ({ from: parseInstant(from, tz)!, values }))
      .sort((a, b) => a.from - b.from),
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
