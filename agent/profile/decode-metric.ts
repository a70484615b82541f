import { decodePattern, decodeSymbol, type SymbolDefaults, unitOf } from './decode-symbol.ts';
import { decodeSource, decodeStaticTags, decodeTags } from './decode-tag.ts';
import type { Part } from './part.ts';
import {
  type Aggregate,
  METRIC_TYPES,
  type MetricGroup,
  type ProfileScalar,
  type ProfileSymbol,
  type ProfileTable,
  type RowFilter,
} from './profile.ts';

/** The instance of a scalar; a column's OID stands before the row's index. */
export const INSTANCE = /\.0$/;

/** Entries of `metrics`, and how many of their symbols could be read. */
export interface DecodedMetrics {
  readonly scalars: readonly ProfileScalar[];
  readonly tables: readonly ProfileTable[];
  readonly loaded: number;
  readonly total: number;
}

/** Reads each entry for itself: what cannot be read costs that symbol, tag or entry only. */
export function decodeMetrics(root: Part): DecodedMetrics {
  const scalars: ProfileScalar[] = [];
  const tables: ProfileTable[] = [];
  let loaded = 0;
  let total = 0;
  for (const entry of root.parts('metrics')) {
    const table = entry.has('symbols') || (entry.has('table') && !entry.has('symbol'));
    total += table ? Math.max(1, countOf(entry.get('symbols'))) : 1;
    const read = table ? decodeTable(entry) : decodeScalar(entry);
    if (!read) entry.abandon();
    else if ('symbol' in read) scalars.push(read);
    else {
      const [single, columns] = split(read);
      scalars.push(...single);
      if (columns.symbols.length > 0) tables.push(columns);
    }
    loaded += !read ? 0 : 'symbol' in read ? 1 : read.symbols.length;
  }
  return { scalars, tables, loaded, total };
}

/** Kentik writes scalars as the symbols of an entry without a table, and also among the columns of a table: its tags are then not theirs. */
function split(table: ProfileTable): [ProfileScalar[], ProfileTable] {
  const { tags, where, rank } = table;
  const [single, columns] = [true, false].map((is) => table.symbols.filter((s) => INSTANCE.test(s.oid) === is));
  const own = columns!.length > 0 ? { tags: [], where: [] } : { tags, where };
  return [single!.map((symbol) => ({ symbol, ...own, rank })), { ...table, symbols: columns! }];
}

function countOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function decodeScalar(entry: Part): ProfileScalar | undefined {
  const written = entry.get('symbol');
  const defaults = defaultsOf(entry);
  const inner = typeof written === 'object' ? entry.part('symbol') : undefined;
  // Datadog's older form has the OID and the name in the entry itself, or the name alone as `symbol`.
  const own = typeof written === 'string' ? written : undefined;
  if (inner) entry.skip('OID', 'name');
  const symbol = inner ? decodeSymbol(inner, defaults) : decodeSymbol(entry, { ...defaults, name: own });
  const group = decodeGroup(entry);
  if (!symbol || !group) return undefined;
  return { symbol: flagOf(symbol, entry), ...group };
}

function decodeTable(entry: Part): ProfileTable | undefined {
  const written = entry.get('table');
  const table = typeof written === 'string' ? undefined : entry.part('table');
  const named = typeof written === 'string' ? written : (table?.text('name') ?? table?.oid('OID'));
  table?.skip('OID', 'MIB');
  const group = decodeGroup(entry);
  const aggregate = decodeAggregate(entry);
  const defaults = { ...defaultsOf(entry), oid: undefined };
  const counted = firstColumn(group);
  const symbols = entry.parts('symbols').flatMap((part) => {
    // A count of rows may name no object: the rows are those of the first tag's column.
    const oid = part.has('OID') || part.get('constant_value_one') !== true ? undefined : counted;
    return decodeSymbol(part, { ...defaults, oid }) ?? [];
  });
  if (!entry.has('symbols')) entry.wrong(undefined, 'a table with symbols', 'none');
  if (!group || symbols.length === 0) return undefined;
  // Without a table's name the file still says what belongs together: the entry.
  return {
    name: named ?? symbols[0]!.name,
    symbols: symbols.map((symbol) => flagOf(symbol, entry)),
    ...group,
    aggregate,
  };
}

function firstColumn(group: MetricGroup | undefined): string | undefined {
  for (const { source } of group?.tags ?? []) if (source.kind === 'column') return source.symbol.oid;
  return undefined;
}

function defaultsOf(entry: Part): SymbolDefaults {
  entry.skip('MIB', 'description', 'family', 'name');
  return {
    type: entry.oneOf('metric_type', METRIC_TYPES) ?? entry.oneOf('forced_type', METRIC_TYPES),
    unit: entry.text('unit') ?? unitOf(entry),
  };
}

function decodeGroup(entry: Part): MetricGroup | undefined {
  const tags = [
    ...decodeTags(entry, 'metric_tags'),
    ...decodeTags(entry, 'symbol_tags'),
    ...decodeTags(entry, 'tags'),
    ...decodeStaticTags(entry),
  ];
  const where = decodeWhere(entry);
  const rank = entry.number('rank') ?? 0;
  // A filter that cannot be read would let through what was to be kept out.
  return where && { tags, where, rank };
}

/** Ours: the rows that count. */
function decodeWhere(entry: Part): RowFilter[] | undefined {
  const parts = entry.parts('where');
  const filters = parts.flatMap((part): RowFilter[] => {
    const source = decodeSource(part);
    part.skip('MIB');
    const include = part.has('include') ? new Set(part.texts('include')) : undefined;
    const exclude = new Set(part.texts('exclude'));
    const pattern = decodePattern(part, 'pattern');
    if (!include && exclude.size === 0 && !pattern && !part.bad) part.wrong(undefined, 'include, exclude or pattern');
    return part.bad || !source ? [] : [{ source, include, exclude, pattern }];
  });
  return filters.length === parts.length ? filters : undefined;
}

/** Ours: one row made of many. */
function decodeAggregate(entry: Part): Aggregate | undefined {
  const part = entry.part('aggregate');
  if (!part) return undefined;
  const made = part.oneOf('function', ['sum', 'count', 'avg', 'max', 'min']);
  const by = part.texts('by');
  if (!made && !part.bad) part.wrong('function', 'sum, count, avg, max or min');
  return made && { function: made, by };
}

/** `flag_stream`: one character of a text of zeros and ones is the value, at `placement` from 1. */
function flagOf(symbol: ProfileSymbol, entry: Part): ProfileSymbol {
  const options = entry.part('options');
  if (!options) return symbol;
  const placement = options.integer('placement', 1);
  const suffix = options.text('metric_suffix');
  if (symbol.type !== 'flag_stream' || placement === undefined) return symbol;
  const name = suffix === undefined ? symbol.name : `${symbol.name}.${suffix}`;
  return { ...symbol, name, extract: new RegExp(`^.{${placement - 1}}([01])`) };
}
