import type { VarBind } from '../drivers/snmp-session.ts';

/** What was read from a device: instances by their OID, columns by the OID before the row's index, then by that index. */
export interface Reading {
  readonly scalars: ReadonlyMap<string, VarBind>;
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, VarBind>>;
}

/** One cell of a table; undefined when it was not read. */
export function cellOf(reading: Reading, column: string, index: string): VarBind | undefined {
  return reading.columns.get(column)?.get(index);
}

/** A scalar by its instance, or, where a file names an object without instance, the first of what stands below it. */
export function scalarOf(reading: Reading, oid: string): VarBind | undefined {
  const exact = reading.scalars.get(oid);
  if (exact) return exact;
  return reading.columns.get(oid)?.values().next().value;
}
