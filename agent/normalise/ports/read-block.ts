import { TAG } from '../../drivers/ber.ts';
import { type OidPrefix, oidPrefix, type PortBlock } from './layout.ts';
import type { PortNames, PortTable } from './table.ts';

/** Scalars that stand before the cells of an answer, as non-repeaters. */
export interface BlockScalar {
  /** All of the instance's OID. */
  readonly prefix: OidPrefix;
  readonly tags: readonly number[];
}

const scalar = (oid: string, ...tags: number[]): BlockScalar => ({ prefix: oidPrefix(oid), tags });

/** RFC 3418, RFC 2863. */
export const SYS_UP_TIME = scalar('1.3.6.1.2.1.1.3.0', TAG.TimeTicks);
export const IF_NUMBER = scalar('1.3.6.1.2.1.2.1.0', TAG.Integer, TAG.Gauge32);
export const IF_TABLE_LAST_CHANGE = scalar('1.3.6.1.2.1.31.1.5.0', TAG.TimeTicks);

export interface BlockReading {
  /** Values of the scalars asked for, in order; the first is sysUpTime. */
  readonly scalars: Float64Array;
  /** Names that are not what they were, by `row * texts + text`. */
  readonly renamed: Map<number, Uint8Array>;
}

/** `short`: all is as it should be, but the answer ends before all cells were there. */
export type BlockVerdict = 'good' | 'short' | 'other';

/** What is read from one answer and moved along while it is: kept outside so that no object is made for it. */
let pos = 0;

/**
 * Reads the variable bindings `bytes[from, to)` of the answer to one block straight into `table`, following what the layout says must stand there.
 * Stops as soon as anything is otherwise (another OID, type or number of cells): then nothing of the block counts, and a full reader has to look.
 * Never reads outside the range.
 */
export function readBlock(
  bytes: Uint8Array,
  from: number,
  to: number,
  block: PortBlock,
  asked: readonly BlockScalar[],
  table: PortTable,
  names: PortNames,
  into: BlockReading,
): BlockVerdict {
  const { layout } = table;
  const { columns, rows: tableRows, numbers } = layout;
  const texts = columns.length - numbers;
  // Every read below is of an octet inside the range: a head is checked to fit before it is looked at.
  const view = new DataView(bytes.buffer, bytes.byteOffset, to);
  pos = from;
  for (let k = 0; k < asked.length; k++) {
    const value = readScalar(view, to, asked[k]!);
    if (value < 0) return 'other';
    into.scalars[k] = value;
  }
  if (block.endOf !== undefined && !readEnd(view, to, columns[block.endOf]!.prefix.octets)) return 'other';
  const { rows, columns: some } = block;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const index = tableRows[row]!.octets;
    for (let j = 0; j < some.length; j++) {
      if (pos === to) return 'short';
      const c = some[j]!;
      const column = columns[c]!;
      const end = enterVarbind(view, to, column.prefix, index);
      if (end < 0) return 'other';
      const length = head(view, end, column.tag);
      if (length < 0 || pos + length !== end) return 'other';
      if (column.isText) {
        const k = row * texts + c - numbers;
        if (!names.is(k, bytes, pos, end)) into.renamed.set(k, bytes.slice(pos, end));
      } else if (!readNumber(view, length, column.tag, table, row * numbers + c)) return 'other';
      pos = end;
    }
  }
  return pos === to ? 'good' : 'other';
}

/** Enters the next varbind when its OID is `prefix` followed by `suffix`; `pos` is then at the value. Returns where it ends, -1 if it is another. */
function enterVarbind(view: DataView, to: number, { octets, words }: OidPrefix, suffix: Uint8Array): number {
  const content = head(view, to, TAG.Sequence);
  if (content < 0) return -1;
  const end = pos + content;
  const length = head(view, end, TAG.ObjectIdentifier);
  const long = octets.length;
  if (length !== long + suffix.length) return -1;
  let at = pos;
  for (let k = 0; k < words.length; k++, at += 4) if (view.getInt32(at) !== words[k]) return -1;
  for (let k = words.length * 4; k < long; k++) if (view.getUint8(at++) !== octets[k]) return -1;
  for (let k = 0; k < suffix.length; k++) if (view.getUint8(at++) !== suffix[k]) return -1;
  pos = at;
  return end;
}

