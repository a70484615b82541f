import type { NeighborFacts } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
import { type KnownBy, recognizer } from '../../core/neighbor-match.ts';
import { toldPort } from '../../core/port-name.ts';
import { type Link, linksOfSightings, type Sighting } from './cables.ts';

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
  const recognize = recognizer(nodes.map((node) => ({ ...node, id: node.name, otherNames: [] })));
  const sightings: Sighting[] = [];
  const unknown = new Map<string, UnknownNeighbor>();
  const anonymous = new Set<string>();
  for (const node of nodes)
    for (const neighbor of node.neighbors) {
      const found = recognize(neighbor, node.name);
      const port = localPort(neighbor);
      if ('device' in found) sightings.push(sightingOf(node, neighbor, found.device, KNOWN_BY[found.by]));
      else if (found.why === 'itself') continue;
      else if (nameOf(neighbor) === undefined && neighbor.address === undefined)
        anonymous.add(`${node.name} ${port} ${neighbor.chassisId ?? ''}`);
      else {
        const seen = unknownOf(node, neighbor, port);
        unknown.set(`${seen.seenBy}\n${seen.port}\n${seen.name ?? seen.address}`, seen);
      }
    }
  return { links: linksOfSightings(sightings), unknown: [...unknown.values()], anonymous: anonymous.size };
}

/** As a proposal says it. */
const KNOWN_BY: Readonly<Record<KnownBy, string>> = {
  hardware: 'chassis',
  serial: 'serial',
  name: 'name',
  address: 'address',
};

function sightingOf(node: Node, neighbor: NeighborFacts, other: string, by: string): Sighting {
  const ends = { near: localPort(neighbor), far: toldPort(neighbor) };
  const isA = node.name < other;
  const [a, b] = isA ? [node.name, other] : [other, node.name];
  const [aPort, bPort] = isA ? [ends.near, ends.far] : [ends.far, ends.near];
  return { from: isA ? 'a' : 'b', a, b, aPort, bPort, protocol: neighbor.protocol, by };
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
