import type { FieldSource, MetricGroup, Profile, ProfileSymbol, RowFilter, RowTag, TagSource } from './profile.ts';

/** Gives the OID that stands in the place of one; undefined: there is none. */
export type OidMap = (oid: string) => string | undefined;

/**
 * A profile with other OIDs. A symbol, tag, field or factor whose OID is lost goes; with a filter or a factor goes what hangs on it, because
 * without it a wrong value would be told.
 */
export function mapOids(profile: Profile, map: OidMap): Profile {
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
