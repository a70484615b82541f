import { z } from 'zod';
import {
  ConfigError,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type Problem,
  parseConfig,
} from '../../runtime/config-file.ts';
import { duration, slug } from '../../runtime/config-schema.ts';
import { SEVERITIES, type Severity } from './decision.ts';
import type { Absence, Engagement, Grant, GrantScope, Party, School, ScopeKey, WeeklyWindow } from './school.ts';
import { checkSchool } from './school-checks.ts';
import { parseInstant } from './zoned-time.ts';

/** A key of the full engagement model that is refused rather than ignored: ignoring it would change who answers. */
const notYet = (name: string) =>
  z.custom<undefined>((v) => v === undefined, `no \`${name}\`: not supported yet`).optional();

const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)], 'a value or a list of values');
const names = oneOrMore(z.string().min(1));

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** `07:30` -> minutes after midnight; `24:00` is the end of the day. */
const timeOfDay = z
  .string('a time such as 07:30')
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time such as 07:30')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const weekly = z.strictObject({
  weekly: z.strictObject({ days: z.array(z.enum(DAYS)).min(1), from: timeOfDay, to: timeOfDay }),
});

const partySchema = z.strictObject({
  contacts: z.array(slug),
  coverage: z.union([z.literal('always'), z.array(weekly)], '`always` or a list of weekly windows'),
  absences: z.array(z.strictObject({ who: oneOrMore(slug), from: z.string(), to: z.string() })).default([]),
});

const secretSchema = z
  .string('a Standard Webhooks secret: whsec_ and base64 of 24 to 64 bytes')
  .refine(isWebhookSecret, 'a Standard Webhooks secret: whsec_ and base64 of 24 to 64 bytes');

const webhookSchema = z
  .strictObject({
    type: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/, error: 'an http(s) URL' }),
    /** One, or several during a rotation, the new one first. */
    secret: oneOrMore(secretSchema),
  })
  .transform(({ secret, ...rest }) => ({ ...rest, secrets: secret }));

const contactSchema = z.strictObject({ name: z.string().min(1).optional(), channels: z.array(webhookSchema).min(1) });

const severityRange = z.enum([...SEVERITIES, ...SEVERITIES.map((s) => `>=${s}` as const)]);

const scopeSchema = z.strictObject({
  domain: names.optional(),
  site: names.optional(),
  zone: names.optional(),
  vendor: names.optional(),
  model: names.optional(),
  device: names.optional(),
  rule: names.optional(),
  severity: oneOrMore(severityRange).optional(),
  grades: oneOrMore(z.union([z.string(), z.number()])).optional(),
  grades_match: z.enum(['only', 'any']).optional(),
  not: notYet('not'),
});

const priority = z.number().int().min(1).max(999);
const notYetAnywhere = {
  informed: notYet('informed'),
  ladder: notYet('ladder'),
  sla: notYet('sla'),
  handover: notYet('handover'),
};

const grantSchema = z.strictObject({
  owner: z.string(),
  scope: scopeSchema.default({}),
  priority: priority.optional(),
  when: notYet('when'),
  if: notYet('if'),
  ...notYetAnywhere,
});

const engagementSchema = z.strictObject({
  id: slug,
  kind: z.enum(['full', 'domain', 'threshold', 'adhoc', 'override']),
  status: z.enum(['draft', 'proposed', 'approved', 'suspended', 'ended', 'expired', 'revoked']),
  approvals: z.array(z.string()).default([]),
  approved_at: z.string().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
  priority: priority.optional(),
  grants: z.array(grantSchema).min(1),
  ...notYetAnywhere,
});

const schoolSchema = z
  .strictObject({
    school: slug,
    tz: z.string(),
    parties: z.record(z.string(), partySchema),
    contacts: z.record(z.string(), contactSchema).optional(),
    safety_net: z.array(slug).min(1),
    base: z.strictObject({ owner: z.string() }),
    engagements: z.array(engagementSchema).default([]),
    pass_uncovered_at: z.enum(SEVERITIES).default('critical'),
    max_hold: duration.prefault('16h'),
    linger: notYet('linger'),
    calendars: notYet('calendars'),
    facts: notYet('facts'),
  })
  .superRefine(
    (raw, context) => checkSchool(raw, (path, message) => context.addIssue({ code: 'custom', path, message })),
    {
      // Also when something is already wrong: every problem is reported at once.
      when: () => true,
    },
  );

type RawSchool = z.output<typeof schoolSchema>;
type RawEngagement = RawSchool['engagements'][number];

function isWebhookSecret(text: string): boolean {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match) return false;
  const bytes = Buffer.from(match[1]!, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

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
    const made = toSchool(loaded.value);
    problems.push(...(options.check?.(made, loaded.problem) ?? []));
    schools.push(made);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return schools;
}

/** One school from text; `file` names it in problems. @throws ConfigError with every problem. */
export function parseSchool(text: string, file: string, options: LoadOptions = {}): School {
  return toSchool(parseConfig(text, file, schoolSchema, options).value);
}

function toSchool(raw: RawSchool): School {
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
  };
}

function toParty(id: string, raw: RawSchool['parties'][string], tz: string): Party {
  return {
    id,
    contacts: raw.contacts,
    coverage:
      raw.coverage === 'always'
        ? 'always'
        : raw.coverage.map(
            ({ weekly }): WeeklyWindow => ({ ...weekly, days: weekly.days.map((day) => DAYS.indexOf(day)) }),
          ),
    absences: raw.absences.map(
      (a): Absence => ({ who: a.who, from: parseInstant(a.from, tz)!, to: parseInstant(a.to, tz)! }),
    ),
  };
}

const KIND_PRIORITY = { full: 100, domain: 200, threshold: 300, adhoc: 400, override: 500 } as const;

function toEngagement(raw: RawEngagement, tz: string): Engagement {
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
    grants: raw.grants.map(
      (grant, i): Grant => ({
        id: `${raw.id}#${i}`,
        owner: grant.owner,
        scope: toScope(grant.scope),
        priority: grant.priority ?? raw.priority ?? KIND_PRIORITY[raw.kind],
      }),
    ),
  };
}

function toScope(raw: z.output<typeof scopeSchema>): GrantScope {
  const scope: { -readonly [K in ScopeKey]?: GrantScope[K] } = {};
  for (const key of ['domain', 'site', 'zone', 'vendor', 'model', 'device', 'rule'] as const) {
    const values = raw[key];
    if (values) scope[key] = values;
  }
  if (raw.severity) scope.severity = severitiesOf(raw.severity);
  if (raw.grades) scope.grades = { list: raw.grades.map(String), match: raw.grades_match ?? 'any' };
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