/** Tag and length at `pos`; -1 when the tag is another or the content does not fit before `end`. */
function head(view: DataView, end: number, tag: number): number {
  if (pos + 2 > end || view.getUint8(pos) !== tag) return -1;
  let length = view.getUint8(pos + 1);
  let at = pos + 2;
  if (length > 127) {
    const octets = length & 127;
    if (octets === 0 || octets > 4 || at + octets > end) return -1;
    length = 0;
    for (let k = 0; k < octets; k++) length = length * 256 + view.getUint8(at++);
  }
  if (length > end - at) return -1;
  pos = at;
  return length;
}

/** The number of `length` octets at `pos`; false for what a full reader has to look at (negative, or longer than its type). */
function readNumber(view: DataView, length: number, tag: number, table: PortTable, cell: number): boolean {
  const { high, low } = table;
  if (tag === TAG.Counter64) {
    if (length > 8) {
      if (length > 9 || view.getUint8(pos) !== 0) return false;
      high[cell] = view.getUint32(pos + 1);
      low[cell] = view.getUint32(pos + 5);
      return true;
    }
    if (length > 4) {
      high[cell] = upTo4(view, pos, length - 4);
      low[cell] = view.getUint32(pos + length - 4);
      return true;
    }
    if (length === 0) return false;
    high[cell] = 0;
    low[cell] = upTo4(view, pos, length);
    return true;
  }
  if (length === 0 || length > 5) return false;
  // An Integer with the top bit set is negative; the others are meant as they stand.
  if (tag === TAG.Integer && view.getUint8(pos) > 127) return false;
  if (length === 5) {
    if (view.getUint8(pos) !== 0) return false;
    high[cell] = 0;
    low[cell] = view.getUint32(pos + 1);
    return true;
  }
  // Shorter and with the top bit set, it stands for a number whose upper octets are all ones.
  if (length < 4 && view.getUint8(pos) > 127) return false;
  high[cell] = 0;
  low[cell] = upTo4(view, pos, length);
  return true;
}

function upTo4(view: DataView, at: number, length: number): number {
  switch (length) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 3:
      return (view.getUint16(at) << 8) | view.getUint8(at + 2);
    default:
      return view.getUint32(at);
  }
}

const NOTHING = new Uint8Array(0);

/** An unsigned number of up to 32 bits; -1 when something else stands there. */
function readScalar(view: DataView, to: number, { prefix, tags }: BlockScalar): number {
  const end = enterVarbind(view, to, prefix, NOTHING);
  if (end < 0 || pos >= end) return -1;
  const tag = view.getUint8(pos);
  if (!tags.includes(tag)) return -1;
  const length = head(view, end, tag);
  if (length < 1 || length > 5 || pos + length !== end) return -1;
  const value = length === 5 ? (view.getUint8(pos) === 0 ? view.getUint32(pos + 1) : -1) : upTo4(view, pos, length);
  pos = end;
  return value;
}

/** Passes a varbind that must lie outside a column: the table has no row after the last one known. */
function readEnd(view: DataView, to: number, column: Uint8Array): boolean {
  const content = head(view, to, TAG.Sequence);
  if (content < 0) return false;
  const end = pos + content;
  const length = head(view, end, TAG.ObjectIdentifier);
  if (length < 0) return false;
  let inside = length > column.length;
  for (let k = 0; inside && k < column.length; k++) inside = view.getUint8(pos + k) === column[k];
  pos += length;
  // What follows the table's last row of all is the row itself, with an exception (RFC 3416 section 3) in place of a value.
  if (inside && !(pos + 2 <= end && view.getUint8(pos) === TAG.endOfMibView)) return false;
  pos = end;
  return true;
}
