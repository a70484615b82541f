import type { SnmpType, VarBind } from '../../drivers/snmp-session.ts';
import type { InterfaceMemory } from '../interface.ts';
import type { Cell, Column, Stamp } from '../varbind.ts';
import { identityOf, namesOfRow, textCells } from './heads.ts';
import type { PortLayout } from './layout.ts';
import { PortNames, PortTable } from './table.ts';

/** A complete reading of the plain way as a table: the next poll's rates start from it. */
export function tableFrom(
  layout: PortLayout,
  columns: ReadonlyMap<string, Column>,
): { table: PortTable; names: PortNames } {
  const width = layout.columns.length;
  const stamps = new Map<Stamp, number>();
  const stampOf = new Uint16Array(layout.present.length);
  const numbers: { cell: number; value: bigint }[] = [];
  const names: (Uint8Array | undefined)[] = [];
  for (const [r, { index }] of layout.rows.entries())
    for (const [c, column] of layout.columns.entries()) {
      const cell = columns.get(column.name)?.get(index);
      if (column.isText) names.push(cell?.value.value as Uint8Array | undefined);
      if (!cell) continue;
      const k = stamps.get(cell.stamp) ?? stamps.size;
      stamps.set(cell.stamp, k);
      stampOf[r * width + c] = k;
      if (!column.isText) numbers.push({ cell: r * layout.numbers + c, value: BigInt(cell.value.value as number) });
    }
  const table = new PortTable(layout, stamps.size, stampOf);
  for (const [{ at, uptime }, k] of stamps) {
    table.at[k] = at;
    table.uptime[k] = uptime ?? Number.NaN;
  }
  for (const { cell, value } of numbers) {
    table.high[cell] = Number(value >> 32n);
    table.low[cell] = Number(value & 0xffff_ffffn);
  }
  return { table, names: new PortNames(names) };
}

/** A table as cells by column, as the plain way reads them: those of which `isRead` says so by block. */
export function columnsFrom(
  table: PortTable,
  names: PortNames,
  isRead: (block: number) => boolean,
): Map<string, Map<string, Cell>> {
  const { layout } = table;
  const width = layout.columns.length;
  const columns = new Map(layout.columns.map(({ name }) => [name, new Map<string, Cell>()]));
  for (const [r, { index }] of layout.rows.entries()) {
    const texts = textCells(layout, names, r);
    for (const [c, column] of layout.columns.entries()) {
      const k = r * width + c;
      if (layout.present[k] === 0 || !isRead(layout.blockOf[k]!)) continue;
      const stamp = table.stamp(table.stampOf[k]!);
      const value: VarBind = column.isText ? texts[column.name]!.value : numberOf(table, r, c);
      columns.get(column.name)!.set(index, { value, stamp });
    }
  }
  return columns;
}

/** What the plain way would remember of a complete reading. */
export function memoryFrom(table: PortTable, names: PortNames): Map<string, InterfaceMemory> {
  const { layout } = table;
  const columns = columnsFrom(table, names, () => true);
  const memory = new Map<string, InterfaceMemory>();
  for (const [r, { index }] of layout.rows.entries()) {
    const tags = namesOfRow(layout, names, r);
    const identity = identityOf(tags);
    if (identity === undefined) continue;
    const cells = [...columns].flatMap(([name, cells]): [string, Cell][] => {
      const cell = cells.get(index);
      return cell ? [[name, cell]] : [];
    });
    memory.set(index, { identity, tags, cells: Object.fromEntries(cells) });
  }
  return memory;
}

function numberOf(table: PortTable, row: number, column: number): VarBind {
  const { layout, high, low } = table;
  const { oid, type } = layout.columns[column]!;
  const cell = row * layout.numbers + column;
  return { oid: `${oid}.${layout.rows[row]!.index}`, type, value: numberFrom(type, high[cell]!, low[cell]!) };
}

function numberFrom(type: SnmpType, high: number, low: number): number | bigint {
  return type === 'Counter64' ? (BigInt(high) << 32n) | BigInt(low) : low;
}
