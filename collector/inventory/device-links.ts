import type { NeighborFacts } from '../../core/device-facts.ts';
import type { InventoryDocument } from '../../core/inventory-api.ts';
import { knownSerial } from '../../core/serial.ts';

/** What a device says of itself and of those beside it, without the rest of its document: what links are worked out from. */
export interface DeviceLinks {
  readonly role?: string;
  readonly sysName?: string;
  readonly host?: string;
  readonly serial?: string;
  readonly chassisIds: readonly string[];
  /** [ifIndex, ifName, physAddress]; empty text where it did not say. */
  readonly ports: readonly (readonly [number, string, string])[];
  readonly neighbors: readonly NeighborFacts[];
}

export function deviceLinks({
  role,
  host,
  identity,
  chassisIds,
  interfaces,
  neighbors,
}: InventoryDocument): DeviceLinks {
  const serial = knownSerial(identity.serial);
  return {
    ...(role !== undefined && { role }),
    ...(identity.sysName !== undefined && { sysName: identity.sysName }),
    ...(host !== undefined && { host }),
    ...(serial !== undefined && { serial }),
    chassisIds,
    ports: interfaces.map(({ ifIndex, ifName, physAddress }) => [ifIndex, ifName ?? '', physAddress ?? ''] as const),
    neighbors: neighbors.map(({ sysDesc: _, ...rest }) => rest),
  };
}
