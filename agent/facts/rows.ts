import type { VarBind } from '../drivers/snmp-session.ts';
import { compareOids } from '../normalise/table.ts';
import { toText } from '../normalise/varbind.ts';
import type {
  IndexPart,
  MetricGroup,
  ProfileScalar,
  ProfileSymbol,
  ProfileTable,
  RowFilter,
  RowTag,
  TagSource,
  ValueFormat,
} from '../profile/profile.ts';
import { formatted } from './octets.ts';
import { cellOf, type Reading, scalarOf } from './reading.ts';
import { cutOut, type Evaluated, evaluate, mapped, template } from './value.ts';

/** One value that a row (or a scalar) yields. */
export interface RowValue {
  readonly symbol: ProfileSymbol;
  readonly value: Evaluated;
}

/** A row as the profile reads it. */
export interface EvaluatedRow {
  /** Table's name; undefined for scalars. */
  readonly table: string | undefined;
  /** After the column's OID; '0' for scalars. */
  readonly index: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly values: readonly RowValue[];
  readonly rank: number;
}

/** The rows of a table that its filters keep, in the order of their index; a row without any value is none. */
export function tableRows(table: ProfileTable, reading: Reading): EvaluatedRow[] {
  const indexes = new Set(table.symbols.flatMap((s) => [...(reading.columns.get(s.oid)?.keys() ?? [])]));
  const rows = [...indexes].sort(compareOids).flatMap((index): EvaluatedRow[] => {
    if (!keeps(table, reading, index)) return [];
    const beside = (oid: string): VarBind | undefined => cellOf(reading, oid, index) ?? scalarOf(reading, oid);
    const values = table.symbols.flatMap((symbol): RowValue[] => {
      const value = evaluate(symbol, cellOf(reading, symbol.oid, index), beside);
      return value ? [{ symbol, value }] : [];
    });
    if (values.length === 0) return [];
    return [{ table: table.name, index, tags: tagsOf(table.tags, reading, index), values, rank: table.rank }];
  });
  return table.aggregate ? aggregated(table, rows) : rows;
}

/** A scalar as a row of its own; undefined when the device does not have it. */
export function scalarRow(scalar: ProfileScalar, reading: Reading): EvaluatedRow | undefined {
  if (!keeps(scalar, reading, '0')) return undefined;
  const { symbol } = scalar;
  const value = evaluate(symbol, scalarOf(reading, symbol.oid), (oid) => scalarOf(reading, oid));
  if (!value) return undefined;
  return {
    table: undefined,
    index: '0',
    tags: tagsOf(scalar.tags, reading, '0'),
    values: [{ symbol, value }],
    rank: scalar.rank,
  };
}

function keeps({ where }: MetricGroup, reading: Reading, index: string): boolean {
  return where.every((filter) => passes(filter, sourceText(filter.source, reading, index) ?? ''));
}

function passes({ include, exclude, pattern }: RowFilter, text: string): boolean {
  return !exclude.has(text) && (include?.has(text) ?? true) && (pattern?.test(text) ?? true);
}

/** Tags by name; of two with the same name the first that has a text counts. */
function tagsOf(tags: readonly RowTag[], reading: Reading, index: string): Record<string, string> {
  const found: Record<string, string> = {};
  const put = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '' && found[name] === undefined) found[name] = text;
  };
  for (const { tag, source, mapping, match } of tags) {
    const text = sourceText(source, reading, index);
    if (text === undefined) continue;
    if (!match) {
      put(tag, mapping ? mapped(mapping, text) : text);
      continue;
    }
    const groups = match.pattern.exec(text);
    if (groups) for (const [name, value] of Object.entries(match.tags)) put(name, template(value, groups));
  }
  return found;
}

function sourceText(source: TagSource, reading: Reading, index: string): string | undefined {
  switch (source.kind) {
    case 'static':
      return source.value;
    case 'index':
      return index.split('.')[source.position - 1];
    case 'whole_index':
      return readIndex(indexParts(index, source.parts), source);
    case 'column': {
      const { symbol } = source;
      const at = indexParts(index, source.parts);
      const raw = cellOf(reading, symbol.oid, at) ?? besideRow(reading, symbol.oid, index);
      return evaluate(symbol, raw, (oid) => cellOf(reading, oid, at), 'tag')?.text;
    }
    case 'lookup':
      return lookedUp(source, reading, index);
  }
}

