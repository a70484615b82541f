import type { Role } from '../../core/domain.ts';
import type { Link } from './cables.ts';
import type { Node } from './links.ts';
import { compareAddresses } from './ranges.ts';

/** What a device hangs on. */
export interface Parent {
  readonly device: string;
  /** The cables to it, one or several (a bundle). */
  readonly links: readonly Link[];
}

export interface Placement {
  /** Any one of them is enough; empty for a root and for what nobody sees. */
  readonly parents: readonly Parent[];
  readonly isRoot: boolean;
}

/** What nothing is reached through. */
const ENDS: ReadonlySet<Role> = new Set(['server', 'ups', 'sensor', 'other']);

/**
 * Who hangs on whom, seen from the way out: the shortest ways from the root over LLDP and CDP links. In each part of the network that is linked
 * together, the root is `root` (a name) if it is there, else a firewall, else a router, else a switch that routes, else what has the most links.
 * What has the same role as the root and the same neighbours is a root beside it (a cluster of two). Circles cannot arise. Pure.
 */
export function uplinksOf(
  nodes: readonly Node[],
  links: readonly Link[],
  root?: string,
): ReadonlyMap<string, Placement> {
  const byName = new Map(nodes.map((n) => [n.name, n]));
  const around = neighborsByName(nodes, links);
  const placed = new Map<string, Placement>();
  for (const part of partsOf(nodes, around)) {
    if (part.length === 1) {
      placed.set(part[0]!.name, { parents: [], isRoot: false });
      continue;
    }
    const roots = rootsOf(part, around, root);
    const depth = depthsFrom(roots, around, byName);
    for (const { name } of part) {
      const own = depth.get(name);
      const above = [...around.get(name)!].filter((other) => own !== undefined && depth.get(other) === own - 1);
      const carrying = above.filter((other) => own === 1 || !ENDS.has(byName.get(other)!.role));
      placed.set(name, {
        isRoot: roots.includes(name),
        parents: carrying.sort().map((device) => ({ device, links: between(links, name, device) })),
      });
    }
  }
  return placed;
}

type Around = ReadonlyMap<string, ReadonlySet<string>>;

function neighborsByName(nodes: readonly Node[], links: readonly Link[]): Around {
  const around = new Map(nodes.map((n) => [n.name, new Set<string>()]));
  for (const { a, b } of links) {
    around.get(a)?.add(b);
    around.get(b)?.add(a);
  }
  return around;
}

function partsOf(nodes: readonly Node[], around: Around): Node[][] {
  const seen = new Set<string>();
  const byName = new Map(nodes.map((n) => [n.name, n]));
  return nodes.flatMap((start) => {
    if (seen.has(start.name)) return [];
    seen.add(start.name);
    const part = [start];
    for (const node of part)
      for (const other of around.get(node.name)!)
        if (!seen.has(other)) {
          seen.add(other);
          part.push(byName.get(other)!);
        }
    return [part];
  });
}

function rootsOf(part: readonly Node[], around: Around, told: string | undefined): string[] {
  if (told !== undefined && part.some((n) => n.name === told)) return [told];
  const degree = (n: Node): number => around.get(n.name)!.size;
  const best = [...part].sort(
    (a, b) =>
      rank(a) - rank(b) || degree(b) - degree(a) || compareAddresses(a.addresses[0] ?? '', b.addresses[0] ?? ''),
  )[0]!;
  const others = (name: string, than: string): string =>
    [...around.get(name)!]
      .filter((n) => n !== than)
      .sort()
      .join('\n');
  const twins = part.filter(
    (n) =>
      n !== best &&
      n.role === best.role &&
      ['firewall', 'router'].includes(n.role) &&
      others(n.name, best.name) === others(best.name, n.name),
  );
  return [best.name, ...twins.map((n) => n.name)];
}

function rank({ role, forwards }: Node): number {
  if (role === 'firewall') return 0;
  if (role === 'router') return 1;
  if (role === 'switch') return forwards ? 2 : 3;
  return role === 'ap' ? 4 : 5;
}

/** Steps from the nearest root; ways lead through an end device, or an access point, only where there is no other. */
function depthsFrom(roots: readonly string[], around: Around, byName: ReadonlyMap<string, Node>): Map<string, number> {
  const depth = new Map(roots.map((name) => [name, 0]));
  const spread = (through: (node: Node) => boolean): void => {
    const queue = [...depth.keys()];
    for (const name of queue) {
      const node = byName.get(name)!;
      if (!roots.includes(name) && !through(node)) continue;
      for (const other of around.get(name)!) {
        const next = depth.get(name)! + 1;
        if (depth.has(other)) continue;
        depth.set(other, next);
        queue.push(other);
      }
    }
  };
  spread(({ role }) => role !== 'ap' && !ENDS.has(role));
  spread(({ role }) => !ENDS.has(role));
  return depth;
}

function between(links: readonly Link[], name: string, other: string): Link[] {
  return links.filter(({ a, b }) => (a === name && b === other) || (a === other && b === name));
}
