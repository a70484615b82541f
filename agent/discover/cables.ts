import { hardwareAddress } from '../../core/hardware-address.ts';
import { isSamePort } from '../../core/port-name.ts';

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

/** A cable as one of its ends tells of it; `a` and `b` as in a link. */
export interface Sighting {
  readonly from: string;
  readonly a: string;
  readonly b: string;
  readonly aPort: string | undefined;
  readonly bPort: string | undefined;
  readonly protocol: 'lldp' | 'cdp';
  readonly by: string;
}

type Cable = readonly [Sighting, ...Sighting[]];

/** Each cable once. Pure. */
export function linksOfSightings(sightings: readonly Sighting[]): Link[] {
  const pairs = Map.groupBy(sightings, ({ a, b }) => `${a}\n${b}`);
  return [...pairs.values()].flatMap(cablesOf).map(linkOf);
}

/** The cables between two devices. Both ends tell of a cable, LLDP and CDP do too. */
function cablesOf(sightings: readonly Sighting[]): Cable[] {
  const cables: Cable[] = [];
  for (const sighting of sightings) {
    const at = cables.findIndex((cable) => cable.some((one) => isSameCable(one, sighting)));
    if (at < 0) cables.push([sighting]);
    else cables[at] = [...cables[at]!, sighting];
  }
  // Where each end tells of one cable that the other end does not know by that port, the two call the port by different names.
  const alone = (end: 'a' | 'b'): Cable[] => cables.filter((cable) => cable.every((s) => s.from === s[end]));
  const [ofA, ofB] = [alone('a'), alone('b')];
  if (ofA.length !== 1 || ofB.length !== 1) return cables;
  return [...cables.filter((c) => c !== ofA[0] && c !== ofB[0]), [...ofA[0]!, ...ofB[0]!]];
}

/** A port is the same, or neither is surely another. */
function isSameCable(one: Sighting, other: Sighting): boolean {
  const ends = [samePort(one.aPort, other.aPort), samePort(one.bPort, other.bPort)];
  return ends.includes('yes') || !ends.includes('no');
}

function linkOf(cable: Cable): Link {
  const { a, b, protocol, by } = cable[0];
  const own = (end: 'a' | 'b', port: 'aPort' | 'bPort'): string | undefined =>
    [...cable.filter((s) => s.from === s[end]), ...cable].find((s) => s[port] !== undefined)?.[port];
  return { a, b, aPort: own('a', 'aPort'), bPort: own('b', 'bPort'), protocol, by };
}

/** Either side may know the other's port by its address only. */
function samePort(a: string | undefined, b: string | undefined): 'yes' | 'no' | 'perhaps' {
  if (a === undefined || b === undefined || isUnclear(a) || isUnclear(b)) return 'perhaps';
  return isSamePort(a, b) ? 'yes' : 'no';
}

/** A hardware address, or a number that we made a name of (links.ts). */
function isUnclear(port: string): boolean {
  return hardwareAddress(port) !== undefined || /^port \d+$/.test(port);
}
