import { z } from 'zod';
import { DOMAINS } from '../../core/domain.ts';
import { duration, slug } from '../../runtime/config-schema.ts';
import { CALENDAR_CATEGORIES } from '../engagement/calendar/calendar-category.ts';
import { SEVERITIES } from '../engagement/decision.ts';

const level = z.number();
const pattern = z.union([z.string(), z.array(z.string()).min(1)], 'a glob or a list of globs');

type Issue = (path: string[], message: string) => void;

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

const flapsSchema = z
  .strictObject({ changes: z.number().int().min(2), within: duration, clear: duration.optional() })
  .refine(({ within, clear }) => clear === undefined || clear >= within, {
    path: ['clear'],
    message: 'a quiet time at least as long as within',
  });

/** What a rule may be made to be by the calendar: its levels and how bad it is, never what it looks at. */
const overrideSchema = z.strictObject({
  severity: z.enum(SEVERITIES).optional(),
  above: level.optional(),
  below: level.optional(),
  clear: level.optional(),
  for: duration.optional(),
  clear_for: duration.optional(),
  domain_threshold: groupSchema.optional(),
});

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
    severity: z.enum(SEVERITIES),
    measurement: z.string().min(1).optional(),
    field: z.string().min(1).optional(),
    scope: z.record(z.string(), pattern).optional(),
    above: level.optional(),
    below: level.optional(),
    clear: level.optional(),
    for: duration.optional(),
    clear_for: duration.optional(),
    /** The mean of so long is compared, not each value. */
    over: duration.refine((ms) => ms > 0, 'a duration of more than 0').optional(),
    flaps: flapsSchema.optional(),
    domain_threshold: groupSchema.optional(),
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

const FIELD_KEYS = [
  'measurement',
  'field',
  'scope',
  'above',
  'below',
  'clear',
  'clear_for',
  'over',
  'flaps',
  'domain_threshold',
] as const;
/** What `flaps` says in its own way. */
const PLAIN_KEYS = ['above', 'below', 'clear', 'for', 'clear_for', 'over'] as const;
const LEVEL_KEYS = ['above', 'below', 'clear', 'clear_for', 'domain_threshold'] as const;

/** The checks across keys. The rule may be half-read: anything may be missing. */
function checkRule(rule: Partial<RawRule> | null | undefined, report: Issue): void {
  if (rule === null || typeof rule !== 'object' || Array.isArray(rule)) return;
  checkOverrides(rule, report);
  if (rule.silent !== undefined) {
    for (const key of FIELD_KEYS) if (rule[key] !== undefined) report([key], `no ${key} in a rule with silent`);
    if (rule.for === undefined) report(['for'], 'a duration: how long silent');
    if (rule.domain === undefined) report(['domain'], 'a domain');
    return;
  }
  if (rule.measurement === undefined) report(['measurement'], 'a measurement (or `silent: agent`)');
  if (rule.field === undefined) report(['field'], 'a field of the measurement');
  if (rule.flaps !== undefined) {
    for (const key of PLAIN_KEYS) if (rule[key] !== undefined) report([key], `no ${key} in a rule with flaps`);
  } else if ((rule.above === undefined) === (rule.below === undefined))
    report([rule.above === undefined ? 'above' : 'below'], 'exactly one of above and below');
  if (rule.domain_threshold !== undefined && rule.domain === undefined)
    report(['domain'], 'a domain: a domain threshold has no one device whose role could give it');
  checkClear(rule, [], report);
}

function checkClear({ above, below, clear }: RawOverride, path: string[], report: Issue): void {
  if (typeof clear !== 'number') return;
  const at = [...path, 'clear'];
  if (typeof above === 'number' && clear > above) report(at, `a level of at most ${above}, where it is bad`);
  if (typeof below === 'number' && clear < below) report(at, `a level of at least ${below}, where it is bad`);
}

function checkOverrides(rule: Partial<RawRule>, report: Issue): void {
  const { during } = rule;
  if (during === null || typeof during !== 'object') return;
  for (const [name, override] of Object.entries(during)) {
    if (override === null || typeof override !== 'object' || Array.isArray(override)) continue;
    checkOverride(rule, override, ['during', name], report);
  }
}

/** An override takes the place of single keys of its rule, so both together must make sense. */
function checkOverride(rule: Partial<RawRule>, override: RawOverride, path: string[], report: Issue): void {
  if (Object.keys(override).length === 0) report(path, 'off, or a level, for, clear, clear_for or severity');
  if (rule.silent !== undefined) {
    for (const key of LEVEL_KEYS)
      if (override[key] !== undefined) report([...path, key], `no ${key} in a rule with silent`);
    return;
  }
  if (rule.flaps !== undefined)
    for (const key of ['clear', 'for', 'clear_for'] as const)
      if (override[key] !== undefined) report([...path, key], `no ${key} in a rule with flaps`);
  for (const key of ['above', 'below'] as const)
    if (override[key] !== undefined && rule[key] === undefined) report([...path, key], `no ${key}: the rule has none`);
  if (override.domain_threshold !== undefined && rule.domain_threshold === undefined)
    report([...path, 'domain_threshold'], 'no domain_threshold: the rule has none');
  const moved = override.above ?? override.below;
  // Taken over silently, the band would be another one than anybody wrote.
  if (moved !== undefined && override.clear === undefined && rule.clear !== undefined)
    report(path, 'clear beside the level, since the rule has one');
  checkClear(
    {
      above: override.above ?? rule.above,
      below: override.below ?? rule.below,
      clear: override.clear,
    },
    path,
    report,
  );
}
