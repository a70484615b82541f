import { moved } from './moved.ts';
import type { Profile, ProfileScalar, ProfileTable } from './profile.ts';

/** A profile with all that it extends. */
export interface ExtendedProfile {
  readonly profile: Profile;
  /** Where files extend each other: `a.yaml > b.yaml > a.yaml`. */
  readonly circles: readonly string[];
}

/**
 * A profile with everything it extends: depth first, in the order written, the file itself last; a later file replaces what an earlier one has
 * under the same identity (`overlay`). A base that is missing, or that leads back in a circle, is left out; the rest works.
 */
export function extendProfile(name: string, files: ReadonlyMap<string, Profile>): ExtendedProfile {
  const own = files.get(name);
  if (!own) throw new Error(`there is no profile ${name}`);
  const circles = new Set<string>();
  return { profile: merge(name, own, files, [], circles), circles: [...circles] };
}

function merge(
  name: string,
  own: Profile,
  files: ReadonlyMap<string, Profile>,
  above: readonly string[],
  circles: Set<string>,
): Profile {
  const chain = [...above, name];
  const bases = own.extends.flatMap((base) => {
    const found = files.get(base);
    if (!chain.includes(base)) return found ? [moved(merge(base, found, files, chain, circles), own.moved)] : [];
    circles.add([...chain, base].join(' > '));
    return [];
  });
  const [first, ...rest] = [...bases, own];
  return rest.reduce((lower, upper) => overlay(lower, upper, 'replace'), first!);
}

/**
 * `upper` over `lower`. A scalar is known by name and OID, a column by table and name, a tag and a field by its name; `upper.without` takes
 * tables and scalars of `lower` out. Within one file nothing replaces anything: two tables of one name keep both their columns.
 * `fields`: whether those of `upper` replace those of the same name, or come before them.
 */
export function overlay(lower: Profile, upper: Profile, fields: 'replace' | 'before'): Profile {
  const stays = (name: string): boolean => !upper.without.includes(name);
  const staticTags = { ...lower.staticTags, ...upper.staticTags };
  return {
    file: upper.file,
    extends: upper.extends,
    selectors: upper.selectors,
    scalars: replaceBy(
      lower.scalars.filter((s) => stays(s.symbol.name)),
      upper.scalars,
      (s: ProfileScalar) => `${s.symbol.name} ${s.symbol.oid}`,
    ),
    fields: overlayFields(lower.fields, upper.fields, fields),
    fieldsByObjectId: [...upper.fieldsByObjectId, ...lower.fieldsByObjectId],
    deviceTags: replaceBy(lower.deviceTags, upper.deviceTags, (t) => t.tag),
    ...(Object.keys(staticTags).length > 0 && { staticTags }),
    tables: overlayTables(
      lower.tables.filter((t) => stays(t.name)),
      upper.tables,
    ),
    without: [...new Set([...lower.without, ...upper.without])],
    ...(upper.matches && { matches: upper.matches }),
    ...(lower.lastFields && { lastFields: lower.lastFields }),
  };
}

/** `upper`, another project's, beside `lower`: it replaces nothing, and its fields are for what nothing else tells. */
export function beside(lower: Profile, upper: Profile): Profile {
  const last = lower.lastFields;
  return {
    ...lower,
    scalars: [...lower.scalars, ...upper.scalars],
    tables: [...lower.tables, ...upper.tables],
    deviceTags: [...lower.deviceTags, ...upper.deviceTags],
    staticTags: { ...upper.staticTags, ...lower.staticTags },
    lastFields: {
      fields: overlayFields(last?.fields ?? new Map(), upper.fields, 'before'),
      fieldsByObjectId: [...upper.fieldsByObjectId, ...(last?.fieldsByObjectId ?? [])],
    },
  };
}

function overlayFields(
  lower: Profile['fields'],
  upper: Profile['fields'],
  how: 'replace' | 'before',
): Profile['fields'] {
  const merged = new Map(lower);
  for (const [name, sources] of upper)
    merged.set(name, how === 'replace' ? sources : [...sources, ...(lower.get(name) ?? [])]);
  return merged;
}

function overlayTables(lower: readonly ProfileTable[], upper: readonly ProfileTable[]): ProfileTable[] {
  const replaced = new Map<string, Set<string>>();
  for (const table of upper) {
    const names = replaced.get(table.name) ?? new Set();
    for (const symbol of table.symbols) names.add(symbol.name);
    replaced.set(table.name, names);
  }
  const left = lower.flatMap((table) => {
    const gone = replaced.get(table.name);
    const symbols = gone ? table.symbols.filter((s) => !gone.has(s.name)) : table.symbols;
    return symbols.length === 0 ? [] : [symbols.length === table.symbols.length ? table : { ...table, symbols }];
  });
  return [...left, ...upper];
}

/** What `upper` has under a key stands where `lower` had it; the rest of `upper` follows. */
function replaceBy<T>(lower: readonly T[], upper: readonly T[], key: (item: T) => string): T[] {
  const groups = Map.groupBy(upper, key);
  const placed = new Set<string>();
  const left = lower.flatMap((item): readonly T[] => {
    const own = key(item);
    if (!groups.has(own)) return [item];
    if (placed.has(own)) return [];
    placed.add(own);
    return groups.get(own)!;
  });
  return [...left, ...upper.filter((item) => !placed.has(key(item)))];
}
