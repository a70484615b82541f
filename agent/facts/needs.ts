import type { MetricGroup, Profile, ProfileSymbol, TagSource } from '../profile/profile.ts';
import { besides } from './value.ts';

/** The OIDs that a profile's facts are made of. */
export interface Needs {
  /** Instances (or objects without instance, of which the first counts). */
  readonly scalars: readonly string[];
  readonly columns: readonly string[];
}

/** What has to be read for everything in the profile, each OID once. */
export function needsOf(profile: Profile): Needs {
  const scalars = new Set<string>();
  const columns = new Set<string>();
  const add = (into: Set<string>, symbol: ProfileSymbol): void => {
    for (const oid of [symbol.oid, ...besides(symbol)]) (isInstance(oid) ? scalars : into).add(oid);
  };
  for (const scalar of profile.scalars) {
    add(scalars, scalar.symbol);
    for (const symbol of symbolsOfGroup(scalar)) add(scalars, symbol);
  }
  for (const table of profile.tables) {
    for (const symbol of [...table.symbols, ...symbolsOfGroup(table)]) add(columns, symbol);
  }
  for (const { symbol } of profile.deviceTags) add(scalars, symbol);
  const fields = [profile, ...(profile.lastFields ? [profile.lastFields] : [])].flatMap((p) => [
    p.fields,
    ...p.fieldsByObjectId.map((f) => f.fields),
  ]);
  for (const sources of fields.flatMap((f) => [...f.values()]))
    for (const source of sources) if ('symbol' in source) add(scalars, source.symbol);
  return { scalars: [...scalars].filter((oid) => !columns.has(oid)), columns: [...columns] };
}

/** `.0` ends the instance of a scalar (RFC 2578 section 7.10); no row has that index alone but in tables that count from 0. */
function isInstance(oid: string): boolean {
  return oid.endsWith('.0');
}

function symbolsOfGroup({ tags, where }: MetricGroup): ProfileSymbol[] {
  return [...tags.map((t) => t.source), ...where.map((w) => w.source)].flatMap(symbolsOfSource);
}

function symbolsOfSource(source: TagSource): ProfileSymbol[] {
  if (source.kind === 'column') return [source.symbol];
  if (source.kind === 'lookup') return [source.symbol, source.lookup, source.by].filter((s) => s !== undefined);
  return [];
}
