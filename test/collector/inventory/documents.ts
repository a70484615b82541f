import type { DeviceFacts, NeighborFacts } from '../../../core/device-facts.ts';
import type { InventoryDocument } from '../../../core/inventory-api.ts';
import { inventoryDocument } from '../../../core/inventory-document.ts';
import { facts } from '../../support/device-facts.ts';

/** The document of a device that says this of itself. */
export function documentOf(
  device: string,
  more: Partial<DeviceFacts> = {},
  target: { role?: string; host?: string; complete?: boolean } = {},
): InventoryDocument {
  return inventoryDocument(facts(more), { device, ...target });
}

/** An address that is a device's own. */
export function macOf(device: string): string {
  let sum = 7;
  for (const char of device) sum = (sum * 31 + char.charCodeAt(0)) % 0xff_ff_ff_ff;
  return `0a1b${sum.toString(16).padStart(8, '0')}`;
}

/** What LLDP says of `other` at a port. */
export function beside(
  other: string,
  ifIndex: number,
  portId = 'up',
  more: Partial<NeighborFacts> = {},
): NeighborFacts {
  return { protocol: 'lldp', ifIndex, chassisIdSubtype: 4, chassisId: macOf(other), portId, ...more };
}

/** A device with ports 1 to `ports`, that knows its own address and these neighbours. */
export function standing(device: string, neighbors: readonly NeighborFacts[], ports = 4): Partial<DeviceFacts> {
  const interfaces = Array.from({ length: ports }, (_, i) => ({ ifIndex: i + 1, ifName: `Gi1/0/${i + 1}` }));
  return { sysName: device, chassisIds: [macOf(device)], interfaces, neighbors };
}
