import type { Cell, Column } from './varbind.ts';

/** One row: its index and the cells that were read, by symbol name. A column that was cut short simply lacks some. */
export interface Row {
  readonly index: string;
  readonly cells: Readonly<Record<string, Cell>>;
}

/** Joins columns into rows by index, in the numeric order of the index. */
export function joinRows(columns: ReadonlyMap<string, Column>): Row[] {
  const rows = new Map<string, Record<string, Cell>>();
  for (const [name, column] of columns)
    for (const [index, cell] of column) {
      const row = rows.get(index) ?? {};
      row[name] = cell;
      rows.set(index, row);
    }
  return [...rows].map(([index, cells]) => ({ index, cells })).sort((a, b) => compareOids(a.index, b.index));
}

/** Orders dotted numbers as SNMP does: sub-identifier by sub-identifier, a prefix first. */
export function compareOids(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
