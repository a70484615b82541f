import type { FieldSource, MetricGroup, Profile, ProfileSymbol, RowFilter, RowTag, TagSource } from './profile.ts';

/**
 * Arcs of the device's own sysObjectID within an OID, for vendors that give each product a copy of the same objects below its own number:
 * `<sysObjectID>` is all of it, `<sysObjectID:10>` its tenth arc, `<sysObjectID:1-10>` its first ten (counted from 1).
 */
export const OWN_ARCS = /<sysObjectID(?::(\d+)(?:-(\d+))?)?>/g;

/** The OID for a device; undefined when its sysObjectID has too few arcs, or it has none. */
export function ownOid(oid: string, sysObjectId: string | undefined): string | undefined {
  const own = sysObjectId?.replace(/^\./, '').split('.') ?? [];
  let short = own.length === 0;
  const made = oid.replace(OWN_ARCS, (_, from?: string, to?: string) => {
    const first = Number(from ?? 1);
    const last = Number(to ?? from ?? own.length);
    short ||= first < 1 || last > own.length || last < first;
    return own.slice(first - 1, last).join('.');
  });
  return made === oid ? oid : short ? undefined : made;
}

/** Whether anything in a profile stands below the device's own sysObjectID. */
export function isRelative(profile: Profile): boolean {
  let relative = false;
  mapOids(profile, (oid) => {
    relative ||= oid.includes('<');
    return oid;
  });
  return relative;
}

/** The profile with the OIDs of one device. What its sysObjectID is too short for is left out. */
export function forDevice(profile: Profile, sysObjectId: string | undefined): Profile {
  return mapOids(profile, (oid) => ownOid(oid, sysObjectId));
}

type OidMap = (oid: string) => string | undefined;

function mapOids(profile: Profile, map: OidMap): Profile {
  return {
    ...profile,
    scalars: profile.scalars.flatMap((scalar) => {
      const symbol = symbolOf(scalar.symbol, map);
      const group = groupOf(scalar, map);
      return symbol && group ? [{ symbol, ...group }] : [];
    }),
    tables: profile.tables.flatMap((table) => {
      const symbols = table.symbols.flatMap((s) => symbolOf(s, map) ?? []);
      const group = groupOf(table, map);
      return group && symbols.length > 0 ? [{ ...table, symbols, ...group }] : [];
    }),
    ...allFields(profile, map),
    ...(profile.lastFields && { lastFields: allFields(profile.lastFields, map) }),
    deviceTags: profile.deviceTags.flatMap((tag) => {
      const symbol = symbolOf(tag.symbol, map);
      return symbol ? [{ ...tag, symbol }] : [];
    }),
  };
}

type AllFields = Pick<Profile, 'fields' | 'fieldsByObjectId'>;

function allFields({ fields, fieldsByObjectId }: AllFields, map: OidMap): AllFields {
  return {
    fields: fieldsOf(fields, map),
    fieldsByObjectId: fieldsByObjectId.map((f) => ({ ...f, fields: fieldsOf(f.fields, map) })),
  };
}

function fieldsOf(fields: Profile['fields'], map: OidMap): Profile['fields'] {
  return new Map(
    [...fields].map(([name, sources]) => [
      name,
      sources.flatMap((source): FieldSource[] => {
        if ('value' in source) return [source];
        const symbol = symbolOf(source.symbol, map);
        return symbol ? [{ symbol }] : [];
      }),
    ]),
  );
}

/** Undefined where a filter cannot be told: what it keeps out must stay out. */
function groupOf({ tags, where, rank }: MetricGroup, map: OidMap): MetricGroup | undefined {
  const filters = where.flatMap((filter): RowFilter[] => {
    const source = sourceOf(filter.source, map);
    return source ? [{ ...filter, source }] : [];
  });
  if (filters.length < where.length) return undefined;
  const told = tags.flatMap((tag): RowTag[] => {
    const source = sourceOf(tag.source, map);
    return source ? [{ ...tag, source }] : [];
  });
  return { tags: told, where: filters, rank };
}

function sourceOf(source: TagSource, map: OidMap): TagSource | undefined {
  if (source.kind !== 'column' && source.kind !== 'lookup') return source;
  const symbol = symbolOf(source.symbol, map);
  if (!symbol) return undefined;
  if (source.kind === 'column') return { ...source, symbol };
  const [lookup, by] = [source.lookup, source.by].map((s) => s && symbolOf(s, map));
  const lost = (source.lookup && !lookup) || (source.by && !by);
  return lost ? undefined : { ...source, symbol, lookup, by };
}

function symbolOf(symbol: ProfileSymbol, map: OidMap): ProfileSymbol | undefined {
  const oid = map(symbol.oid);
  if (oid === undefined) return undefined;
  if (!symbol.factors) return oid === symbol.oid ? symbol : { ...symbol, oid };
  const factors = symbol.factors.flatMap((factor) => {
    const by = symbolOf(factor.symbol, map);
    return by ? [{ ...factor, symbol: by }] : [];
  });
  return factors.length < symbol.factors.length ? undefined : { ...symbol, oid, factors };
}
