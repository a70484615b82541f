import type { NeighborFacts } from '../../core/device-facts.ts';
import type { DeviceLinks } from './device-links.ts';

/** A device of one site, by name, with what it says. */
export interface SiteDevice {
  readonly device: string;
  readonly links: DeviceLinks;
}

/** Which device of the site a neighbour is; undefined: none that is monitored, or it cannot be told which. */
export type Match = (neighbor: NeighborFacts, of: string) => string | undefined;

/** Two devices say this of themselves: it tells neither. */
const AMBIGUOUS = '';

/**
 * How neighbours are recognised, the surest first: the chassis address of LLDP, the address of an interface, the name, a serial number or name within
 * the device id of CDP, the management address. What several devices share (a name nobody changed, an address of a virtual router) tells none.
 */
export function matcher(devices: readonly SiteDevice[]): Match {
  const [chassis, addresses, names, serials, hosts] = [index(), index(), index(), index(), index()];
  for (const { device, links } of devices) {
    for (const id of links.chassisIds) chassis.add(macOf(id), device);
    for (const [, , address] of links.ports) addresses.add(macOf(address), device);
    names.add(shortName(device), device);
    names.add(shortName(links.sysName), device);
    serials.add(links.serial, device);
    hosts.add(links.host?.toLowerCase(), device);
  }
  return (neighbor, of) => {
    const mac = macOf(neighbor.chassisId) ?? macOf(neighbor.deviceId);
    const [name, serial] = readDeviceId(neighbor.deviceId);
    const found = [
      chassis.get(mac),
      addresses.get(mac),
      names.get(shortName(neighbor.sysName)),
      serials.get(serial),
      names.get(name),
      // A chassis id may be a name or an address (LLDP-MIB LldpChassisIdSubtype 5, 6, 7).
      mac === undefined ? names.get(shortName(neighbor.chassisId)) : undefined,
      hosts.get(neighbor.address?.toLowerCase()),
      hosts.get(neighbor.chassisId?.toLowerCase()),
    ];
    return found.find((device) => device !== undefined && device !== of);
  };
}

function index() {
  const known = new Map<string, string>();
  return {
    add(key: string | undefined, device: string): void {
      if (key === undefined || key === '') return;
      const before = known.get(key);
      known.set(key, before === undefined || before === device ? device : AMBIGUOUS);
    },
    get(key: string | undefined): string | undefined {
      const device = key === undefined ? undefined : known.get(key);
      return device === AMBIGUOUS ? undefined : device;
    },
  };
}

/** Virtual routers (VRRP RFC 9568 7.3, HSRP, GLBP) answer with these on whichever device is in charge. */
const VIRTUAL = /^(?:00005e0001|00005e0002|00000c07ac|00000c9ff|0007b400)/;

/** Twelve hex digits, however they are written; undefined for anything else, and for addresses that are nobody's own. */
function macOf(text: string | undefined): string | undefined {
  const digits = text?.replace(/[:.\-\s]/g, '').toLowerCase();
  if (digits === undefined || !/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return /^(?:0{12}|f{12})$/.test(digits) || VIRTUAL.test(digits) ? undefined : digits;
}

/** Without the domain; an address is no name. */
function shortName(text: string | undefined): string | undefined {
  const name = text?.trim().toLowerCase();
  if (name === undefined || name === '' || /^[\d.]+$/.test(name) || name.includes(':')) return undefined;
  return name.split('.')[0];
}

/** CDP's device id: `sw1`, `sw1.school.org`, `sw1(FOC1234X0YZ)`, or a serial number alone. */
function readDeviceId(id: string | undefined): [name: string | undefined, serial: string | undefined] {
  const [, name, serial] = /^([^(]*)(?:\(([^)]+)\))?$/.exec(id?.trim() ?? '') ?? [];
  return [shortName(name), (serial ?? name)?.trim().toUpperCase()];
}
