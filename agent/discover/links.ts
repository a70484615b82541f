import type { NeighborFacts } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
import { hardwareAddress, type Link, linksOfSightings, type Sighting } from './cables.ts';
import { canonicalAddress } from './ranges.ts';

/** A found device, as far as the question of who hangs on whom goes. */
export interface Node {
  readonly name: string;
  readonly role: Role;
  readonly sysName: string | undefined;
  /** Every address it answers on or calls its own. */
  readonly addresses: readonly string[];
  /** Chassis, bridge and interface addresses, 12 hex digits. */
  readonly hardware: readonly string[];
  readonly serials: readonly string[];
  readonly forwards: boolean;
  readonly neighbors: readonly NeighborFacts[];
}

/** Something a device sees that was not found by the sweep. */
export interface UnknownNeighbor {
  readonly seenBy: string;
  readonly port: string | undefined;
  readonly protocol: 'lldp' | 'cdp';
  readonly name: string | undefined;
  readonly platform: string | undefined;
  readonly address: string | undefined;
  readonly chassisId: string | undefined;
}

export interface Neighborhood {
  readonly links: readonly Link[];
  /** Each once per port; without those that say nothing but a hardware address (they are hosts, and counted). */
  readonly unknown: readonly UnknownNeighbor[];
  readonly anonymous: number;
}

/** Matches what devices see over LLDP and CDP to the devices found. Pure. */
export function linksOf(nodes: readonly Node[]): Neighborhood {
  const find = finder(nodes);
  const sightings: Sighting[] = [];
  const unknown = new Map<string, UnknownNeighbor>();
  const anonymous = new Set<string>();
  for (const node of nodes)
    for (const neighbor of node.neighbors) {
      const match = find(neighbor);
      const port = localPort(neighbor);
      if (match?.node === node) continue;
      if (match) sightings.push(sightingOf(node, neighbor, match));
      else if (nameOf(neighbor) === undefined && neighbor.address === undefined)
        anonymous.add(`${node.name} ${port} ${neighbor.chassisId ?? ''}`);
      else {
        const seen = unknownOf(node, neighbor, port);
        unknown.set(`${seen.seenBy}\n${seen.port}\n${seen.name ?? seen.address}`, seen);
      }
    }
  return { links: linksOfSightings(sightings), unknown: [...unknown.values()], anonymous: anonymous.size };
}

interface Match {
  readonly node: Node;
  readonly by: string;
}

/** By chassis, then address, then name; what fits two devices fits none. */
function finder(nodes: readonly Node[]): (neighbor: NeighborFacts) => Match | undefined {
  const hardware = index(nodes, (n) => n.hardware);
  const addresses = index(nodes, (n) => n.addresses);
  const names = index(nodes, (n) => (n.sysName ? [plain(n.sysName)] : []));
  const shortNames = index(nodes, (n) => (n.sysName ? [short(n.sysName)] : []));
  const serials = index(nodes, (n) => n.serials.map(plain));
  return (neighbor) => {
    const { chassisId, address, deviceId = '', sysName = '' } = neighbor;
    const chassisAddress = chassisId === undefined ? undefined : canonicalAddress(chassisId);
    const tries: [string, Node | undefined][] = [
      ['chassis', hardware.get(hardwareAddress(chassisId))],
      ['address', addresses.get(canonicalAddress(address ?? '') ?? '')],
      ['address', addresses.get(chassisAddress ?? '')],
      ['name', names.get(plain(sysName || deviceId))],
      // CDP: NX-OS adds the serial in brackets, others give the hardware address or the serial alone.
      ['name', names.get(plain(deviceId.replace(/\(.*\)$/, '')))],
      ['serial', serials.get(plain(/\((.+)\)$/.exec(deviceId)?.[1] ?? deviceId))],
      ['chassis', hardware.get(hardwareAddress(deviceId))],
      ['name', shortNames.get(short(sysName || deviceId.replace(/\(.*\)$/, '')))],
    ];
    const hit = tries.find(([, node]) => node !== undefined);
    return hit && { node: hit[1]!, by: hit[0] };
  };
}

/** Only keys that lead to one node. */
function index(nodes: readonly Node[], keysOf: (node: Node) => readonly string[]): ReadonlyMap<string, Node> {
  const found = new Map<string, Node | undefined>();
  for (const node of nodes)
    for (const key of new Set(keysOf(node))) if (key !== '') found.set(key, found.has(key) ? undefined : node);
  return new Map([...found].filter((entry): entry is [string, Node] => entry[1] !== undefined));
}

function sightingOf(node: Node, neighbor: NeighborFacts, { node: other, by }: Match): Sighting {
  const ends = { near: localPort(neighbor), far: remotePort(neighbor) };
  const isA = node.name < other.name;
  const [a, b] = isA ? [node.name, other.name] : [other.name, node.name];
  const [aPort, bPort] = isA ? [ends.near, ends.far] : [ends.far, ends.near];
  return { from: node.name, a, b, aPort, bPort, protocol: neighbor.protocol, by };
}

function unknownOf(node: Node, neighbor: NeighborFacts, port: string | undefined): UnknownNeighbor {
  return {
    seenBy: node.name,
    port,
    protocol: neighbor.protocol,
    name: nameOf(neighbor),
    platform: neighbor.platform ?? neighbor.sysDesc,
    address: neighbor.address,
    chassisId: neighbor.chassisId,
  };
}

function nameOf({ sysName, deviceId }: NeighborFacts): string | undefined {
  return sysName || deviceId || undefined;
}

function localPort({ localPort, ifIndex, localPortNum }: NeighborFacts): string | undefined {
  const number = ifIndex ?? localPortNum;
  return localPort || (number === undefined ? undefined : `port ${number}`);
}

/** lldpPortIdSubtype 3 is an address, 7 a number of the vendor's own: then the description says more. */
function remotePort({ portId, portIdSubtype, portDesc }: NeighborFacts): string | undefined {
  const unclear = portIdSubtype === 3 || portIdSubtype === 7;
  return (unclear ? portDesc || portId : portId || portDesc) || undefined;
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}

/** Without its domain. */
function short(name: string): string {
  return canonicalAddress(name) === undefined ? plain(name).replace(/\..*$/, '') : plain(name);
}
