import type { NeighborFacts } from '../../core/device-facts.ts';
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

/** Several devices say this of themselves: it tells none. */
const AMBIGUOUS = Symbol('ambiguous');

/**
 * How neighbours are recognised. An address (the chassis' of LLDP, an interface's) or a serial number within the device id of CDP is enough by itself. A name
 * or a management address is, too, unless they name different devices or the neighbour tells an address that the device of that name does not have: a switch
 * may be called like the next one. What several devices share (such a name, an address of a virtual router) tells none.
 */
export function matcher(devices: readonly SiteDevice[]): Match {
  const known = indexes(devices);
  return (neighbor, of) => {
    const { mac, sure, likely } = evidence(neighbor, known);
    for (const [reason, device] of sure)
      if (typeof device === 'string') return device === of ? ITSELF : { device, reason };
    const candidates = new Map(likely.flatMap(([reason, at]) => (typeof at === 'string' ? [[at, reason]] : [])));
    if (candidates.size > 1)
      return unknown(`its name and address are those of ${[...candidates.keys()].join(' and ')}`);
    for (const [device, reason] of candidates) {
      if (device === of) return ITSELF;
      const isOther = mac !== undefined && known.addressed.has(device) && known.addresses.get(mac) === undefined;
      return isOther ? unknown(`it is called like ${device}, which has another address`) : { device, reason };
    }
    const isShared = [...sure, ...likely].some(([, at]) => at === AMBIGUOUS);
    return unknown(
      isShared ? 'several devices say the same of themselves' : 'none of the devices that are polled here',
    );
  };
}

function indexes(devices: readonly SiteDevice[]) {
  const [addresses, names, serials, hosts] = [index(), index(), index(), index()];
  /** Whose addresses are known. */
  const addressed = new Set<string>();
  for (const { device, links } of devices) {
    for (const text of [...links.chassisIds, ...links.ports.map(([, , address]) => address)]) {
      const address = macOf(text);
      addresses.add(address, device);
      if (address !== undefined) addressed.add(device);
    }
    names.add(shortName(device), device);
    names.add(shortName(links.sysName), device);
    serials.add(links.serial, device);
    hosts.add(links.host?.toLowerCase(), device);
  }
  return { addresses, addressed, names, serials, hosts };
}

type Evidence = readonly (readonly [reason: string, device: string | typeof AMBIGUOUS | undefined])[];

/** Whom each thing that is said of a neighbour speaks for. */
function evidence(
  { chassisId, deviceId, sysName, address }: NeighborFacts,
  { addresses, names, serials, hosts }: ReturnType<typeof indexes>,
): { readonly mac: string | undefined; readonly sure: Evidence; readonly likely: Evidence } {
  const mac = macOf(chassisId) ?? macOf(deviceId);
  const [name, serial] = readDeviceId(deviceId);
  return {
    mac,
    sure: [
      ['by its address', addresses.get(mac)],
      ['by its serial number', serials.get(serial)],
    ],
    likely: [
      ['by its name', names.get(shortName(sysName))],
      ['by its name', names.get(name)],
      // A chassis id may be a name or an address (LLDP-MIB LldpChassisIdSubtype 5, 6, 7).
      ['by its name', mac === undefined ? names.get(shortName(chassisId)) : undefined],
      ['by the address it is polled at', hosts.get(address?.toLowerCase())],
      ['by the address it is polled at', hosts.get(chassisId?.toLowerCase())],
    ],
  };
}

const ITSELF = unknown('it is the device itself');

function unknown(reason: string): Found {
  return { device: undefined, reason };
}

function index() {
  const known = new Map<string, string | typeof AMBIGUOUS>();
  return {
    add(key: string | undefined, device: string): void {
      if (key === undefined || key === '') return;
      const before = known.get(key);
      known.set(key, before === undefined || before === device ? device : AMBIGUOUS);
    },
    get: (key: string | undefined): string | typeof AMBIGUOUS | undefined =>
      key === undefined ? undefined : known.get(key),
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

/** What devices are called before somebody gives them a name. */
const UNNAMED =
  /^(?:switch|router|firewall|ap|gateway|localhost|unknown|none|null|default|mikrotik|ubnt|unifi|u[67]-\w+|edgeswitch|openwrt|pfsense)$/;

/** Without the domain; an address is no name. */
function shortName(text: string | undefined): string | undefined {
  const name = text?.trim().toLowerCase();
  if (name === undefined || name === '' || /^[\d.]+$/.test(name) || name.includes(':')) return undefined;
  const short = name.split('.')[0]!;
  return UNNAMED.test(short) ? undefined : short;
}

/** CDP's device id: `sw1`, `sw1.school.org`, `sw1(FOC1234X0YZ)`, or a serial number alone. */
function readDeviceId(id: string | undefined): [name: string | undefined, serial: string | undefined] {
  const [, name, serial] = /^([^(]*)(?:\(([^)]+)\))?$/.exec(id?.trim() ?? '') ?? [];
  return [shortName(name), (serial ?? name)?.trim().toUpperCase()];
}
