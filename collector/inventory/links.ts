import { type CableSighting, cablesOf, portsOf } from '../../core/cable.ts';
import type { NeighborFacts } from '../../core/device-facts.ts';
import { hardwareAddress } from '../../core/hardware-address.ts';
import type { UnmatchedNeighbor } from '../../core/inventory-api.ts';
import { isSamePort, toldPort } from '../../core/port-name.ts';
import { matcher, type SiteDevice } from './match.ts';

/** A device of a site with when it was last read (collector clock, ms). */
export interface ReadDevice extends SiteDevice {
  readonly seenAt: number;
}

export interface LinkPorts {
  readonly a: string | null;
  readonly b: string | null;
}

/** Two devices beside each other; `a` is less than `b`. Several cables are one link. */
export interface Link {
  readonly a: string;
  readonly b: string;
  readonly ports: readonly LinkPorts[];
  /** Which of the two says so; none: both did before and neither does now. */
  readonly saidBy: readonly string[];
  readonly since: number;
  /** When it was last said. */
  readonly seenAt: number;
}

export interface SiteLinks {
  readonly links: readonly Link[];
  readonly unmatched: readonly UnmatchedNeighbor[];
}

const UNMATCHED_LIMIT = 2_000;
const PORTS_LIMIT = 64;
/** Of one link: both ends tell of each cable, by LLDP and by CDP. */
const SIGHTINGS_LIMIT = 4 * PORTS_LIMIT;

/** Who stands beside whom by what the devices of one site say now. What one side says is enough. */
export function currentLinks(devices: readonly ReadDevice[]): SiteLinks {
  const match = matcher(devices);
  const byName = new Map(devices.map((one) => [one.device, one]));
  const links = new Map<string, Told>();
  const unmatched = new Map<string, UnmatchedNeighbor>();
  for (const one of devices)
    for (const neighbor of one.links.neighbors) {
      const { device: other, reason } = match(neighbor, one.device);
      const port = localPort(one, neighbor);
      if (other === undefined) {
        const found = unmatchedOf(one.device, port, neighbor, reason);
        if (unmatched.size < UNMATCHED_LIMIT) unmatched.set(identityOf(found), found);
        continue;
      }
      const [a, b] = one.device < other ? [one.device, other] : [other, one.device];
      const key = linkKey(a, b);
      const link = links.get(key) ?? { a, b, sightings: [], saidBy: [], since: one.seenAt, seenAt: one.seenAt };
      links.set(key, link);
      if (!link.saidBy.includes(one.device)) link.saidBy.push(one.device);
      link.seenAt = Math.max(link.seenAt, one.seenAt);
      const far = remotePort(byName.get(other)!, neighbor) ?? undefined;
      const near = port ?? undefined;
      link.sightings.push(
        one.device === a ? { from: 'a', aPort: near, bPort: far } : { from: 'b', aPort: far, bPort: near },
      );
    }
  return {
    links: inOrder([...links.values()].map(({ sightings, ...link }) => ({ ...link, ports: portsBetween(sightings) }))),
    unmatched: [...unmatched.values()],
  };
}

/** A link while all that is told of it is gathered. */
type Told = { -readonly [K in Exclude<keyof Link, 'ports'>]: Link[K] } & {
  readonly saidBy: string[];
  readonly sightings: CableSighting[];
};

function portsBetween(sightings: readonly CableSighting[]): LinkPorts[] {
  return cablesOf(sightings.slice(0, SIGHTINGS_LIMIT))
    .map(portsOf)
    .filter(({ aPort, bPort }) => aPort !== undefined || bPort !== undefined)
    .slice(0, PORTS_LIMIT)
    .map(({ aPort, bPort }) => ({ a: aPort ?? null, b: bPort ?? null }));
}

export function linkKey(a: string, b: string): string {
  return JSON.stringify([a, b]);
}

/** One order, whatever order they were found in. */
export function inOrder(links: readonly Link[]): Link[] {
  return [...links].sort((x, y) => (linkKey(x.a, x.b) < linkKey(y.a, y.b) ? -1 : 1));
}

export function samePort(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && isSamePort(a, b);
}

function localPort({ links }: SiteDevice, neighbor: NeighborFacts): string | null {
  // lldpRemLocalPortNum often is the ifIndex, not always: only the agent, which has looked, knows the name.
  const name = links.ports.find(([ifIndex]) => ifIndex === neighbor.ifIndex)?.[1];
  return name || neighbor.localPort || null;
}

/** As the other device itself calls the port, where what was said can be found there. */
function remotePort({ links }: SiteDevice, neighbor: NeighborFacts): string | null {
  for (const said of [neighbor.portId, neighbor.portDesc]) {
    if (said === undefined) continue;
    const mac = hardwareAddress(said);
    const known = links.ports.find(([, name, address]) => isSamePort(name, said) || address === mac);
    if (known?.[1]) return known[1];
  }
  return toldPort(neighbor) ?? null;
}

function unmatchedOf(device: string, port: string | null, neighbor: NeighborFacts, reason: string): UnmatchedNeighbor {
  const { protocol, sysName, deviceId, chassisId, address, platform } = neighbor;
  return {
    device,
    port,
    protocol,
    name: sysName ?? deviceId ?? null,
    chassisId: chassisId ?? null,
    address: address ?? null,
    platform: platform ?? null,
    reason,
  };
}

/** LLDP and CDP tell of the same neighbour at the same port. */
function identityOf({ device, port, name, chassisId, address }: UnmatchedNeighbor): string {
  return JSON.stringify([device, port, port === null ? (name ?? chassisId ?? address) : null]);
}
