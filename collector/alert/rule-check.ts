import { SEVERITIES, type Severity } from '../engagement/decision.ts';
import type { RawLevel, RawOverride, RawRule } from './rule-schema.ts';

/** Reports what is wrong at a path inside the rule. */
export type Issue = (path: string[], message: string) => void;

type HalfRead = Partial<RawRule>;

const FIELD_KEYS = [
  'measurement',
  'field',
  'scope',
  'above',
  'below',
  'clear',
  'clear_for',
  'over',
  'percentile',
  'baseline',
  'flaps',
  'falls',
  'domain_threshold',
] as const;
/** What `flaps` and `falls` say in their own way. */
const PLAIN_KEYS = ['above', 'below', 'clear', 'for', 'clear_for', 'over', 'percentile', 'baseline'] as const;
const LEVEL_KEYS = ['above', 'below', 'clear', 'clear_for', 'domain_threshold', 'baseline'] as const;

/** The checks across keys. The rule may be half-read: anything may be missing. */
export function checkRule(rule: HalfRead | null | undefined, report: Issue): void {
  if (!isObject(rule)) return;
  const severities = levelsOf(rule);
  if (severities.length > 0) checkLevels(rule, severities, once(report));
  else {
    if (rule.severity === undefined) report(['severity'], `one of ${SEVERITIES.join(', ')}, or levels of those names`);
    checkOverrides(rule, report);
    checkPlain(rule, report);
  }
}

/** The severities that the rule has levels for, the least first. */
export function levelsOf(rule: HalfRead): Severity[] {
  return SEVERITIES.filter((severity) => rule[severity] !== undefined);
}

/** The rule as it is at one of its levels: what the level says takes the place of what the rule says for all. */
export function atLevel<R extends HalfRead>(rule: R, severity: Severity): R & { readonly severity: Severity } {
  const { info: _info, warning: _warning, critical: _critical, ...shared } = rule;
  return { ...shared, ...(rule[severity] as RawLevel), severity } as R & { readonly severity: Severity };
}

function checkPlain(rule: HalfRead, report: Issue): void {
  if (rule.silent !== undefined) {
    for (const key of FIELD_KEYS) if (rule[key] !== undefined) report([key], `no ${key} in a rule with silent`);
    if (rule.for === undefined) report(['for'], 'a duration: how long silent');
    if (rule.domain === undefined) report(['domain'], 'a domain');
    return;
  }
  if (rule.measurement === undefined) report(['measurement'], 'a measurement (or `silent: agent`)');
  if (rule.field === undefined) report(['field'], 'a field of the measurement');
  const counts = countedBy(rule);
  if (rule.flaps !== undefined && rule.falls !== undefined) report(['falls'], 'flaps or falls, not both');
  if (counts !== undefined) {
    for (const key of PLAIN_KEYS) if (rule[key] !== undefined) report([key], `no ${key} in a rule with ${counts}`);
  } else if ((rule.above === undefined) === (rule.below === undefined))
    report([rule.above === undefined ? 'above' : 'below'], 'exactly one of above and below');
  if (rule.domain_threshold !== undefined && rule.domain === undefined)
    report(['domain'], 'a domain: a domain threshold has no one device whose role could give it');
  if (rule.percentile !== undefined && rule.over === undefined) report(['percentile'], 'percentile only with over');
  if (isObject(rule.baseline)) {
    if (rule.below !== undefined) report(['baseline'], 'baseline only with above');
    if (rule.domain_threshold !== undefined) report(['baseline'], 'no baseline in a rule with domain_threshold');
  }
  checkClear(rule, [], report);
}

function countedBy(rule: HalfRead): 'flaps' | 'falls' | undefined {
  return rule.flaps !== undefined ? 'flaps' : rule.falls !== undefined ? 'falls' : undefined;
}

/** Each level must make a rule of its own, and a higher one must be the worse. */
function checkLevels(rule: HalfRead, severities: readonly Severity[], report: Issue): void {
  if (rule.severity !== undefined) report(['severity'], 'no severity beside levels');
  const whole = severities.filter((severity) => isObject(rule[severity]));
  for (const severity of whole) {
    const level = rule[severity] as RawLevel;
    if (Object.keys(level).length === 0) report([severity], 'what makes it this bad');
    if (rule.domain_threshold !== undefined || level.domain_threshold !== undefined)
      for (const key of ['above', 'below', 'clear'] as const)
        if (level[key] !== undefined)
          report([severity, key], `no ${key} in a level: when one thing is bad stands beside domain_threshold`);
    checkPlain(atLevel(rule, severity), (path, message) => report(placed(path, level, [severity]), message));
    checkLevelOverrides(rule, severity, report);
  }
  const groups = whole.filter((severity) => atLevel(rule, severity).domain_threshold !== undefined);
  if (groups.length > 0 && groups.length < whole.length)
    report([whole.find((severity) => !groups.includes(severity))!], 'domain_threshold in every level, or in none');
  whole.slice(1).forEach((severity, i) => {
    const [milder, worse] = [atLevel(rule, whole[i]!), atLevel(rule, severity)];
    const wrong = milderThan(worse, milder);
    if (wrong) report(placed([wrong.key], rule[severity] as RawLevel, [severity]), wrong.expected);
  });
  for (const [name, override] of overridesOf(rule)) {
    const path = ['during', name];
    if (Object.keys(override).length === 0) report(path, 'off, or levels, for or clear_for');
    if (override.severity !== undefined) report([...path, 'severity'], 'no severity in a rule with levels');
    for (const severity of SEVERITIES)
      if (override[severity] !== undefined && !severities.includes(severity))
        report([...path, severity], `no ${severity}: the rule has none`);
    if (severities.every((severity) => override[severity] === 'off')) report(path, 'off for the rule as a whole');
  }
}

