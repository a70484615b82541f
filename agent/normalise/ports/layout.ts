import { oidOctets, TAG } from '../../drivers/ber.ts';
import type { SnmpType } from '../../drivers/snmp-session.ts';
import type { ProfileSymbol } from '../../profile/profile.ts';
import { NAME_TAGS } from '../interface.ts';
import { compareOids } from '../table.ts';
import type { Column } from '../varbind.ts';

/** Types that a column of numbers may have. */
const NUMBERS: ReadonlySet<SnmpType> = new Set(['Integer', 'Counter32', 'Gauge32', 'TimeTicks', 'Counter64']);

/** Cells of one device that are kept at most: more is a chassis that the plain way reads as well. */
const MAX_CELLS = 60_000;

/** The beginning of an OID, as it stands in an answer. */
export interface OidPrefix {
  /** BER content octets. */
  readonly octets: Uint8Array;
  /** The same, four in one, without the last ones if they are fewer: four are compared at once. */
  readonly words: Int32Array;
}

export function oidPrefix(oid: string): OidPrefix {
  const octets = Uint8Array.from(oidOctets(oid));
  const view = new DataView(octets.buffer);
  return { octets, words: Int32Array.from({ length: octets.length >> 2 }, (_, k) => view.getInt32(k * 4)) };
}

export interface PortColumn {
  readonly name: string;
  readonly oid: string;
  /** Of the column, without the index. */
  readonly prefix: OidPrefix;
  readonly type: SnmpType;
  readonly tag: number;
  readonly isText: boolean;
  readonly slow: boolean;
  /** Octets of one varbind as it was last seen, on average, with room to grow. */
  readonly bytes: number;
}

export interface PortRow {
  readonly index: string;
  /** BER content octets of the index. */
  readonly octets: Uint8Array;
}

/** One block of cells that is read by one request: some columns over some rows that follow each other in all of them. */
export interface PortBlock {
  readonly slow: boolean;
  /** Numbers of columns and rows. */
  readonly columns: Uint16Array;
  readonly rows: Uint16Array;
  /** Ends the table: what follows the last row of this column must lie outside it. */
  readonly endOf: number | undefined;
}

/** What a device's interface table looks like: learnt once, shared by all devices that look alike. */
export interface PortLayout {
  /** Numbers first, then texts. */
  readonly columns: readonly PortColumn[];
  readonly numbers: number;
  readonly rows: readonly PortRow[];
  /** 1 where a row has a column: `row * columns.length + column`. */
  readonly present: Uint8Array;
  readonly blocks: readonly PortBlock[];
  /** Which block brings a cell, as `present`. */
  readonly blockOf: Uint16Array;
}

export interface ReplyLimit {
  /** Octets of varbinds in one answer. */
  readonly bytes: number;
  readonly repetitions: number;
}

/** Columns as a complete reading found them, the slow ones named. Undefined, or why these cannot be read by blocks. */
export function learnLayout(
  columns: ReadonlyMap<string, Column>,
  symbols: { readonly fast: readonly ProfileSymbol[]; readonly slow: readonly ProfileSymbol[] },
  limit: ReplyLimit,
): PortLayout | string {
  const rows = [...new Set([...columns.values()].flatMap((cells) => [...cells.keys()]))].sort(compareOids);
  const found: PortColumn[] = [];
  for (const [slow, list] of [
    [false, symbols.fast],
    [true, symbols.slow],
  ] as const)
    for (const { name, oid } of list) {
      const cells = columns.get(name);
      if (!cells || cells.size === 0) continue;
      const column = describe(name, oid, slow, cells);
      if (typeof column === 'string') return column;
      found.push(column);
    }
  found.sort((a, b) => Number(a.isText) - Number(b.isText));
  if (rows.length === 0 || found.length === 0) return 'no rows';
  if (rows.length * found.length > MAX_CELLS) return 'a table of too many cells';
  const present = new Uint8Array(rows.length * found.length);
  for (const [r, index] of rows.entries())
    for (const [c, { name }] of found.entries()) if (columns.get(name)!.has(index)) present[r * found.length + c] = 1;
  return layoutOf(found, rows, present, limit);
}

function describe(name: string, oid: string, slow: boolean, cells: Column): PortColumn | string {
  const isText = NAME_TAGS.includes(name);
  let type: SnmpType | undefined;
  let bytes = 0;
  for (const { value } of cells.values()) {
    if (type !== undefined && type !== value.type) return `${name} is of several types`;
    type = value.type;
    if (isText ? !(value.value instanceof Uint8Array) : !NUMBERS.has(type)) return `${name} is of type ${type}`;
    if (typeof value.value === 'number' && value.value < 0) return `${name} is negative`;
    bytes += 6 + oidOctets(value.oid).length + valueBytes(value.value);
  }
  return {
    name,
    oid,
    prefix: oidPrefix(oid),
    type: type!,
    tag: TAG[type as keyof typeof TAG],
    isText,
    slow,
    bytes: bytes / cells.size,
  };
}

