import { hardwareAddress } from './hardware-address.ts';
import { portKey } from './port-name.ts';

/** A cable between two devices `a` and `b` as one of them tells of it. A port is undefined where it is not told. */
export interface CableSighting {
  readonly from: 'a' | 'b';
  readonly aPort: string | undefined;
  readonly bPort: string | undefined;
}

export type Cable<S extends CableSighting> = readonly [S, ...S[]];

/** By what ports are compared; undefined: it may be any. */
interface Keys {
  readonly a: string | undefined;
  readonly b: string | undefined;
}

interface Gathered<S> {
  readonly sightings: [S, ...S[]];
  readonly keys: Keys[];
}

/** The cables between two devices, each with all that was told of it: both ends tell of a cable, LLDP and CDP do too. Pure. */
export function cablesOf<S extends CableSighting>(sightings: readonly S[]): Cable<S>[] {
  const cables: Gathered<S>[] = [];
  for (const sighting of sightings) {
    const keys = { a: keyOf(sighting.aPort), b: keyOf(sighting.bPort) };
    const cable =
      cables.find((one) => one.keys.some((known) => agrees(known, keys))) ??
      cables.find((one) => !one.keys.some((known) => contradicts(known, keys)));
    if (cable) {
      cable.sightings.push(sighting);
      cable.keys.push(keys);
    } else cables.push({ sightings: [sighting], keys: [keys] });
  }
  return withoutTwins(cables.map((cable) => cable.sightings));
}

/** The ports of a cable, each as its own device calls it, else as the other one does. */
export function portsOf<S extends CableSighting>(cable: Cable<S>): Pick<CableSighting, 'aPort' | 'bPort'> {
  const own = (end: 'a' | 'b', port: 'aPort' | 'bPort'): string | undefined =>
    [...cable.filter((s) => s.from === end), ...cable].find((s) => s[port] !== undefined)?.[port];
  return { aPort: own('a', 'aPort'), bPort: own('b', 'bPort') };
}

/** Where each end tells of one cable that the other end does not know by that port, the two call the port by different names. */
function withoutTwins<S extends CableSighting>(cables: [S, ...S[]][]): Cable<S>[] {
  const alone = (end: 'a' | 'b'): [S, ...S[]][] => cables.filter((cable) => cable.every((s) => s.from === end));
  const [ofA, ofB] = [alone('a'), alone('b')];
  if (ofA.length !== 1 || ofB.length !== 1) return cables;
  return [...cables.filter((c) => c !== ofA[0] && c !== ofB[0]), [...ofA[0]!, ...ofB[0]!]];
}

function agrees(one: Keys, other: Keys): boolean {
  return (one.a !== undefined && one.a === other.a) || (one.b !== undefined && one.b === other.b);
}

function contradicts(one: Keys, other: Keys): boolean {
  const differ = (x: string | undefined, y: string | undefined): boolean =>
    x !== undefined && y !== undefined && x !== y;
  return differ(one.a, other.a) || differ(one.b, other.b);
}

/** Either side may know the other's port by its address of hardware only, or by a number of which a name was made. */
function keyOf(port: string | undefined): string | undefined {
  return port === undefined || hardwareAddress(port) !== undefined || /^port \d+$/.test(port)
    ? undefined
    : portKey(port);
}