/** In what a level that should be the worse is the milder. */
function milderThan(worse: HalfRead, milder: HalfRead): { key: string; expected: string } | undefined {
  for (const [key, other] of [
    ['above', 'below'],
    ['below', 'above'],
  ] as const) {
    const [here, there] = [worse[key], milder[key]];
    if (here !== undefined && milder[other] !== undefined) return { key, expected: `${other}, as the milder level` };
    if (typeof here !== 'number' || typeof there !== 'number') continue;
    if (key === 'above' ? here < there : here > there)
      return { key, expected: `a level no milder than ${there}, where the milder one is bad` };
  }
  if (worse.silent !== undefined && Number(worse.for) < Number(milder.for))
    return { key: 'for', expected: 'at least as long as the milder level' };
  for (const key of ['flaps', 'falls'] as const)
    if (worse[key]?.within !== milder[key]?.within) return { key, expected: 'the same `within` in every level' };
  return undefined;
}

/** What an override makes of one level. */
function checkLevelOverrides(rule: HalfRead, severity: Severity, report: Issue): void {
  for (const [name, override] of overridesOf(rule)) {
    const changed = override[severity];
    if (changed === 'off') continue;
    const { severity: _severity, info: _info, warning: _warning, critical: _critical, ...shared } = override;
    const of = isObject(changed) ? changed : {};
    const both = { ...shared, ...of };
    if (Object.keys(both).length === 0) continue;
    const place: Issue = (path, message) => {
      const rest = path.slice(2);
      report(rest[0] !== undefined && rest[0] in of ? ['during', name, severity, ...rest] : path, message);
    };
    checkOverride(atLevel(rule, severity), both, ['during', name], place);
  }
}

function overridesOf(rule: HalfRead): [string, RawOverride][] {
  const { during } = rule;
  if (!isObject(during)) return [];
  return Object.entries(during).filter((entry): entry is [string, RawOverride] => isObject(entry[1]));
}

/** Where a key stands that the level may have from the rule. */
function placed(path: string[], level: RawLevel, at: string[]): string[] {
  return path[0] !== undefined && path[0] in level ? [...at, ...path] : path;
}

/** The same problem of every level is one. */
function once(report: Issue): Issue {
  const said = new Set<string>();
  return (path, message) => {
    const text = JSON.stringify([path, message]);
    if (!said.has(text)) report(path, message);
    said.add(text);
  };
}

function isObject<T>(value: T): value is T & object {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function checkClear({ above, below, clear }: RawOverride, path: string[], report: Issue): void {
  if (typeof clear !== 'number') return;
  const at = [...path, 'clear'];
  if (typeof above === 'number' && clear > above) report(at, `a level of at most ${above}, where it is bad`);
  if (typeof below === 'number' && clear < below) report(at, `a level of at least ${below}, where it is bad`);
}

function checkOverrides(rule: HalfRead, report: Issue): void {
  for (const [name, override] of overridesOf(rule)) {
    const path = ['during', name];
    if (Object.keys(override).length === 0) report(path, 'off, or a level, for, clear, clear_for or severity');
    for (const severity of SEVERITIES)
      if (override[severity] !== undefined) report([...path, severity], `no ${severity}: the rule has no levels`);
    checkOverride(rule, override, path, report);
  }
}

/** An override takes the place of single keys of its rule, so both together must make sense. */
function checkOverride(rule: HalfRead, override: RawOverride, path: string[], report: Issue): void {
  if (rule.silent !== undefined) {
    for (const key of LEVEL_KEYS)
      if (override[key] !== undefined) report([...path, key], `no ${key} in a rule with silent`);
    return;
  }
  const counts = countedBy(rule);
  if (counts !== undefined)
    for (const key of ['clear', 'for', 'clear_for', 'baseline'] as const)
      if (override[key] !== undefined) report([...path, key], `no ${key} in a rule with ${counts}`);
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
