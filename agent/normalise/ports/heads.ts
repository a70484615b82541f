import { encodeLines } from '../../../core/line-protocol-encode.ts';
import { type Tags, withoutEmpty } from '../device-tags.ts';
import { NAME_TAGS } from '../interface.ts';
import { type Cell, toText } from '../varbind.ts';
import type { PortLayout } from './layout.ts';
import type { PortNames } from './table.ts';
import { Piece } from './text-buffer.ts';

/** Measurement and tags of each port's line as they are written, the part that all share apart. */
export interface PortHeads {
  readonly common: Piece;
  /** Each row's own part, as a piece's words, one after the other. */
  readonly rest: Int32Array;
  /** Where each row's part begins in `rest`; one more than rows. */
  readonly starts: Uint32Array;
  /** Octets of each row's part. */
  readonly lengths: Uint32Array;
  /** 1 where the row has a name by which it is known again: others get no rate. */
  readonly named: Uint8Array;
}

const TAIL = ' x=1i 0\n';

export function portHeads(device: Tags, layout: PortLayout, names: PortNames): PortHeads {
  const common = headText(device);
  const rows = layout.rows.map(({ index }, r) => ({ tags: namesOfRow(layout, names, r), index }));
  const heads = rows.map(({ tags, index }) => headText({ ...device, ifIndex: index, ...tags }));
  // A tag of the user's own may stand where one of the port's would: then nothing is common.
  const shared = heads.every((head) => head.startsWith(common)) ? common : '';
  const rest = heads.map((head) => new Piece(head.slice(shared.length)));
  const starts = new Uint32Array(rest.length + 1);
  for (const [k, part] of rest.entries()) starts[k + 1] = starts[k]! + part.words.length;
  const words = new Int32Array(starts[rest.length]!);
  for (const [k, part] of rest.entries()) words.set(part.words, starts[k]);
  return {
    common: new Piece(shared),
    rest: words,
    starts,
    lengths: Uint32Array.from(rest, (part) => part.length),
    named: Uint8Array.from(rows, ({ tags }) => (identityOf(tags) === undefined ? 0 : 1)),
  };
}

/** The name by which a row is known again. */
export function identityOf(tags: Tags): string | undefined {
  return tags['ifName'] ?? tags['ifDescr'];
}

export function namesOfRow(layout: PortLayout, names: PortNames, row: number): Tags {
  const cells = textCells(layout, names, row);
  return withoutEmpty(Object.fromEntries(NAME_TAGS.map((tag) => [tag, cells[tag] && toText(cells[tag].value)])));
}

const NO_STAMP = { at: 0, uptime: undefined };

/** The text columns of a row as cells. */
export function textCells(layout: PortLayout, names: PortNames, row: number): Record<string, Cell> {
  const texts = layout.columns.length - layout.numbers;
  const cells: Record<string, Cell> = {};
  for (let t = 0; t < texts; t++) {
    const { name, oid, type } = layout.columns[layout.numbers + t]!;
    if (layout.present[row * layout.columns.length + layout.numbers + t] === 0) continue;
    const value = Uint8Array.from(names.get(row * texts + t));
    cells[name] = { value: { oid: `${oid}.${layout.rows[row]!.index}`, type, value }, stamp: NO_STAMP };
  }
  return cells;
}

function headText(tags: Tags): string {
  return encodeLines([{ measurement: 'interface', tags, fields: { x: 1n }, time: 0 }], 'ms').slice(0, -TAIL.length);
}
