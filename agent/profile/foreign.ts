import { basename } from 'node:path';
import { isMapping } from './part.ts';
import type { DecodedProfile, Profile } from './profile.ts';

/** Keys at the root that only the files of Datadog, Netdata and Kentik have. */
const ROOT = ['sysobjectid', 'device', 'provider', 'matches', 'virtual_metrics', 'topology', 'licensing', 'bgp'];
/** The same, of symbols and entries. */
const BELOW = new Set(['chart_meta', 'forced_type', 'enum', 'poll_time_sec']);

/** Whether a file is written in the way of another project, which did not mean it to stand beside our profiles. */
export function isForeign(content: Readonly<Record<string, unknown>>): boolean {
  return ROOT.some((key) => content[key] !== undefined) || hasForeignPart(content);
}

function hasForeignPart(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasForeignPart);
  if (!isMapping(value)) return false;
  // Datadog's oldest form of a tag: the OID beside the name.
  if (value['OID'] !== undefined && typeof value['symbol'] === 'string') return true;
  return Object.entries(value).some(([key, inner]) => BELOW.has(key) || hasForeignPart(inner));
}

/**
 * Keys of the files of the user's folder that are another project's: by their own words, or by those of a base in the folder. Vendors' stubs
 * of Datadog have nothing but a base and a name.
 */
export function foreignKeys(files: ReadonlyMap<string, DecodedProfile>): Set<string> {
  const found = new Set([...files].filter(([, file]) => file.foreign).map(([key]) => key));
  const byName = Map.groupBy(files.keys(), (key) => basename(key));
  const extendsForeign = (key: string): boolean =>
    files.get(key)!.profile.extends.some((base) => (byName.get(basename(base)) ?? []).some((k) => found.has(k)));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const key of files.keys()) if (!found.has(key) && extendsForeign(key)) found.add(key);
  }
  return found;
}

/** What stands in a foreign file gives way to all that the bundle knows: facts only fill what would be empty. */
const LAST_RANK = 30;

/** A foreign profile as it stands beside the bundle's. A rank that the file itself gives stays. */
export function behind(profile: Profile): Profile {
  const later = <T extends { readonly rank: number }>(group: T): T =>
    group.rank === 0 ? { ...group, rank: LAST_RANK } : group;
  return { ...profile, foreign: true, scalars: profile.scalars.map(later), tables: profile.tables.map(later) };
}

/**
 * Kentik's `matches` of a file: devices that the file is for and whose sysDescr fits a pattern have another file instead. The rules that
 * say so for the other file, by its key.
 */
export function redirections(
  key: string,
  { matches, selectors }: Pick<Profile, 'matches' | 'selectors'>,
  keyOf: (from: string, base: string) => string | undefined,
): {
  readonly pattern: string;
  readonly file: string;
  readonly to: string | undefined;
  readonly selectors: Profile['selectors'];
}[] {
  return [...(matches ?? [])].map(([pattern, file]) => ({
    pattern,
    file,
    to: keyOf(key, file),
    selectors: selectors
      .filter((s) => s.exclusive)
      .map((s) => ({ ...s, sysDescr: { include: [`/${pattern}/i`], exclude: [] } })),
  }));
}
