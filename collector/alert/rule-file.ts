import { z } from 'zod';
import { CATALOGUE, MEASUREMENT_TAGS } from '../../core/catalogue.ts';
import { DOMAINS } from '../../core/domain.ts';
import { matchesGlob } from '../../core/matcher.ts';
import { ConfigError, type LoadedConfig, loadConfig, type Problem } from '../../runtime/config-file.ts';
import { duration, slug } from '../../runtime/config-schema.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import type { Rule } from './rule.ts';
import { placeholdersIn } from './summary.ts';

/** The names a rule may use of a measurement. */
export interface MeasurementNames {
  /** Fields that hold numbers. */
  readonly fields: ReadonlySet<string>;
  readonly tags: readonly string[];
}

/** Undefined for a measurement that is not known here (one that Telegraf or another client pushes): its names are taken as written. */
export type MetricNames = (measurement: string) => MeasurementNames | undefined;

/** The names of the measurements that our own agent writes. */
export function catalogueNames(measurement: string): MeasurementNames | undefined {
  const metrics = CATALOGUE.filter((metric) => metric.measurement === measurement);
  if (metrics.length === 0) return undefined;
  const fields = new Set(metrics.filter((metric) => metric.type !== 'string').map((metric) => metric.field));
  return { fields, tags: MEASUREMENT_TAGS[measurement] ?? [] };
}

const level = z.number();
const pattern = z.union([z.string(), z.array(z.string()).min(1)], 'a glob or a list of globs');

const groupSchema = z
  .strictObject({
    share: level.gt(0).max(100).optional(),
    count: level.int().min(1).optional(),
    /** Good again at or below this many percent (with share) or things (with count). */
    clear: level.min(0).optional(),
    at_least: level.int().min(1).optional(),
  })
  .superRefine(
    (group, context) => {
      const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
      const enough = group.share ?? group.count;
      if ((group.share === undefined) === (group.count === undefined)) issue([], 'exactly one of share and count');
      if (group.at_least !== undefined && group.share === undefined) issue(['at_least'], 'at_least only with share');
      if (typeof enough === 'number' && typeof group.clear === 'number' && group.clear >= enough)
        issue(['clear'], `a level less than ${enough}, where it is bad`);
    },
    { when: () => true },
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
    domain_threshold: groupSchema.optional(),
    silent: z.literal('agent').optional(),
    summary: z.string().min(1),
  })
  .superRefine(
    (rule, context) => checkRule(rule, (path, message) => context.addIssue({ code: 'custom', path, message })),
    {
      // Also when a key is already wrong: every problem is reported at once.
      when: () => true,
    },
  );

const fileSchema = z.strictObject({ rules: z.array(ruleSchema).min(1) });

type RawRule = z.output<typeof ruleSchema>;
type Report = (path: (keyof RawRule)[], message: string) => void;

const FIELD_KEYS = [
  'measurement',
  'field',
  'scope',
  'above',
  'below',
  'clear',
  'clear_for',
  'domain_threshold',
] as const;

/** The checks across keys. The rule may be half-read: anything may be missing. */
function checkRule(rule: Partial<RawRule> | null | undefined, report: Report): void {
  if (rule === null || typeof rule !== 'object' || Array.isArray(rule)) return;
  if (rule.silent !== undefined) {
    for (const key of FIELD_KEYS) if (rule[key] !== undefined) report([key], `no ${key} in a rule with silent`);
    if (rule.for === undefined) report(['for'], 'a duration: how long silent');
    if (rule.domain === undefined) report(['domain'], 'a domain');
    return;
  }
  if (rule.measurement === undefined) report(['measurement'], 'a measurement (or `silent: agent`)');
  if (rule.field === undefined) report(['field'], 'a field of the measurement');
  if ((rule.above === undefined) === (rule.below === undefined))
    report([rule.above === undefined ? 'above' : 'below'], 'exactly one of above and below');
  if (rule.domain_threshold !== undefined && rule.domain === undefined)
    report(['domain'], 'a domain: a domain threshold has no one device whose role could give it');
  const { above, below, clear } = rule;
  if (typeof clear !== 'number') return;
  if (typeof above === 'number' && clear > above) report(['clear'], `a level of at most ${above}, where it is bad`);
  if (typeof below === 'number' && clear < below) report(['clear'], `a level of at least ${below}, where it is bad`);
}

