import { z } from 'zod';
import { duration, durationFrom, slug } from '../../runtime/config-schema.ts';
import { channelSchema } from './channel-schema.ts';
import { SEVERITIES } from './decision.ts';
import { onCallSchema } from './on-call/on-call-schema.ts';
import { pattern } from './pattern.ts';
import { FACT_OPERATORS } from './school.ts';
import { checkSchool } from './school-checks.ts';
import { topologySchema } from './topology-schema.ts';
import { weekdayAndTime, weekly } from './weekly-schema.ts';

/** The shape of a school file; what spans several keys is in school-checks.ts, what is unwise in lint.ts. */

const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)], 'a value or a list of values');
// Longer ones are slips of the pen, and each day of them is looked at.
const upToAMonth = durationFrom('0s', '31d');
const upToAYear = durationFrom('0s', '366d');

const names = oneOrMore(z.string().min(1));

function orEmpty<T>(value: T | null | undefined): T | [] {
  return value ?? [];
}

const partySchema = z.strictObject({
  name: z.string().min(1).optional(),
  // A key with nothing behind it is an empty list.
  contacts: z.array(slug).nullish().transform(orEmpty),
  coverage: z
    .union([z.literal('always'), z.array(weekly)], '`always` or a list of weekly windows')
    .nullish()
    .transform(orEmpty),
  absences: z
    .array(z.strictObject({ who: oneOrMore(slug), from: z.string(), to: z.string() }))
    .nullish()
    .transform(orEmpty),
  on_call: onCallSchema.optional(),
});

const contactSchema = z.strictObject({ name: z.string().min(1).optional(), channels: z.array(channelSchema).min(1) });

const severityRange = z.enum([...SEVERITIES, ...SEVERITIES.map((s) => `>=${s}` as const)]);

const scopeKeys = {
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
};
const scopeSchema = z.strictObject({ ...scopeKeys, not: z.strictObject(scopeKeys).optional() });

const windowSchema = z.union(
  [
    z.strictObject({ from: z.string(), to: z.string() }),
    weekly,
    z.strictObject({
      calendar: z.string(),
      category: names.optional(),
      lead: upToAYear.optional(),
      lag: upToAYear.optional(),
    }),
  ],
  'a window: {from, to}, {weekly: {days, from, to}} or {calendar, category, lead, lag}',
);
const whenSchema = z.union(
  [z.literal('always').transform(() => undefined), windowSchema.transform((one) => [one]), z.array(windowSchema)],
  '`always`, a window or a list of windows',
);

const loadSchema = z.strictObject({
  party: z.string(),
  severity: z.enum(SEVERITIES).default('info'),
  over: z.number().int().min(0),
  for: duration.prefault('5m'),
  clear: z.number().int().min(0),
  hold: duration.prefault('60m'),
});
const factTest = z.union([z.string(), z.number(), z.boolean()], 'a value or a comparison such as ">= 400"');
const conditionSchema = z.object({ load: loadSchema.optional() }).catchall(factTest);

const rungSchema = z.strictObject({ to: z.string(), after: duration, transfer: z.boolean().default(false) });

const slaTarget = z.strictObject({
  ack: duration.optional(),
  update: duration.optional(),
  resolve: duration.optional(),
  calendar: z.enum(['24x7', 'school-hours']).default('24x7'),
});
const slaSchema = z.union(
  [
    slaTarget,
    z.strictObject({ critical: slaTarget.optional(), warning: slaTarget.optional(), info: slaTarget.optional() }),
  ],
  '{ack, update, resolve, calendar}, or that for each severity',
);

const handoverSchema = z.strictObject({
  take: z.enum(['unacked', 'new', 'all']).optional(),
  give: z.enum(['unacked', 'all', 'none']).optional(),
  brief: duration.optional(),
  overlap: duration.optional(),
  accept: z.enum(['optional', 'required']).optional(),
});

