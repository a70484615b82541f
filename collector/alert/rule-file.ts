import type { z } from 'zod';
import { CATALOGUE, MEASUREMENT_TAGS, TELEGRAF_TOO } from '../../core/catalogue.ts';
import { matchesGlob } from '../../core/matcher.ts';
import { ConfigError, type Problem } from '../../runtime/config-error.ts';
import { type LoadedConfig, loadConfig } from '../../runtime/config-file.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-check.ts';
import { toRule } from './rule-decode.ts';
import { type RawRule, ruleFileSchema } from './rule-schema.ts';
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
    let loaded: LoadedConfig<z.output<typeof ruleFileSchema>>;
    try {
      loaded = loadConfig(file, ruleFileSchema);
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
  const names = raw.measurement === undefined ? undefined : namesOf(raw.measurement, raw.field, known);
  if (names && raw.field !== undefined && !names.fields.has(raw.field))
    problems.push(
      loaded.problem(
        ['rules', i, 'field'],
        `a field of ${raw.measurement} that holds a number${nearest(raw.field, names.fields)}`,
        `"${raw.field}"`,
      ),
    );
  const group = levelsOf(raw).some((severity) => raw[severity]!.domain_threshold) || raw.domain_threshold !== undefined;
  const values = [...COMMON_VALUES];
  if (raw.silent === undefined) values.push(...FIELD_VALUES);
  if (group) values.push(...GROUP_VALUES);
  // Tags of one thing make no sense in the line of a whole site.
  else if (raw.silent === undefined)
    values.push(...COMMON_TAGS, ...(names?.tags ?? []), ...Object.keys(raw.scope ?? {}));
  const anyTag = raw.silent === undefined && !group && names === undefined;
  for (const placeholder of placeholdersIn(raw.summary)) {
    if (values.includes(placeholder) || (anyTag && /^[A-Za-z][\w]*$/.test(placeholder))) continue;
    const expected = `a placeholder that exists here (${[...new Set(values)].join(', ')})`;
    problems.push(loaded.problem(['rules', i, 'summary'], expected, `{${placeholder}}`));
  }
  return problems;
}

/** Telegraf writes some of our measurements with fields of its own: a rule on one of those is a rule on what others push. */
function namesOf(measurement: string, field: string | undefined, known: MetricNames): ReturnType<MetricNames> {
  const names = known(measurement);
  return TELEGRAF_TOO.has(measurement) && field !== undefined && !names?.fields.has(field) ? undefined : names;
}

function nearest(name: string, candidates: ReadonlySet<string>): string {
  const stem = name.slice(0, 4);
  const close = [...candidates].filter((c) => matchesGlob(`*${stem}*`, c)).slice(0, 5);
  const shown = close.length > 0 ? close : [...candidates].slice(0, 8);
  return ` (such as ${shown.join(', ')})`;
}
