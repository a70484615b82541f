import type { GroupThreshold, Override, Rule } from './rule.ts';
import type { RawOverride, RawRule } from './rule-schema.ts';

/** The rule that a checked entry of a rule file means, its overrides worked out in full. */
export function toRule(raw: RawRule): Rule {
  const rule = plainRule(raw);
  if (!raw.during) return rule;
  const during = Object.entries(raw.during).map(
    ([category, override]): Override<Rule> => ({
      category,
      rule: override === 'off' ? 'off' : { ...plainRule(overridden(raw, override)), category },
    }),
  );
  // An override keeps the kind of its rule.
  return { ...rule, during } as Rule;
}

/** Single keys are replaced; a level without a `clear` of its own is its own clear level (see the check of the schema). */
function overridden(raw: RawRule, override: RawOverride): RawRule {
  return { ...raw, ...override, severity: override.severity ?? raw.severity };
}

function plainRule(raw: RawRule): Rule {
  const base = {
    name: raw.name,
    domain: raw.domain,
    severity: raw.severity,
    summary: raw.summary,
    forMs: raw.for ?? 0,
  };
  if (raw.silent !== undefined) return { ...base, kind: 'silence', domain: raw.domain! };
  const field = {
    ...base,
    measurement: raw.measurement!,
    field: raw.field!,
    scope: raw.scope ?? {},
    ...(raw.flaps ? flapLevels(raw.flaps) : levels(raw)),
  };
  const group = raw.domain_threshold;
  return group ? { ...field, kind: 'domain_threshold', group: toGroup(group) } : { ...field, kind: 'threshold' };
}

function levels(raw: RawRule) {
  const threshold = (raw.above ?? raw.below)!;
  return {
    direction: raw.above === undefined ? ('below' as const) : ('above' as const),
    threshold,
    clear: raw.clear ?? threshold,
    clearForMs: raw.clear_for ?? 0,
    ...(raw.over !== undefined && { memory: { of: 'mean' as const, spanMs: raw.over } }),
  };
}

/** No change is left in the span once it was quiet for that long; the rest of the quiet time must pass on top. */
function flapLevels({ changes, within, clear = within }: NonNullable<RawRule['flaps']>) {
  return {
    direction: 'above' as const,
    threshold: changes - 1,
    clear: 0,
    clearForMs: clear - within,
    memory: { of: 'changes' as const, spanMs: within },
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
