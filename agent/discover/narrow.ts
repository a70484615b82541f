import { sectionOf } from '../facts/section.ts';
import type { Profile, ProfileSymbol, ProfileTable, RowTag } from '../profile/profile.ts';

/** ifDescr, ifType and ifName (RFC 2863): how a port is called, and how many a device has. */
const PORTS: ReadonlySet<string> = new Set(['1.3.6.1.2.1.2.2.1.2', '1.3.6.1.2.1.2.2.1.3', '1.3.6.1.2.1.31.1.1.1.1']);
/** Of the parts: which one is the chassis, and what it is. */
const PARTS: ReadonlySet<string> = new Set(['class', 'containedIn', 'model', 'serial', 'softwareRev', 'firmwareRev']);

/**
 * What discovery reads of a device by its profile: who it is, its ports by name, its neighbours. No counters, no sensors: a sweep looks at hundreds
 * of devices at a limited pace. Pure.
 */
export function narrowToIdentity(profile: Profile): Profile {
  return {
    ...profile,
    scalars: profile.scalars.filter(({ symbol }) => isWanted(symbol)),
    deviceTags: [],
    tables: profile.tables.flatMap((table) => narrowTable(table) ?? []),
  };
}

function narrowTable(table: ProfileTable): ProfileTable | undefined {
  const symbols = table.symbols.filter(isWanted);
  const tags = table.tags.filter(isPortTag);
  if (symbols.some(({ name }) => sectionOf(name))) return { ...table, symbols };
  return symbols.length + tags.length === 0 ? undefined : { ...table, symbols, tags };
}

function isWanted({ oid, name }: ProfileSymbol): boolean {
  const part = sectionOf(name);
  if (!part) return PORTS.has(oid);
  return part.section === 'neighbor' || (part.section === 'inventory' && PARTS.has(part.name));
}

function isPortTag({ source }: RowTag): boolean {
  return source.kind === 'column' && PORTS.has(source.symbol.oid);
}