const terms = {
  priority: z.number().int().min(1).max(999).optional(),
  informed: z.array(z.string()).optional(),
  ladder: z.array(rungSchema).min(1).optional(),
  sla: slaSchema.optional(),
  handover: handoverSchema.optional(),
};

const grantSchema = z.strictObject({
  owner: z.string(),
  scope: scopeSchema.default({}),
  when: whenSchema.optional(),
  if: conditionSchema.optional(),
  ...terms,
});

export const engagementSchema = z.strictObject({
  id: slug,
  kind: z.enum(['full', 'domain', 'threshold', 'adhoc', 'override']),
  status: z.enum(['draft', 'proposed', 'approved', 'suspended', 'ended', 'expired', 'revoked']),
  approvals: z.array(z.string()).default([]),
  approved_at: z.string().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
  grants: z.array(grantSchema).min(1),
  ...terms,
});

const eventSchema = z.strictObject({
  start: z.string(),
  end: z.string().optional(),
  categories: oneOrMore(z.string().min(1)).default([]),
  summary: z.string().default(''),
  status: z.enum(['CONFIRMED', 'TENTATIVE', 'CANCELLED']).default('CONFIRMED'),
});
const mappingSchema = z
  .strictObject({ summary: pattern.optional(), categories: pattern.optional(), category: z.string().min(1) })
  .refine((m) => m.summary !== undefined || m.categories !== undefined, '`summary` or `categories` to match');
const map = z.array(mappingSchema).default([]);
const calendarSchema = z.union(
  [
    z.array(eventSchema),
    z.strictObject({ url: z.url({ protocol: /^(https?|webcal)$/, error: 'an http(s) URL' }), map }),
    z.strictObject({ file: z.string().min(1), map }),
  ],
  'a list of events, or {url, map} or {file, map}',
);

const factsSchema = z.object({ from: z.string() }).catchall(z.union([z.string(), z.number(), z.boolean()]));

export const schoolSchema = z
  .strictObject({
    school: slug,
    tz: z.string(),
    parties: z.record(z.string(), partySchema),
    contacts: z.record(z.string(), contactSchema).optional(),
    safety_net: z.array(slug).min(1),
    safety_net_test: weekdayAndTime.optional(),
    base: z.strictObject({ owner: z.string() }),
    engagements: z.array(engagementSchema).default([]),
    pass_uncovered_at: z.enum(SEVERITIES).default('critical'),
    max_hold: upToAMonth.prefault('16h'),
    linger: upToAMonth.prefault('72h'),
    calendars: z.record(z.string(), calendarSchema).default({}),
    hours: z.array(weekly).min(1).optional(),
    facts: z.array(factsSchema).default([]),
    topology: topologySchema.optional(),
    /** A date: a new school is learned until then. */
    learn_until: z.string().optional(),
    max_maintenance: durationFrom('1m', '14d').optional(),
  })
  .superRefine(
    (raw, context) => checkSchool(raw, (path, message) => context.addIssue({ code: 'custom', path, message })),
    {
      // Also when something is already wrong: every problem is reported at once.
      when: () => true,
    },
  );

/** A file of several schools, of which the one under `key` is looked at. */
export const schoolUnder = (key: string) => z.looseObject({ [key]: schoolSchema });

export type RawSchool = z.output<typeof schoolSchema>;
export type RawEngagement = RawSchool['engagements'][number];
export type RawGrant = RawEngagement['grants'][number];

/** `>= 400`, `remote`, 3 -> operator and value; a value alone means equal. */
export function factTestOf(written: string | number | boolean): {
  operator: (typeof FACT_OPERATORS)[number];
  value: string | number | boolean;
} {
  if (typeof written !== 'string') return { operator: '==', value: written };
  const operator = FACT_OPERATORS.find((op) => written.startsWith(op));
  const rest = operator === undefined ? written : written.slice(operator.length).trim();
  return { operator: operator ?? '==', value: rest !== '' && !Number.isNaN(Number(rest)) ? Number(rest) : rest };
}
