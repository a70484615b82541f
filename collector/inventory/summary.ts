import type { InventoryDocument, InventoryRow } from '../../core/inventory-api.ts';

/** What lists show of a device's document. */
export type InventorySummary = Pick<
  InventoryRow,
  'role' | 'vendor' | 'model' | 'serial' | 'firmware' | 'sysName' | 'location' | 'host'
>;

export function summaryOf({ role, host, identity }: InventoryDocument): InventorySummary {
  return {
    role: role ?? null,
    vendor: identity.vendor ?? null,
    model: identity.hardware ?? null,
    serial: identity.serial ?? null,
    firmware: identity.version ?? null,
    sysName: identity.sysName ?? null,
    location: identity.sysLocation ?? null,
    host: host ?? null,
  };
}
