import { decodeMapping } from './decode-mapping.ts';
import { decodePattern, decodeSymbol } from './decode-symbol.ts';
import type { Part } from './part.ts';
import { goTemplate } from './pattern.ts';
import {
  FORMATS,
  type IndexPart,
  type IndexReading,
  type ProfileSymbol,
  type RowTag,
  type TagSource,
  type ValueFormat,
} from './profile.ts';

/** The tags of a list in the file: mappings, or Datadog's `name:text`. */
export function decodeTags(owner: Part, key: string): RowTag[] {
  const texts: [number, string][] = [];
  const tags = owner.parts(key, (item, i) => {
    if (typeof item !== 'string' || !item.includes(':')) return false;
    texts.push([i, item]);
    return true;
  });
  return [...tags.flatMap((part) => decodeTag(part) ?? []), ...texts.map(([, text]) => staticTag(text))];
}

/** `static_tags` of a file or an entry, in either form. */
export function decodeStaticTags(owner: Part): RowTag[] {
  return decodeTags(owner, 'static_tags');
}

function staticTag(text: string): RowTag {
  const colon = text.indexOf(':');
  return {
    tag: text.slice(0, colon).trim(),
    source: { kind: 'static', value: text.slice(colon + 1).trim() },
    mapping: undefined,
    match: undefined,
  };
}

/** One tag of a row, or undefined with the reason noted: that tag is left out, the row stays. */
export function decodeTag(part: Part): RowTag | undefined {
  const source = decodeSource(part);
  const match = decodeTagMatch(part);
  const mapping = decodeMapping(part);
  const tag = part.text('tag') ?? nameOf(source) ?? Object.keys(match?.tags ?? {})[0];
  part.skip('MIB', 'description', 'family', 'unit', 'chart_meta');
  part.unused('consumers');
  if (tag === undefined && !part.bad) part.wrong(undefined, 'the name of a tag');
  if (part.bad || !source || tag === undefined) return part.abandon();
  return { tag, source, mapping, match };
}

/** Where a text comes from; without one of the sources the part is bad. */
export function decodeSource(part: Part): TagSource | undefined {
  const parts = decodeParts(part);
  const position = part.integer('index', 1);
  const whole = part.flag('whole_index');
  const value = part.text('value');
  part.skip('table');
  const looked = part.part('lookup');
  if (looked) return decodeLookup(part, looked, parts);
  const column = columnOf(part);
  if (part.bad) return undefined;
  if (column && 'oid' in column) return bySymbol(part, column, parts);
  // A symbol without an OID only says how the index, or the part of it, is read.
  const format = part.oneOf('format', FORMATS) ?? column?.format;
  const read = column?.read;
  if (position !== undefined && format === undefined && !read) return { kind: 'index', position };
  const at = position === undefined ? parts : [{ start: position - 1, end: position - 1, dropRight: 0 }];
  if (whole || at.length > 0 || read)
    return { kind: 'whole_index', parts: at, ...(format && { format }), ...(read && { read }) };
  if (value !== undefined) return { kind: 'static', value };
  return part.wrong(undefined, 'a symbol, a column, an index or a value');
}

function bySymbol(part: Part, symbol: ProfileSymbol, parts: readonly IndexPart[]): TagSource | undefined {
  const by = part.part('lookup_symbol');
  if (!by) return { kind: 'column', symbol, parts };
  const lookup = decodeSymbol(by);
  if (!lookup) {
    part.bad = true;
    return undefined;
  }
  return { kind: 'lookup', symbol, lookup, by: undefined, parts };
}

function decodeLookup(part: Part, looked: Part, parts: readonly IndexPart[]): TagSource | undefined {
  const own = decodeParts(looked);
  const [target, lookup, by] = ['symbol', 'lookup_symbol', 'by'].map((key) => {
    const inner = looked.part(key);
    const symbol = inner && decodeSymbol(inner);
    if (inner && !symbol) part.bad = true;
    return symbol;
  });
  looked.skip('table', 'MIB');
  if (looked.bad) part.bad = true;
  if (!target && !part.bad) part.wrong('lookup', 'a symbol to be found');
  if (!target || part.bad) return undefined;
  return { kind: 'lookup', symbol: target, lookup, by, parts: own.length > 0 ? own : parts };
}

/** `symbol`, the older `column`, or the oldest form with the OID beside the name. */
function columnOf(part: Part): ProfileSymbol | OfIndex | undefined {
  const key = part.has('symbol') ? 'symbol' : 'column';
  const named = part.get(key);
  if (part.has('OID')) {
    const oid = part.oid('OID');
    const name = typeof named === 'string' ? named : (part.text('name') ?? oid);
    return oid === undefined || name === undefined ? undefined : { oid, name, type: undefined };
  }
  if (named === undefined) return undefined;
  if (typeof named === 'string') return part.wrong(key, 'a symbol with its OID', `"${named}"`);
  const inner = part.part(key);
  if (!inner) return undefined;
  const ofIndex = ['index_transform', 'index', 'whole_index'].some((k) => part.has(k));
  if (!inner.has('OID') && (ofIndex || inner.has('extract_value') || inner.has('match_pattern')))
    return decodeOfIndex(part, inner);
  const symbol = decodeSymbol(inner);
  if (!symbol) part.bad = true;
  return symbol;
}

interface OfIndex {
  readonly format?: ValueFormat | undefined;
  readonly read?: IndexReading | undefined;
}

function decodeOfIndex(part: Part, inner: Part): OfIndex | undefined {
  const symbol = decodeSymbol(inner, { oid: 'index' });
  if (!symbol) {
    part.bad = true;
    return undefined;
  }
  const { format, extract, match, mapping } = symbol;
  const read = { ...(extract && { extract }), ...(match && { match }), ...(mapping && { mapping }) };
  return { format, read: Object.keys(read).length > 0 ? read : undefined };
}

/** Positions from 0, both ends included; `drop_right` counts from the end instead, and without either it is the rest. */
function decodeParts(part: Part): IndexPart[] {
  return part.parts('index_transform').map((item): IndexPart => {
    const start = item.integer('start', 0) ?? 0;
    const end = item.integer('end', 0);
    const dropRight = item.integer('drop_right', 0) ?? 0;
    if (end !== undefined && end < start) item.wrong('end', `at least the start, ${start}`);
    if (item.bad) part.bad = true;
    return { start, end, dropRight };
  });
}

/** `match` and `tags`: several texts from the groups of one pattern. */
export function decodeTagMatch(part: Part): RowTag['match'] {
  const pattern = decodePattern(part, 'match');
  const tags = part.get('tags');
  if (!pattern) return undefined;
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags) || Object.keys(tags).length === 0)
    return part.wrong('tags', 'the tags that the pattern makes');
  const made = Object.entries(tags).map(([tag, value]) => [tag, goTemplate(String(value))]);
  return { pattern, tags: Object.fromEntries(made) as Record<string, string> };
}

function nameOf(source: TagSource | undefined): string | undefined {
  return source && 'symbol' in source ? source.symbol.name : undefined;
}
