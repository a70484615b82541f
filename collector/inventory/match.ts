import type { NeighborFacts } from '../../core/device-facts.ts';
import { type KnownBy, type Recognized, recognizer } from '../../core/neighbor-match.ts';
import type { DeviceLinks } from './device-links.ts';

/** A device of one site, by name, with what it says. */
export interface SiteDevice {
  readonly device: string;
  readonly links: DeviceLinks;
}

/** Which device of the site a neighbour is, and how that is known; undefined: it is none, or it cannot be told. */
export interface Found {
  readonly device: string | undefined;
  /** For people. */
  readonly reason: string;
}

export type Match = (neighbor: NeighborFacts, of: string) => Found;

const KNOWN_BY: Readonly<Record<KnownBy, string>> = {
  hardware: 'by its address',
  serial: 'by its serial number',
  name: 'by its name',
  address: 'by the address it is polled at',
};

/** Which device of a site a neighbour is: by what the devices say of themselves, and by what they are called here. */
export function matcher(devices: readonly SiteDevice[]): Match {
  const recognize = recognizer(
    devices.map(({ device, links }) => ({
      id: device,
      sysName: links.sysName,
      otherNames: [device],
      hardware: [...links.chassisIds, ...links.ports.map(([, , address]) => address)],
      serials: links.serial === undefined ? [] : [links.serial],
      addresses: links.host === undefined ? [] : [links.host],
    })),
  );
  return (neighbor, of) => {
    const found = recognize(neighbor, of);
    return 'device' in found
      ? { device: found.device, reason: KNOWN_BY[found.by] }
      : { device: undefined, reason: wordsFor(found) };
  };
}

function wordsFor(none: Exclude<Recognized, { device: string }>): string {
  switch (none.why) {
    case 'itself':
      return 'it is the device itself';
    case 'contradiction':
      return `its name and address are those of ${none.devices.join(' and ')}`;
    case 'namesake':
      return `it is called like ${none.of}, which has another address`;
    case 'shared':
      return 'several devices say the same of themselves';
    case 'unknown':
      return 'none of the devices that are polled here';
  }
}