/** Tags that any target may carry, beside what the catalogue lists for a measurement. */
const COMMON_TAGS = ['device', 'role', 'zone', 'grades', 'vendor', 'model'];
const COMMON_VALUES = ['value', 'school', 'site', 'rule', 'domain', 'severity'];
const FIELD_VALUES = ['threshold', 'clear'];
const GROUP_VALUES = ['bad', 'total', 'share'];

/**
 * Reads rule files. `known` tells which fields and tags a measurement has; the catalogue of our own agent unless given.
 * @throws ConfigError with every problem of all files.
 */
export function loadRules(files: readonly string[], known: MetricNames = catalogueNames): Rule[] {
  const problems: Problem[] = [];
  const rules: Rule[] = [];
  const firstSeen = new Map<string, string>();
  for (const file of files) {
    let loaded: LoadedConfig<z.output<typeof fileSchema>>;
    try {
      loaded = loadConfig(file, fileSchema);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      continue;
    }
    loaded.value.rules.forEach((raw, i) => {
      const earlier = firstSeen.get(raw.name);
      const here = `${file} rules[${i}]`;
      if (earlier !== undefined)
        problems.push(loaded.problem(['rules', i, 'name'], 'a name of its own', `"${raw.name}", as ${earlier}`));
      else firstSeen.set(raw.name, here);
      problems.push(...checkNames(raw, i, loaded, known));
      rules.push(toRule(raw));
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return rules;
}

/** The names that must exist elsewhere: fields, tags, placeholders. */
function checkNames(raw: RawRule, i: number, loaded: LoadedConfig<unknown>, known: MetricNames): Problem[] {
  const problems: Problem[] = [];
  const names = raw.measurement === undefined ? undefined : known(raw.measurement);
  if (names && raw.field !== undefined && !names.fields.has(raw.field))
    problems.push(
      loaded.problem(
        ['rules', i, 'field'],
        `a field of ${raw.measurement} that holds a number${nearest(raw.field, names.fields)}`,
        `"${raw.field}"`,
      ),
    );
  const values = [...COMMON_VALUES];
  if (raw.silent === undefined) values.push(...FIELD_VALUES);
  if (raw.domain_threshold) values.push(...GROUP_VALUES);
  // Tags of one thing make no sense in the line of a whole site.
  else if (raw.silent === undefined)
    values.push(...COMMON_TAGS, ...(names?.tags ?? []), ...Object.keys(raw.scope ?? {}));
  const anyTag = raw.silent === undefined && !raw.domain_threshold && names === undefined;
  for (const placeholder of placeholdersIn(raw.summary)) {
    if (values.includes(placeholder) || (anyTag && /^[A-Za-z][\w]*$/.test(placeholder))) continue;
    const expected = `a placeholder that exists here (${[...new Set(values)].join(', ')})`;
    problems.push(loaded.problem(['rules', i, 'summary'], expected, `{${placeholder}}`));
  }
  return problems;
}

function nearest(name: string, candidates: ReadonlySet<string>): string {
  const stem = name.slice(0, 4);
  const close = [...candidates].filter((c) => matchesGlob(`*${stem}*`, c)).slice(0, 5);
  const shown = close.length > 0 ? close : [...candidates].slice(0, 8);
  return ` (such as ${shown.join(', ')})`;
}

function toRule(raw: RawRule): Rule {
  const base = {
    name: raw.name,
    domain: raw.domain,
    severity: raw.severity,
    summary: raw.summary,
    forMs: raw.for ?? 0,
  };
  if (raw.silent !== undefined) return { ...base, kind: 'silence', domain: raw.domain! };
  const threshold = (raw.above ?? raw.below)!;
  const field = {
    ...base,
    measurement: raw.measurement!,
    field: raw.field!,
    scope: raw.scope ?? {},
    direction: raw.above === undefined ? ('below' as const) : ('above' as const),
    threshold,
    clear: raw.clear ?? threshold,
    clearForMs: raw.clear_for ?? 0,
  };
  const group = raw.domain_threshold;
  if (!group) return { ...field, kind: 'threshold' };
  return {
    ...field,
    kind: 'domain_threshold',
    group: {
      by: group.share === undefined ? 'count' : 'share',
      level: (group.share ?? group.count)!,
      clear: group.clear,
      atLeast: group.at_least ?? 1,
    },
  };
}
