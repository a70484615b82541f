import { z } from 'zod';
import { type LabelMatcher, type MuteKind, matchesAll } from '../alert/mute.ts';
import { PATTERN_LENGTH, safePattern } from '../alert/safe-pattern.ts';
import type { GrantWindow, School } from '../engagement/school.ts';
import { DAYS } from '../engagement/weekly-schema.ts';

/** What a request for a maintenance window or a silence may say. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Where the school's file does not say otherwise; at most 14 d can be said there. */
export const DEFAULT_MAX_MAINTENANCE_MS = 8 * HOUR;
const MAX_SILENCE_MS = 14 * DAY;
/** From the first to the last of a recurring one. */
const MAX_RECURRING_MS = 400 * DAY;
const MATCHERS_LIMIT = 20;

const words = (max: number) => z.string().trim().min(1).max(max);
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const matcherSchema = z
  .strictObject({
    name: z.string().max(100).regex(LABEL, 'expected the name of a label'),
    value: z.string().max(1_000),
    isRegex: z.boolean().default(false),
    isEqual: z.boolean().default(true),
  })
  .superRefine(({ value, isRegex }, context) => {
    const problem = isRegex ? problemOf(value) : undefined;
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['value'], message: problem });
  });

function problemOf(pattern: string): string | undefined {
  if (pattern.length > PATTERN_LENGTH) return `expected a pattern of at most ${PATTERN_LENGTH} characters`;
  try {
    safePattern(pattern);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

const time = z.iso.datetime({
  offset: true,
  error: 'expected a time with its zone, such as 2026-10-05T18:00:00-04:00',
});
const TIME_OF_DAY = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const timeOfDay = z.string().regex(TIME_OF_DAY, 'expected a time of day such as 07:30');

const recurringSchema = z.union(
  [
    z.strictObject({
      weekly: z
        .strictObject({ days: z.array(z.enum(DAYS)).min(1).max(7), from: timeOfDay, to: timeOfDay })
        .refine(({ from, to }) => from !== to, 'expected another time than `from` (a whole day ends at 24:00)'),
    }),
    z.strictObject({ calendar: z.string().max(100), category: z.array(z.string().max(100)).max(20).default([]) }),
  ],
  'expected {weekly: {days, from, to}} or {calendar, category}',
);

export const muteBody = z.strictObject({
  matchers: z.array(matcherSchema).min(1).max(MATCHERS_LIMIT),
  startsAt: time.optional(),
  endsAt: time,
  recurring: recurringSchema.optional(),
  comment: words(500),
  party: words(100),
  by: words(200),
});
export type MuteBody = z.output<typeof muteBody>;

export interface MuteTerms {
  readonly matchers: readonly LabelMatcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly recurring?: GrantWindow;
}

/** What a checked body means at `now`, or what is wrong with it for this school. */
export function muteTerms(
  kind: MuteKind,
  body: MuteBody,
  school: Pick<School, 'parties' | 'calendars' | 'maxMaintenanceMs'>,
  now: number,
): { readonly terms: MuteTerms } | { readonly problem: string } {
  const { party, matchers, recurring } = body;
  if (!school.parties.has(party)) return { problem: `party: expected one of ${[...school.parties.keys()].join(', ')}` };
  if (matchesAll(matchers, {}))
    return {
      problem: 'matchers: expected at least one that does not fit an empty label: these would silence everything',
    };
  const startsAt = Math.max(now, body.startsAt === undefined ? now : Date.parse(body.startsAt));
  const endsAt = Date.parse(body.endsAt);
  if (endsAt <= startsAt) return { problem: 'endsAt: expected a time after startsAt, and ahead' };
  const longest = longestOf(kind, recurring !== undefined, school);
  if (endsAt - startsAt > longest) return { problem: `endsAt: expected at most ${lengthText(longest)} after startsAt` };
  if (recurring && 'calendar' in recurring && !school.calendars.has(recurring.calendar))
    return {
      problem: `recurring.calendar: expected one of ${[...school.calendars.keys()].join(', ') || 'none is declared'}`,
    };
  return { terms: { matchers, startsAt, endsAt, ...(recurring && { recurring: windowOf(recurring) }) } };
}

function longestOf(kind: MuteKind, recurs: boolean, { maxMaintenanceMs }: Pick<School, 'maxMaintenanceMs'>): number {
  if (recurs) return MAX_RECURRING_MS;
  return kind === 'silence' ? MAX_SILENCE_MS : (maxMaintenanceMs ?? DEFAULT_MAX_MAINTENANCE_MS);
}

function lengthText(ms: number): string {
  return ms % DAY === 0 ? `${ms / DAY} days` : `${ms / HOUR} hours`;
}

function windowOf(recurring: NonNullable<MuteBody['recurring']>): GrantWindow {
  if ('calendar' in recurring) {
    const { calendar, category } = recurring;
    return { kind: 'calendar', calendar, categories: category, leadMs: 0, lagMs: 0 };
  }
  const { days, from, to } = recurring.weekly;
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const weekly = { days: days.map((day) => DAYS.indexOf(day)), from: minutes(from), to: minutes(to) };
  return { kind: 'weekly', weekly };
}
