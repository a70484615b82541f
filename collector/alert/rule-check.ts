import type { RawOverride, RawRule } from './rule-schema.ts';

/** Reports what is wrong at a path inside the rule. */
export type Issue = (path: string[], message: string) => void;

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
export function checkRule(rule: Partial<RawRule> | null | undefined, report: Issue): void {
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
