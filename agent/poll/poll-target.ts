import { BellwetherError, type ErrorCode, errorMessage } from '../../core/errors.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import type { Column } from '../normalise/varbind.ts';
import type { ProfileSymbol } from '../profile/profile.ts';
import type { Conversation } from './conversation.ts';
import type { PollPlan, TablePlan } from './plan.ts';
import { walkColumns } from './walk.ts';

/** Rows of one table that are read at most: a chassis full of line cards has a few thousand. */
const MAX_ROWS = 10_000;

/** Columns by symbol name. */
export type TableReading = ReadonlyMap<string, Column>;

/** What one SNMP poll of one device brought, complete or not. */
export interface SnmpReading {
  readonly outcome: 'ok' | ErrorCode;
  /** The first fault in words; undefined when all went well. */
  readonly detail: string | undefined;
  readonly scalars: ReadonlyMap<string, VarBind>;
  /** By measurement. */
  readonly tables: ReadonlyMap<string, TableReading>;
}

/**
 * Asks one device for what the plan says. Never fails for what a device does: the first fault becomes the outcome, and what was read until then
 * (or in other columns) is the reading. A silent device costs one request and its repeats.
 *
 * @param wants.names read names and speeds before the counters: at the first poll, where nothing is known of the rows
 * @param wants.fallback read the 32-bit counters too
 */
export async function readDevice(
  talk: Conversation,
  plan: PollPlan,
  wants: { readonly names: boolean; readonly fallback: (table: TablePlan) => boolean },
): Promise<SnmpReading> {
  const scalars = new Map<string, VarBind>();
  const tables = new Map<string, Map<string, Column>>();
  let fault: BellwetherError | undefined;
  try {
    for (const value of await talk.get(plan.scalars.map((s) => s.oid))) scalars.set(value.oid, value);
    for (const table of plan.tables) {
      const columns = new Map<string, Column>();
      tables.set(table.measurement, columns);
      const fast = [...table.fast, ...(wants.fallback(table) ? table.fallback : [])];
      for (const part of wants.names ? [table.slow, fast] : [fast, table.slow]) {
        const found = await readColumns(talk, part, columns);
        fault ??= found;
      }
    }
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
    fault ??= error;
  }
  return { outcome: fault?.code ?? 'ok', detail: fault && errorMessage(fault), scalars, tables };
}

/** @throws the fault that ends the poll; returns one that spoils a column only. */
async function readColumns(
  talk: Conversation,
  symbols: readonly ProfileSymbol[],
  into: Map<string, Column>,
): Promise<BellwetherError | undefined> {
  const { columns, fault } = await walkColumns(
    (select) => talk.next(select),
    symbols.map((s) => s.oid),
    MAX_ROWS,
  );
  for (const symbol of symbols) into.set(symbol.name, columns.get(symbol.oid)!);
  if (fault && ENDS_POLL.has(fault.code)) throw fault;
  return fault;
}

/** After these the device is not asked further in this poll; an error status or a loop concerns what was asked. */
export const ENDS_POLL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BW_SNMP_TIMEOUT',
  'BW_SNMP_BUDGET',
  'BW_SNMP_AUTH',
  'BW_SNMP_SOURCE',
  'BW_SNMP_MALFORMED',
]);
