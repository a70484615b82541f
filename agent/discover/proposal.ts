import type { DeviceFacts } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
import { type Comparison, compare, type KnownTarget, pairTargets } from './compare.ts';
import { linksOf, type Node, type UnknownNeighbor } from './links.ts';
import { namesFor } from './names.ts';
import { canonicalAddress, compareAddresses } from './ranges.ts';
import { roleOf } from './role.ts';
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

/** What a sweep found as a proposal: who is who, what each is, and what hangs on what. Pure. */
export function propose(result: SweepResult, options: ProposalOptions): Proposal {
  const announced = announcedAddresses(result.devices);
  const pairs = pairTargets(result.devices, options.known);
  const places = result.devices.map((device) => ({
    device,
    known: pairs.get(device)?.target,
    ...managementAddress(device, pairs.get(device)?.target, announced),
  }));
  places.sort((a, b) => compareAddresses(a.host, b.host));
  const roles = places.map(({ device, known }) =>
    known?.role === undefined
      ? roleOf(device.identity, factsOf(device))
      : { role: known.role, reason: 'as configured' },
  );
  const fresh = places
    .map((place, i) => ({ place, role: roles[i]!.role }))
    .filter(({ place }) => place.known === undefined);
  const names = namesFor(
    fresh.map(({ place, role }) => ({ sysName: place.device.identity.sysName, role, address: place.host })),
    options.known.map(({ name }) => name),
  );
  const nameOf = new Map(fresh.map(({ place }, i) => [place, names[i]!]));
  const named = places.map((place) => place.known?.name ?? nameOf.get(place)!);
  const nodes = places.map(({ device, host }, i) => nodeOf(device, host, named[i]!, roles[i]!.role));
  const { links, unknown, anonymous } = linksOf(nodes);
  const placements = uplinksOf(nodes, links, rootName(nodes, options.root));
  const devices = places.map(({ device, host, hostReason }, i) => ({
    name: named[i]!,
    host,
    hostReason,
    otherAddresses: device.addresses.filter((a) => a !== host).sort(compareAddresses),
    unitedBy: [...new Set(device.unitedBy)],
    role: roles[i]!.role,
    roleReason: roles[i]!.reason,
    ...described(device),
    placement: placements.get(named[i]!)!,
  }));
  const proposed = new Map(places.map(({ device }, i) => [device, devices[i]!]));
  return {
    devices,
    unknown,
    anonymous,
    quiet: [...result.quiet].sort((a, b) => compareAddresses(a.address, b.address)),
    complete: result.complete,
    settled: result.settled.size,
    addresses: options.addresses,
    comparison: compare(result, pairs, proposed, options),
  };
}

function factsOf({ facts }: FoundDevice): DeviceFacts {
  return (
    facts ?? {
      profiles: [],
      interfaces: [],
      cpu: [],
      memory: [],
      sensors: [],
      wireless: [],
      poe: { pse: [], ports: [] },
      inventory: [],
      neighbors: [],
      chassisIds: [],
    }
  );
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

function nodeOf(device: FoundDevice, host: string, name: string, role: Role): Node {
  const { identity } = device;
  return {
    name,
    role,
    sysName: identity.sysName,
    addresses: [...new Set([host, ...device.addresses, ...identity.addresses])],
    hardware: [...new Set([...identity.chassisIds, ...identity.macs])],
    serials: identity.serials,
    forwards: identity.ipForwarding ?? false,
    neighbors: device.facts?.neighbors ?? [],
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

function rootName(nodes: readonly Node[], root: string | undefined): string | undefined {
  if (root === undefined) return undefined;
  const address = canonicalAddress(root);
  return nodes.find((n) => (address === undefined ? n.name === root : n.addresses.includes(address)))?.name;
}
