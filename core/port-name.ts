import type { NeighborFacts } from './device-facts.ts';
import { hardwareAddress } from './hardware-address.ts';

/** `GigabitEthernet1/0/1`, `Gig 1/0/1` and `Gi1/0/1` are one port: two letters and the numbers. */
export function portKey(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^([a-z]{2})[a-z-]*[^a-z0-9]*(?=\d)/, '$1');
}

export function isSamePort(a: string, b: string): boolean {
  return portKey(a) === portKey(b);
}

/** lldpPortIdSubtype (IEEE 802.1AB). */
const MAC_ADDRESS = 3;
const INTERFACE_NAME = 5;
const LOCAL = 7;

/** What a device says of the neighbour's port: its id, or its description where the id means something to the neighbour alone. */
export function toldPort({ portId, portIdSubtype, portDesc }: NeighborFacts): string | undefined {
  return (isUnclear(portId, portIdSubtype) ? portDesc || portId : portId || portDesc) || undefined;
}

function isUnclear(id: string | undefined, subtype: number | undefined): boolean {
  if (subtype === MAC_ADDRESS || subtype === LOCAL || hardwareAddress(id) !== undefined) return true;
  // Some switches do call their ports 1, 2, 3, and then say that it is the name.
  return subtype !== INTERFACE_NAME && /^\d+$/.test(id ?? '');
}
