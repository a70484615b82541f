import type { Role } from '../../core/domain.ts';
import { type Comparison, compare, type KnownTarget, type Pair, pairTargets } from './compare.ts';
import { linksOf, type Node, type UnknownNeighbor } from './links.ts';
import { namesFor } from './names.ts';
import { canonicalAddress, compareAddresses } from './ranges.ts';
import { type RoleVerdict, roleOf } from './role.ts';
import type { FoundDevice } from './roster.ts';
import type { SweepResult } from './sweep.ts';
import { type Placement, uplinksOf } from './uplinks.ts';

/** A device as it is proposed for the configuration. */
export interface ProposedDevice {
  readonly name: string;
  /** The address to poll it at. */
  readonly host: string;
  /** By which rule that address was taken among several. */
  readonly hostReason: string;
  readonly otherAddresses: readonly string[];
  /** By what those were known to be its own. */
  readonly unitedBy: readonly string[];
  readonly role: Role;
  readonly roleReason: string;
  readonly credentials: string | undefined;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly serial: string | undefined;
  readonly sysName: string | undefined;
  readonly sysDescr: string | undefined;
  readonly sysObjectID: string | undefined;
  readonly sysLocation: string | undefined;
  readonly placement: Placement;
  /** Why it could not be read whole. */
  readonly fault: string | undefined;
}

export interface Proposal {
  /** By address. */
  readonly devices: readonly ProposedDevice[];
  readonly unknown: readonly UnknownNeighbor[];
  /** Neighbours that say nothing but their hardware address. */
  readonly anonymous: number;
  /** `--root`, where no such device was found. */
  readonly missingRoot: string | undefined;
  readonly quiet: SweepResult['quiet'];
  readonly complete: boolean;
  /** Addresses asked all that they were to be asked, of how many. */
  readonly settled: number;
  readonly addresses: number;
  /** Against the targets known before. */
  readonly comparison: Comparison;
}

export interface ProposalOptions {
  readonly addresses: number;
  /** Targets that are in the configuration; [] without one. */
  readonly known: readonly KnownTarget[];
  /** False: nothing was pinged, so nothing can be said of targets without SNMP. */
  readonly pinged: boolean;
  /** Name or address of the device that everything hangs on. */
  readonly root: string | undefined;
}

/** A device with what was decided of it. */
interface Place {
  readonly device: FoundDevice;
  readonly known: KnownTarget | undefined;
  readonly host: string;
  readonly hostReason: string;
  readonly role: RoleVerdict;
}

type NamedPlace = Place & { readonly name: string };

/** What a sweep found as a proposal: who is who, what each is, and what hangs on what. Pure. */
export function propose(result: SweepResult, options: ProposalOptions): Proposal {
  const pairs = pairTargets(result.devices, options.known);
  const places = withNames(placesOf(result.devices, pairs), options.known);
  const nodes = places.map(nodeOf);
  const { links, unknown, anonymous } = linksOf(nodes);
  const root = options.root === undefined ? undefined : rootName(nodes, options.root);
  const placements = uplinksOf(nodes, links, root);
  const devices = places.map((place) => proposedDevice(place, placements.get(place.name)!));
  const proposed = new Map(places.map(({ device }, i) => [device, devices[i]!]));
  return {
    devices,
    unknown,
    anonymous,
    missingRoot: root === undefined ? options.root : undefined,
    quiet: [...result.quiet].sort((a, b) => compareAddresses(a.address, b.address)),
    complete: result.complete,
    settled: result.settled.size,
    addresses: options.addresses,
    comparison: compare(result, pairs, proposed, options),
  };
}

/** In the order of their addresses. */
function placesOf(devices: readonly FoundDevice[], pairs: ReadonlyMap<FoundDevice, Pair>): Place[] {
  const announced = announcedAddresses(devices);
  const places = devices.map((device): Place => {
    const known = pairs.get(device)?.target;
    const role = known?.role && { role: known.role, reason: 'as configured' };
    return {
      device,
      known,
      ...managementAddress(device, known, announced),
      role: role ?? roleOf(device.identity, device.facts),
    };
  });
  return places.sort((a, b) => compareAddresses(a.host, b.host));
}

/** What is known keeps its name. */
function withNames(places: readonly Place[], known: readonly KnownTarget[]): NamedPlace[] {
  const fresh = places.filter((place) => place.known === undefined);
  const names = namesFor(
    fresh.map(({ device, role, host }) => ({ sysName: device.identity.sysName, role: role.role, address: host })),
    known.map(({ name }) => name),
  );
  const made = new Map(fresh.map((place, i) => [place, names[i]!]));
  return places.map((place) => ({ ...place, name: place.known?.name ?? made.get(place)! }));
}

function proposedDevice({ device, host, hostReason, role, name }: NamedPlace, placement: Placement): ProposedDevice {
  return {
    name,
    host,
    hostReason,
    otherAddresses: device.addresses.filter((a) => a !== host).sort(compareAddresses),
    unitedBy: [...new Set(device.unitedBy)],
    role: role.role,
    roleReason: role.reason,
    ...described(device),
    placement,
  };
}

function described(device: FoundDevice) {
  const { facts, identity, credentials, fault } = device;
  return {
    credentials,
    fault,
    vendor: facts?.vendor,
    model: facts?.hardware,
    version: facts?.version,
    serial: facts?.serial ?? identity.serials[0],
    sysName: identity.sysName,
    sysDescr: identity.sysDescr,
    sysObjectID: identity.sysObjectID,
    sysLocation: facts?.sysLocation,
  };
}

function nodeOf({ device, host, name, role }: NamedPlace): Node {
  const { identity, facts } = device;
  return {
    name,
    role: role.role,
    sysName: identity.sysName,
    addresses: [...new Set([host, ...device.addresses, ...identity.addresses])],
    hardware: [...new Set([...identity.chassisIds, ...identity.macs])],
    serials: identity.serials,
    forwards: identity.ipForwarding ?? false,
    neighbors: facts?.neighbors ?? [],
  };
}

/** How often each address is told by neighbours as the one to manage a device at. */
function announcedAddresses(devices: readonly FoundDevice[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { facts } of devices)
    for (const { address } of facts?.neighbors ?? []) {
      const key = canonicalAddress(address ?? '');
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return counts;
}

/** Of several addresses: the one in the configuration, else the one that most neighbours announce for it, else the lowest. */
function managementAddress(
  { addresses }: FoundDevice,
  known: KnownTarget | undefined,
  announced: ReadonlyMap<string, number>,
): { host: string; hostReason: string } {
  const sorted = [...addresses].sort(compareAddresses);
  if (sorted.length === 1) return { host: sorted[0]!, hostReason: 'the only one' };
  const configured = sorted.find((a) => a === known?.address);
  if (configured !== undefined) return { host: configured, hostReason: 'as configured' };
  const most = Math.max(...sorted.map((a) => announced.get(a) ?? 0));
  const told = sorted.find((a) => most > 0 && announced.get(a) === most);
  return told === undefined
    ? { host: sorted[0]!, hostReason: 'the lowest' }
    : { host: told, hostReason: 'as its neighbours announce it' };
}

function rootName(nodes: readonly Node[], root: string): string | undefined {
  const address = canonicalAddress(root);
  return nodes.find((n) => (address === undefined ? n.name === root : n.addresses.includes(address)))?.name;
}