/** Counters get an octet to grow. */
function valueBytes(value: number | bigint | string | Uint8Array | null): number {
  if (value instanceof Uint8Array) return value.length;
  const bits = BigInt(value ?? 0).toString(2).length;
  return Math.floor(bits / 8) + 1 + (bits > 8 ? 1 : 0);
}

/** The same table, asked for in answers of another size. */
export function resized(layout: PortLayout, limit: ReplyLimit): PortLayout {
  return layoutOf(
    layout.columns,
    layout.rows.map((r) => r.index),
    layout.present,
    limit,
  );
}

function layoutOf(
  columns: readonly PortColumn[],
  rows: readonly string[],
  present: Uint8Array,
  limit: ReplyLimit,
): PortLayout {
  const width = columns.length;
  const blocks: PortBlock[] = [];
  for (const slow of [false, true]) {
    const some = columns.flatMap((column, c) => (column.slow === slow ? [c] : []));
    // Columns that have the same rows can share a request.
    const alike = Map.groupBy(some, (c) => rows.map((_, r) => present[r * width + c]).join(''));
    for (const group of alike.values()) {
      const there = rows.flatMap((_, r) => (present[r * width + group[0]!] === 1 ? [r] : []));
      blocks.push(...divide(group, there, columns, limit).map((block) => ({ ...block, slow })));
    }
  }
  const blockOf = new Uint16Array(present.length);
  for (const [b, block] of blocks.entries())
    for (const r of block.rows) for (const c of block.columns) blockOf[r * width + c] = b;
  return {
    columns,
    numbers: columns.filter((c) => !c.isText).length,
    rows: rows.map((index) => ({ index, octets: indexOctets(index) })),
    present,
    blocks,
    blockOf,
  };
}

/** Divides columns over rows into the fewest requests whose answers stay within the limit. */
function divide(
  group: readonly number[],
  rows: readonly number[],
  columns: readonly PortColumn[],
  limit: ReplyLimit,
): Omit<PortBlock, 'slow'>[] {
  let best: { parts: number[][]; height: number[]; requests: number } | undefined;
  for (let n = 1; n <= group.length; n++) {
    const parts = balanced(group, n, (c) => columns[c]!.bytes);
    const height = parts.map((part) => {
      const bytes = part.reduce((sum, c) => sum + columns[c]!.bytes, 0);
      return Math.max(1, Math.min(limit.repetitions, Math.floor(limit.bytes / bytes)));
    });
    const fits = parts.every((part, k) => height[k]! > 1 || part.length === 1 || n === group.length);
    const requests = height.reduce((sum, h) => sum + Math.ceil(rows.length / h), 0);
    if (fits && (!best || requests < best.requests)) best = { parts, height, requests };
  }
  const { parts, height } = best!;
  return parts.flatMap((part, k) => {
    const count = Math.ceil(rows.length / height[k]!);
    // Even blocks: none is nearer to the limit than it has to be.
    return Array.from({ length: count }, (_, i) => {
      const piece = rows.slice(Math.round((i * rows.length) / count), Math.round(((i + 1) * rows.length) / count));
      return {
        columns: Uint16Array.from(part),
        rows: Uint16Array.from(piece),
        endOf: k === 0 && i === count - 1 ? part[0]! : undefined,
      };
    });
  });
}

/** `n` parts of about the same weight: the heaviest first, each to the part that is lightest. */
function balanced(items: readonly number[], n: number, weight: (item: number) => number): number[][] {
  const parts = Array.from({ length: n }, () => ({ items: [] as number[], weight: 0 }));
  for (const item of [...items].sort((a, b) => weight(b) - weight(a))) {
    const lightest = parts.reduce((least, part) => (part.weight < least.weight ? part : least));
    lightest.items.push(item);
    lightest.weight += weight(item);
  }
  // The lightest first: what ends the table is asked for with it.
  return parts.sort((a, b) => a.weight - b.weight).map((part) => part.items.sort((a, b) => a - b));
}

/** An index is the tail of an OID: its numbers as they stand there. */
function indexOctets(index: string): Uint8Array {
  return Uint8Array.from(oidOctets(`0.0.${index}`).slice(1));
}
