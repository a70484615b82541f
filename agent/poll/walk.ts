import { BellwetherError } from '../../core/errors.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import { compareOids } from '../normalise/table.ts';
import type { Cell, Column, Stamp } from '../normalise/varbind.ts';

/**
 * Asks for the values that follow some OIDs. `select` is called with how many OIDs fit into one request (again when a request has to be
 * made smaller and repeated) and gives them; the answer keeps their order, and a list in it may be short or empty.
 */
export type AskNext = (
  select: (atMost: number) => readonly string[],
) => Promise<{ readonly columns: readonly (readonly VarBind[])[]; readonly stamp: Stamp }>;

export interface WalkResult {
  /** Cells by column OID, whatever was read until the end or the fault. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The first fault; undefined when every column was read to its end. */
  readonly fault: BellwetherError | undefined;
  /** Index of the last row up to which every column was asked; undefined: all were, '' : none. */
  readonly upTo: string | undefined;
}

interface Cursor {
  readonly column: string;
  readonly cells: Map<string, Cell>;
  /** Index of the last row, '' before the first. */
  last: string;
  done: boolean;
}

/**
 * Reads whole columns. Stops a column at its end, at an OID that does not increase (BW_SNMP_LOOP) or at `maxRows` rows; stops altogether when a
 * request fails. Never throws for what a device does: what was read until then is the result.
 */
export async function walkColumns(ask: AskNext, columns: readonly string[], maxRows: number): Promise<WalkResult> {
  const cursors = columns.map((column): Cursor => ({ column, cells: new Map(), last: '', done: false }));
  let fault: BellwetherError | undefined;
  while (cursors.some((c) => !c.done)) {
    let asked: Cursor[] = [];
    try {
      const reply = await ask((atMost) => {
        asked = cursors.filter((c) => !c.done).slice(0, atMost);
        return asked.map((c) => (c.last === '' ? c.column : `${c.column}.${c.last}`));
      });
      if (reply.columns.every((values) => values.length === 0))
        throw new BellwetherError('BW_SNMP_MALFORMED', 'the device answered a walk with nothing');
      for (const [i, cursor] of asked.entries()) {
        const found = accept(cursor, reply.columns[i] ?? [], reply.stamp, maxRows);
        fault ??= found;
      }
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      fault ??= error;
      break;
    }
  }
  const open = cursors.filter((c) => !c.done).map((c) => c.last);
  const upTo = open.includes('') ? '' : open.toSorted(compareOids)[0];
  return { columns: new Map(cursors.map((c) => [c.column, c.cells])), fault, upTo };
}

function accept(
  cursor: Cursor,
  values: readonly VarBind[],
  stamp: Stamp,
  maxRows: number,
): BellwetherError | undefined {
  const { column } = cursor;
  for (const value of values) {
    const inside = value.oid.startsWith(`${column}.`);
    const index = inside ? value.oid.slice(column.length + 1) : '';
    const increases = inside
      ? cursor.last === '' || compareOids(index, cursor.last) > 0
      : compareOids(value.oid, column) > 0;
    if (value.type === 'endOfMibView' || (increases && !inside)) {
      cursor.done = true;
      return undefined;
    }
    if (!increases) {
      cursor.done = true;
      return new BellwetherError(
        'BW_SNMP_LOOP',
        `${value.oid} came after ${column}${cursor.last && `.${cursor.last}`}`,
      );
    }
    if (cursor.cells.size >= maxRows) {
      cursor.done = true;
      return new BellwetherError('BW_SNMP_BUDGET', `${cursor.column} has more than ${maxRows} rows`);
    }
    cursor.last = index;
    cursor.cells.set(index, { value, stamp });
  }
  return undefined;
}
