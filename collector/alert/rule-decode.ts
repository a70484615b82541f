import type { Memory } from './memory.ts';
import type { GroupThreshold, Override, Rule } from './rule.ts';
import { atLevel, levelsOf } from './rule-check.ts';
import type { RawOverride, RawRule } from './rule-schema.ts';

/** The rule that a checked entry of a rule file means, its overrides and levels worked out in full. */
export function toRule(raw: RawRule): Rule {
  const several = levelsOf(raw).length > 1;
  const rule = levelled(raw, several);
  if (!raw.during) return rule;
  const during = Object.entries(raw.during).map(
    ([category, override]): Override<Rule> => ({
      category,
      rule: override === 'off' ? 'off' : levelled(overridden(raw, override), several, category),
    }),
  );
  // An override keeps the kind of its rule.
  return { ...rule, during } as Rule;
}

/** With one level the rule is that level; with several it is as the first of them, and has all (one is left where an override takes the others). */
function levelled(raw: RawRule, several: boolean, category?: string): Rule {
  const levels = levelsOf(raw).map((severity) => plainRule(atLevel(raw, severity), category));
  if (levels.length === 0) return plainRule(raw, category);
  return several ? ({ ...levels[0]!, levels } as Rule) : levels[0]!;
}

/** Single keys are replaced; a level without a `clear` of its own is its own clear level (see the check of the schema). */
function overridden(raw: RawRule, override: RawOverride): RawRule {
  const { info: _info, warning: _warning, critical: _critical, ...shared } = override;
  const merged: RawRule = { ...raw, ...shared, severity: override.severity ?? raw.severity };
  for (const severity of levelsOf(raw)) {
    const changed = override[severity];
    if (changed === 'off') delete merged[severity];
    // What the override says for all levels is weaker than what it says for one, and stronger than the level as it was.
    else merged[severity] = { ...raw[severity], ...shared, ...changed };
  }
  return merged;
}

function plainRule(raw: RawRule, category?: string): Rule {
  const { flapping } = raw;
  const base = {
    name: raw.name,
    domain: raw.domain,
    severity: raw.severity!,
    summary: raw.summary,
    forMs: raw.for ?? 0,
    ...(flapping !== 'off' && {
      flapping: { openings: flapping.openings, withinMs: flapping.within, quietMs: flapping.quiet },
    }),
    ...(category !== undefined && { category }),
  };
  if (raw.silent !== undefined) return { ...base, kind: 'silence', domain: raw.domain! };
  const field = {
    ...base,
    measurement: raw.measurement!,
    field: raw.field!,
    scope: raw.scope ?? {},
    ...(counted(raw) ?? levels(raw)),
  };
  const group = raw.domain_threshold;
  if (group) return { ...field, kind: 'domain_threshold', group: toGroup(group) };
  const { baseline } = raw;
  return { ...field, kind: 'threshold', ...(baseline !== undefined && baseline !== 'off' && { baseline }) };
}

function levels(raw: RawRule) {
  const threshold = (raw.above ?? raw.below)!;
  return {
    direction: raw.above === undefined ? ('below' as const) : ('above' as const),
    threshold,
    clear: raw.clear ?? threshold,
    clearForMs: raw.clear_for ?? 0,
    ...(raw.over !== undefined && { memory: memoryOf(raw.over, raw.percentile) }),
  };
}

function memoryOf(spanMs: number, percentile: number | undefined): Memory {
  return percentile === undefined ? { of: 'mean', spanMs } : { of: 'percentile', percentile, spanMs };
}

function counted({ flaps, falls }: RawRule) {
  if (flaps) return countLevels('changes', flaps.changes, flaps);
  return falls && countLevels('falls', falls.times, falls);
}

/** No change is left in the span once it was quiet for that long; the rest of the quiet time must pass on top. */
function countLevels(
  of: 'changes' | 'falls',
  enough: number,
  { within, clear = within }: { readonly within: number; readonly clear?: number | undefined },
) {
  return {
    direction: 'above' as const,
    threshold: enough - 1,
    clear: 0,
    clearForMs: clear - within,
    memory: { of, spanMs: within },
  };
}

function toGroup(group: NonNullable<RawRule['domain_threshold']>): GroupThreshold {
  const { share, count, clear } = group;
  return {
    by: share === undefined ? 'count' : 'share',
    level: (share ?? count)!,
    clear,
    atLeast: group.at_least ?? 1,
    ...(share !== undefined && count !== undefined && { orCount: count }),
  };
}
