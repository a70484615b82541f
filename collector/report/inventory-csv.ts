import type { InventoryItem } from '../../core/device-facts.ts';
import type { InventoryDocument, InventoryRow } from '../../core/inventory-api.ts';
import { knownSerial } from '../../core/serial.ts';
import { isStacked, partKind } from '../inventory/part-kind.ts';
import { csvLine } from './csv.ts';

const COLUMNS = [
  'site',
  'device',
  'what',
  'name',
  'role',
  'vendor',
  'model',
  'serial',
  'firmware',
  'location',
  'address',
  'first_seen',
  'last_seen',
  'gone',
] as const;

export const INVENTORY_CSV_HEADER = csvLine(COLUMNS);

/** A device as a line of the table that is handed in for E-rate, insurance or a hand-over. */
export function deviceLine(row: InventoryRow): string {
  return csvLine([
    row.site,
    row.device,
    'device',
    row.sysName,
    row.role,
    row.vendor,
    row.model,
    row.serial,
    row.firmware,
    row.location,
    row.host,
    ...seen(row),
  ]);
}

/** Its modules, stack members and optics: what has a serial number of its own. */
export function partLines(row: InventoryRow, { parts }: InventoryDocument): string[] {
  const stacked = isStacked(parts);
  const own = knownSerial(row.serial ?? undefined);
  return parts
    .filter(({ serial }) => knownSerial(serial) !== undefined && (stacked || knownSerial(serial) !== own))
    .map((part) => partLine(row, part, stacked));
}

function partLine(row: InventoryRow, part: InventoryItem, stacked: boolean): string {
  return csvLine([
    row.site,
    row.device,
    partKind(part, stacked),
    part.name ?? part.descr ?? null,
    null,
    part.manufacturer ?? row.vendor,
    part.model ?? null,
    part.serial ?? null,
    part.softwareRev ?? part.firmwareRev ?? null,
    row.location,
    null,
    ...seen(row),
  ]);
}

function seen({ firstSeen, lastSeen, gone }: InventoryRow): string[] {
  return [new Date(firstSeen).toISOString(), new Date(lastSeen).toISOString(), gone ? 'yes' : 'no'];
}
