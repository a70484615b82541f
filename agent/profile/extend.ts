import { BellwetherError } from '../../core/errors.ts';
import type { Profile, ProfileTable, RowTag } from './profile.ts';

/**
 * A profile with everything it extends: depth first, in the order written, the file itself last; a later definition replaces an earlier one.
 * A scalar is known by name and OID, a column by table and name, a tag by its name.
 *
 * @throws BW_CONFIG_INVALID when a file is missing or the files extend each other in a circle.
 */
export function extendProfile(name: string, files: ReadonlyMap<string, Profile>): Profile {
  return merge(name, files, []);
}

function merge(name: string, files: ReadonlyMap<string, Profile>, above: readonly string[]): Profile {
  const chain = [...above, name];
  if (above.includes(name))
    throw new BellwetherError('BW_CONFIG_INVALID', `profiles extend each other in a circle: ${chain.join(' > ')}`);
  const own = files.get(name);
  if (!own)
    throw new BellwetherError(
      'BW_CONFIG_INVALID',
      above.length === 0 ? `there is no profile ${name}` : `${above.at(-1)} extends ${name}, which could not be loaded`,
    );
  const parts = [...own.extends.map((base) => merge(base, files, chain)), own];
  return {
    file: own.file,
    extends: own.extends,
    scalars: latest(
      parts.flatMap((p) => p.scalars),
      (s) => `${s.name} ${s.oid}`,
    ),
    texts: latest(
      parts.flatMap((p) => p.texts),
      (s) => s.name,
    ),
    deviceTags: latest(
      parts.flatMap((p) => p.deviceTags),
      (t) => t.tag,
    ),
    tables: mergeTables(parts.flatMap((p) => p.tables)),
  };
}

function mergeTables(tables: readonly ProfileTable[]): ProfileTable[] {
  const byName = Map.groupBy(tables, (t) => t.name);
  return [...byName].map(([name, same]) => ({
    name,
    symbols: latest(
      same.flatMap((t) => t.symbols),
      (s) => s.name,
    ),
    tags: latest(
      same.flatMap((t) => t.tags),
      (t: RowTag) => t.tag,
    ),
  }));
}

/** The last of each key, in the order of first appearance. */
function latest<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
