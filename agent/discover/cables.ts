import { type CableSighting, cablesOf, portsOf } from '../../core/cable.ts';

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
export interface Sighting extends Omit<Link, 'aPort' | 'bPort'>, CableSighting {}

/** Each cable once. Pure. */
export function linksOfSightings(sightings: readonly Sighting[]): Link[] {
  const pairs = Map.groupBy(sightings, ({ a, b }) => `${a}\n${b}`);
  return [...pairs.values()].flatMap(cablesOf).map((cable) => {
    const { a, b, protocol, by } = cable[0];
    return { a, b, ...portsOf(cable), protocol, by };
  });
}