/** A scalar that stands beside every row. A column that this row does not have says nothing of it, whatever it has for another row. */
function besideRow(reading: Reading, oid: string, index: string): VarBind | undefined {
  return reading.scalars.get(oid) ?? (index === '0' ? scalarOf(reading, oid) : cellOf(reading, oid, '0'));
}

function lookedUp(
  { symbol, lookup, by, parts }: Extract<TagSource, { kind: 'lookup' }>,
  reading: Reading,
  index: string,
): string | undefined {
  const own = by && cellOf(reading, by.oid, index);
  const written = by ? own && evaluate(by, own, () => undefined, 'tag')?.text : indexParts(index, parts);
  const wanted = lookup && written && !by ? readIndex(written, { read: lookup, format: lookup.format }) : written;
  if (wanted === undefined || wanted === '') return undefined;
  const rows = lookup ? [...(reading.columns.get(lookup.oid) ?? [])] : [];
  const textOf = (value: VarBind): string | undefined =>
    lookup?.format ? formatted(value, lookup.format) : toText(value);
  const at = lookup ? rows.find(([, value]) => textOf(value) === wanted)?.[0] : wanted;
  if (at === undefined) return undefined;
  return evaluate(symbol, cellOf(reading, symbol.oid, at), (oid) => cellOf(reading, oid, at), 'tag')?.text;
}

/** The index as a symbol without an OID says: cut, then by its format, then by its mapping. */
function readIndex(
  index: string,
  { read, format }: Omit<Extract<TagSource, { kind: 'whole_index' }>, 'kind' | 'parts'>,
) {
  const cut = read ? cutOut(read, index, 'tag') : index;
  const text = cut === undefined ? undefined : indexText(cut, format);
  return text !== undefined && read?.mapping ? mapped(read.mapping, text) : text;
}

/** The numbers of an index are the octets of a name or an address (RFC 2578 section 7.7); those that are none stay numbers. */
function indexText(index: string, format: ValueFormat | undefined): string | undefined {
  const octets = index.split('.').map(Number);
  // Of an IPv4 address the numbers are its usual form already.
  if (format === undefined || (format === 'ip_address' && octets.length !== 16)) return index;
  if (octets.some((o) => !(o <= 255))) return index;
  return formatted({ oid: index, type: 'OctetString', value: Uint8Array.from(octets) }, format) ?? index;
}

function indexParts(index: string, parts: readonly IndexPart[]): string {
  if (parts.length === 0) return index;
  const numbers = index.split('.');
  return parts
    .flatMap(({ start, end, dropRight }) =>
      numbers.slice(start, end === undefined ? numbers.length - dropRight : end + 1),
    )
    .join('.');
}

function aggregated(table: ProfileTable, rows: readonly EvaluatedRow[]): EvaluatedRow[] {
  const { by, function: name } = table.aggregate!;
  const groups = Map.groupBy(rows, (row) => by.map((tag) => row.tags[tag] ?? '').join('\u0000'));
  return [...groups.values()].map((group): EvaluatedRow => {
    const names = new Set(table.symbols.map((s) => s.name));
    const values = [...names].flatMap((symbolName): RowValue[] => {
      // Columns of one name are taken together: clients of one radio in one column, those of the other in the next.
      const of = group.flatMap((row) => row.values.filter((v) => v.symbol.name === symbolName));
      if (of.length === 0) return [];
      const numbers = of.flatMap((v) => (v.value.number === undefined ? [] : [v.value.number]));
      const number = name === 'count' ? of.length : combined(name, numbers);
      return number === undefined ? [] : [{ ...of[0]!, value: { ...of[0]!.value, text: String(number), number } }];
    });
    const first = group[0]!;
    const tags = { ...staticTags(table.tags), ...Object.fromEntries(by.map((tag) => [tag, first.tags[tag] ?? ''])) };
    return { ...first, index: by.map((tag) => first.tags[tag] ?? '').join('.') || '0', tags, values };
  });
}

function staticTags(tags: readonly RowTag[]): Record<string, string> {
  return Object.fromEntries(tags.flatMap(({ tag, source }) => (source.kind === 'static' ? [[tag, source.value]] : [])));
}

function combined(name: 'sum' | 'avg' | 'max' | 'min', numbers: readonly number[]): number | undefined {
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'sum':
      return sum;
    case 'avg':
      return sum / numbers.length;
    case 'max':
      return Math.max(...numbers);
    case 'min':
      return Math.min(...numbers);
  }
}
