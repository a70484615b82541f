import { z } from 'zod';
import { DOMAINS } from '../../core/domain.ts';
import { duration, slug } from '../../runtime/config-schema.ts';
import { CALENDAR_CATEGORIES } from '../engagement/calendar/calendar-category.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import { checkRule, type Issue } from './rule-check.ts';

const level = z.number();
const pattern = z.union([z.string(), z.array(z.string()).min(1)], 'a glob or a list of globs');

const groupSchema = z
  .strictObject({
    share: level.gt(0).max(100).optional(),
    /** Alone: bad at so many. With share: also bad at so many, whatever share that is. */
    count: level.int().min(1).optional(),
    /** Good again at or below this many percent (with share) or things (with count). */
    clear: level.min(0).optional(),
    at_least: level.int().min(1).optional(),
  })
  .superRefine(
    (group, context) => {
      const issue: Issue = (path, message) => context.addIssue({ code: 'custom', path, message });
      const enough = group.share ?? group.count;
      if (group.share === undefined && group.count === undefined) issue([], 'share, count, or both');
      if (group.at_least !== undefined && group.share === undefined) issue(['at_least'], 'at_least only with share');
      if (typeof enough === 'number' && typeof group.clear === 'number' && group.clear >= enough)
        issue(['clear'], `a level less than ${enough}, where it is bad`);
    },
    { when: () => true },
  );

const span = { within: duration, clear: duration.optional() };
const isQuietEnough = ({ within, clear }: { within: number; clear?: number | undefined }) =>
  clear === undefined || clear >= within;
const QUIET = { path: ['clear'], message: 'a quiet time at least as long as within' };
const flapsSchema = z.strictObject({ changes: z.number().int().min(2), ...span }).refine(isQuietEnough, QUIET);
const fallsSchema = z.strictObject({ times: z.number().int().min(2), ...span }).refine(isQuietEnough, QUIET);

const baselineSchema = z
  .strictObject({
    weeks: z.number().int().min(1).max(26).default(4),
    times: level.gt(0).default(1),
    spreads: level.min(0).default(0),
  })
  .refine(
    ({ times, spreads }) => times > 1 || spreads > 0,
    'times of more than 1, or spreads: what is usual is not bad',
  );

/** What may differ between the levels of a rule: when it is bad and for how long, never what it looks at. */
const levelKeys = {
  above: level.optional(),
  below: level.optional(),
  clear: level.optional(),
  for: duration.optional(),
  clear_for: duration.optional(),
  domain_threshold: groupSchema.optional(),
  /** The level is higher where more is usual at this hour of such a day. */
  baseline: z.union([z.literal('off'), baselineSchema]).optional(),
};
const levelSchema = z.strictObject({ ...levelKeys, flaps: flapsSchema.optional(), falls: fallsSchema.optional() });
const levels = { info: levelSchema.optional(), warning: levelSchema.optional(), critical: levelSchema.optional() };
const changedLevel = z.union([z.literal('off'), z.strictObject(levelKeys)]).optional();

/** What a rule may be made to be by the calendar: its levels and how bad it is, never what it looks at. */
const overrideSchema = z.strictObject({
  severity: z.enum(SEVERITIES).optional(),
  ...levelKeys,
  info: changedLevel,
  warning: changedLevel,
  critical: changedLevel,
});

const flappingSchema = z.union([
  z.literal('off'),
  z.strictObject({
    openings: z.number().int().min(2).default(3),
    within: duration.prefault('1h'),
    quiet: duration.prefault('30m'),
  }),
]);

const category = z
  .string()
  .refine(
    (name) => CALENDAR_CATEGORIES.some((known) => known === name),
    `a category of the school calendar (${CALENDAR_CATEGORIES.join(', ')})`,
  );

const ruleSchema = z
  .strictObject({
    name: slug,
    domain: z.enum(DOMAINS).optional(),
    severity: z.enum(SEVERITIES).optional(),
    ...levels,
    measurement: z.string().min(1).optional(),
    field: z.string().min(1).optional(),
    scope: z.record(z.string(), pattern).optional(),
    ...levelKeys,
    /** The mean of so long is compared, not each value. */
    over: duration.refine((ms) => ms > 0, 'a duration of more than 0').optional(),
    /** That percentile of them, in place of the mean. */
    percentile: z.number().int().min(1).max(99).optional(),
    flaps: flapsSchema.optional(),
    falls: fallsSchema.optional(),
    /** An alert that opens so often `within` is held open until it was good for `quiet`. */
    flapping: flappingSchema.prefault({}),
    silent: z.literal('agent').optional(),
    /** By category of the school calendar; the first that is on counts. */
    during: z.record(category, z.union([z.literal('off'), overrideSchema])).optional(),
    summary: z.string().min(1),
  })
  .superRefine(
    (rule, context) => checkRule(rule, (path, message) => context.addIssue({ code: 'custom', path, message })),
    {
      // Also when a key is already wrong: every problem is reported at once.
      when: () => true,
    },
  );

export const ruleFileSchema = z.strictObject({ rules: z.array(ruleSchema).min(1) });

export type RawRule = z.output<typeof ruleSchema>;
export type RawOverride = z.output<typeof overrideSchema>;
export type RawLevel = z.output<typeof levelSchema>;
