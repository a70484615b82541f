import { mapOids } from './oids.ts';
import type { Profile, ProfileScalar, ProfileTable } from './profile.ts';

/** The base with its OIDs where the file that extends it says that they are; with several places for one, everything in each of them. */
export function moved(base: Profile, moves: Profile['moved']): Profile {
  const places = Math.max(0, ...(moves ?? []).map((m) => m.to.length));
  const [first, ...rest] = Array.from({ length: places }, (_, place) =>
    mapOids(base, (oid) => {
      const move = moves!.find(({ from }) => oid === from || oid.startsWith(`${from}.`));
      const to = move?.to[Math.min(place, move.to.length - 1)];
      return move && to !== undefined ? `${to}${oid.slice(move.from.length)}` : oid;
    }),
  );
  return first ? rest.reduce(beside, first) : base;
}

/** Both: what they have in common (it was not moved) once. */
function beside(one: Profile, other: Profile): Profile {
  const had = new Set([...one.scalars, ...one.tables].map(oidsOf));
  const fields = new Map(one.fields);
  for (const [name, sources] of other.fields) {
    const before = fields.get(name) ?? [];
    const known = new Set(before.map(sourceKey));
    fields.set(name, [...before, ...sources.filter((s) => !known.has(sourceKey(s)))]);
  }
  return {
    ...one,
    scalars: [...one.scalars, ...other.scalars.filter((s) => !had.has(oidsOf(s)))],
    tables: [...one.tables, ...other.tables.filter((t) => !had.has(oidsOf(t)))],
    fields,
  };
}

function sourceKey(source: object): string {
  return JSON.stringify(source);
}

/** What an entry reads. */
function oidsOf(entry: ProfileScalar | ProfileTable): string {
  return JSON.stringify([entry, 'name' in entry ? entry.name : entry.symbol.name]);
}
