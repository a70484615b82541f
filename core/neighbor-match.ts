import type { NeighborFacts } from './device-facts.ts';
import { isFactoryName, withoutDomain } from './device-name.ts';
import { ownHardwareAddress } from './hardware-address.ts';
import { knownSerial } from './serial.ts';

/** A device as its neighbours may speak of it. All texts as they were said. */
export interface Recognizable {
  /** The caller's own name of it; unique. */
  readonly id: string;
  readonly sysName: string | undefined;
  /** What others may call it. */
  readonly otherNames: readonly string[];
  /** Chassis, bridge and interface addresses. */
  readonly hardware: readonly string[];
  readonly serials: readonly string[];
  /** IP addresses, or the host names that it is polled by. */
  readonly addresses: readonly string[];
}

export type KnownBy = 'hardware' | 'serial' | 'name' | 'address';

/** Which device a neighbour is and by what it is known, or why it is none. */
export type Recognized =
  | { readonly device: string; readonly by: KnownBy }
  | { readonly why: 'itself' | 'unknown' }
  /** Several devices say the same of themselves. */
  | { readonly why: 'shared' }
  /** What it is called by is that of several. */
  | { readonly why: 'contradiction'; readonly devices: readonly string[] }
  /** It is called like this one, which has another address of hardware. */
  | { readonly why: 'namesake'; readonly of: string };

/** @param of the id of the device that tells of the neighbour */
export type Recognize = (neighbor: NeighborFacts, of: string) => Recognized;

/** Several devices say this of themselves: it tells none. */
const AMBIGUOUS = Symbol('ambiguous');

/**
 * How neighbours over LLDP and CDP are recognised. An address of hardware (the chassis' of LLDP, an interface's) or a serial number within the device
 * id of CDP is enough by itself. A name or a management address is, too, unless they name different devices or the neighbour tells an address of
 * hardware that the device of that name does not have: a switch may be called like the next one. What several devices share (such a name, an address of
 * a virtual router) tells none.
 */
export function recognizer(devices: readonly Recognizable[]): Recognize {
  const known = indexes(devices);
  return (neighbor, of) => {
    const { mac, sure, likely } = evidence(neighbor, known);
    for (const [by, device] of sure)
      if (typeof device === 'string') return device === of ? { why: 'itself' } : { device, by };
    const candidates = new Map(likely.flatMap(([by, at]) => (typeof at === 'string' ? [[at, by]] : [])));
    if (candidates.size > 1) return { why: 'contradiction', devices: [...candidates.keys()] };
    for (const [device, by] of candidates) {
      if (device === of) return { why: 'itself' };
      const isOther = mac !== undefined && known.withHardware.has(device) && known.hardware.get(mac) === undefined;
      return isOther ? { why: 'namesake', of: device } : { device, by };
    }
    return { why: [...sure, ...likely].some(([, at]) => at === AMBIGUOUS) ? 'shared' : 'unknown' };
  };
}

function indexes(devices: readonly Recognizable[]) {
  const [hardware, fullNames, names, serials, addresses] = [index(), index(), index(), index(), index()];
  const withHardware = new Set<string>();
  for (const { id, sysName, otherNames, ...device } of devices) {
    for (const address of device.hardware.map(ownHardwareAddress)) {
      hardware.add(address, id);
      if (address !== undefined) withHardware.add(id);
    }
    fullNames.add(nameOf(sysName)?.full, id);
    for (const name of [sysName, ...otherNames]) names.add(nameOf(name)?.short, id);
    for (const serial of device.serials) serials.add(knownSerial(serial), id);
    for (const address of device.addresses) addresses.add(addressOf(address), id);
  }
  /** With its domain where a device has just that name. */
  const byName = (text: string | undefined): At => {
    const name = nameOf(text);
    return fullNames.get(name?.full) ?? names.get(name?.short);
  };
  return { hardware, withHardware, byName, serials, addresses };
}

type At = string | typeof AMBIGUOUS | undefined;
type Evidence = readonly (readonly [by: KnownBy, device: At])[];

/** Whom each thing that is said of a neighbour speaks for. */
function evidence(
  { chassisId, deviceId, sysName, address }: NeighborFacts,
  { hardware, byName, serials, addresses }: ReturnType<typeof indexes>,
): { readonly mac: string | undefined; readonly sure: Evidence; readonly likely: Evidence } {
  const mac = ownHardwareAddress(chassisId) ?? ownHardwareAddress(deviceId);
  const id = readDeviceId(deviceId);
  return {
    mac,
    sure: [
      ['hardware', hardware.get(mac)],
      ['serial', serials.get(knownSerial(id.serial))],
    ],
    likely: [
      ['name', byName(sysName)],
      ['name', byName(id.name)],
      // A chassis id may be a name or an address (LLDP-MIB LldpChassisIdSubtype 5, 6, 7).
      ['name', mac === undefined ? byName(chassisId) : undefined],
      ['address', addresses.get(addressOf(address))],
      ['address', addresses.get(addressOf(chassisId))],
    ],
  };
}

function index() {
  const known = new Map<string, string | typeof AMBIGUOUS>();
  return {
    add(key: string | undefined, id: string): void {
      if (key === undefined || key === '') return;
      const before = known.get(key);
      known.set(key, before === undefined || before === id ? id : AMBIGUOUS);
    },
    get: (key: string | undefined): At => (key === undefined ? undefined : known.get(key)),
  };
}

/** Undefined for an address, and for a name that says nothing. */
function nameOf(text: string | undefined): { readonly full: string; readonly short: string } | undefined {
  const full = text?.trim().toLowerCase();
  if (full === undefined || full === '' || /^[\d.]+$/.test(full) || full.includes(':')) return undefined;
  const short = withoutDomain(full);
  return short === '' || isFactoryName(short) ? undefined : { full, short };
}

/** One writing for each address of IPv6. */
function addressOf(text: string | undefined): string | undefined {
  const plain = text?.trim().toLowerCase();
  return plain?.includes(':') && URL.canParse(`http://[${plain}]`) ? new URL(`http://[${plain}]`).hostname : plain;
}

/** CDP's device id: `sw1`, `sw1.school.org`, `sw1(FOC1234X0YZ)` as NX-OS has it, or a serial number alone. */
function readDeviceId(id: string | undefined): {
  readonly name?: string | undefined;
  readonly serial?: string | undefined;
} {
  const [, name, serial] = /^([^(]*)(?:\(([^)]+)\))?$/.exec(id?.trim() ?? '') ?? [];
  return { name, serial: serial ?? name };
}
