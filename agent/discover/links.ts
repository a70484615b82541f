import type { NeighborFacts } from '../../core/device-facts.ts';
import type { Role } from '../../core/domain.ts';
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

/** A cable between two found devices, by their names in order; each port as its own device calls it, else as the other one does. */
export interface Link {
  readonly a: string;
  readonly b: string;
  readonly aPort: string | undefined;
  readonly bPort: string | undefined;
  readonly protocol: 'lldp' | 'cdp';
  /** By what the neighbour was known. */
  readonly by: string;
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
  const links = new Map<string, Link[]>();
  const unknown = new Map<string, UnknownNeighbor>();
  const anonymous = new Set<string>();
  for (const node of nodes)
    for (const neighbor of node.neighbors) {
      const match = find(neighbor);
      const port = localPort(neighbor);
      if (match?.node === node) continue;
      if (match) addLink(links, linkOf(node, neighbor, match));
      else if (nameOf(neighbor) === undefined && neighbor.address === undefined)
        anonymous.add(`${node.name} ${port} ${neighbor.chassisId ?? ''}`);
      else {
        const seen = unknownOf(node, neighbor, port);
        unknown.set(`${seen.seenBy}\n${seen.port}\n${seen.name ?? seen.address}`, seen);
      }
    }
  return { links: [...links.values()].flat(), unknown: [...unknown.values()], anonymous: anonymous.size };
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
      ['chassis', hardware.get(hex(chassisId))],
      ['address', addresses.get(canonicalAddress(address ?? '') ?? '')],
      ['address', addresses.get(chassisAddress ?? '')],
      ['name', names.get(plain(sysName || deviceId))],
      // CDP: NX-OS adds the serial in brackets, others give the hardware address or the serial alone.
      ['name', names.get(plain(deviceId.replace(/\(.*\)$/, '')))],
      ['serial', serials.get(plain(/\((.+)\)$/.exec(deviceId)?.[1] ?? deviceId))],
      ['chassis', hardware.get(hex(deviceId))],
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

function linkOf(node: Node, neighbor: NeighborFacts, { node: other, by }: Match): Link {
  const near = localPort(neighbor);
  const far = remotePort(neighbor);
  const { protocol } = neighbor;
  return node.name < other.name
    ? { a: node.name, b: other.name, aPort: near, bPort: far, protocol, by }
    : { a: other.name, b: node.name, aPort: far, bPort: near, protocol, by };
}

/** The two ends tell of the same cable, LLDP and CDP do too: they are one link when a port is the same, or neither is surely another. */
function addLink(links: Map<string, Link[]>, link: Link): void {
  const key = `${link.a}\n${link.b}`;
  const known = links.get(key) ?? [];
  links.set(key, known);
  const at = known.findIndex((one) => {
    const ends = [samePort(one.aPort, link.aPort), samePort(one.bPort, link.bPort)];
    return ends.includes('yes') || !ends.includes('no');
  });
  const one = known[at];
  if (one) known[at] = { ...one, aPort: one.aPort ?? link.aPort, bPort: one.bPort ?? link.bPort };
  else known.push(link);
}

/** One side may say GigabitEthernet1/0/1 where the other says Gi1/0/1, and either may know the other's port by its address only. */
function samePort(a: string | undefined, b: string | undefined): 'yes' | 'no' | 'perhaps' {
  if (a === undefined || b === undefined || hex(a) !== '' || hex(b) !== '') return 'perhaps';
  const brief = (port: string): string => port.toLowerCase().replace(/^([a-z]{2})[a-z-]*[^a-z0-9]*(?=\d)/, '$1');
  return brief(a) === brief(b) ? 'yes' : 'no';
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

/** A hardware address in any writing as 12 hex digits, or ''. */
function hex(text: string | undefined): string {
  const digits = (text ?? '').toLowerCase().replace(/[.:\s-]/g, '');
  return /^[0-9a-f]{12}$/.test(digits) ? digits : '';
}
