import {
  buildTopology,
  DEFAULT_PATIENCE_MS,
  type DeviceRef,
  devicesBehind,
  refKey,
  type Topology,
  type TopologyConfig,
} from '../alert/topology.ts';
import { type Pair, treeOf } from './tree.ts';

/** What is known of one site: its devices with their roles, and who stands beside whom. */
export interface SiteGraph {
  readonly roles: ReadonlyMap<string, string>;
  readonly links: readonly Pair[];
}

/** By site. Made anew with each change, never changed in place. */
export type SchoolGraph = ReadonlyMap<string, SiteGraph>;

export interface SiteTree {
  readonly roots: readonly string[];
  readonly rootsBy: 'configured' | 'role' | null;
  /** Of those of which the school's file says nothing. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
}

/**
 * What hangs on what in one school: by its file, and by what was discovered where the file says nothing of a device. One answer for all that ask.
 */
export function knownTopology(config: TopologyConfig | undefined, graph: SchoolGraph | undefined): Topology {
  const file = buildTopology(config);
  if (!graph || graph.size === 0) return file;
  const found = discoveredParents(graph, config, file);
  const parentsOf = (of: DeviceRef): readonly DeviceRef[] => {
    const written = file.parentsOf(of);
    return written.length > 0 ? written : (found.get(refKey(of))?.parents ?? []);
  };
  const above = new Set([...found.values()].flatMap(({ parents }) => parents.map(refKey)));
  const all = [...found.values()].map(({ of }) => of);
  const behind = new Map<string, readonly DeviceRef[]>();
  return {
    patienceMs: config?.patienceMs ?? DEFAULT_PATIENCE_MS,
    isParent: (of) => file.isParent(of) || above.has(refKey(of)),
    parentsOf,
    isDiscovered: (of) => found.has(refKey(of)),
    behind(of) {
      const known = behind.get(refKey(of)) ?? devicesBehind({ parentsOf }, of, all);
      behind.set(refKey(of), known);
      return known;
    },
  };
}

interface Discovered {
  readonly of: DeviceRef;
  readonly parents: readonly DeviceRef[];
}

/** By `refKey`: of each device of which the file says nothing, what it hangs on. What would make a circle with the file is left out. */
function discoveredParents(
  graph: SchoolGraph,
  config: TopologyConfig | undefined,
  file: Topology,
): Map<string, Discovered> {
  const found = new Map<string, Discovered>();
  const leadsTo = (from: DeviceRef, key: string, seen: Set<string>): boolean => {
    const at = refKey(from);
    if (at === key) return true;
    if (seen.has(at)) return false;
    seen.add(at);
    return [...file.parentsOf(from), ...(found.get(at)?.parents ?? [])].some((next) => leadsTo(next, key, seen));
  };
  for (const [site, of] of graph)
    for (const [device, names] of siteTree(site, of, config).parents) {
      const parents = names.map((name) => ({ site, device: name }));
      const key = refKey({ site, device });
      const circle = config !== undefined && parents.some((parent) => leadsTo(parent, key, new Set()));
      if (parents.length > 0 && !circle) found.set(key, { of: { site, device }, parents });
    }
  return found;
}

/** One site's tree from the links, hung on what the school's file says. */
export function siteTree(site: string, graph: SiteGraph, config: TopologyConfig | undefined): SiteTree {
  const file = buildTopology(config);
  // What hangs on a device of another site stands on top of its own.
  const written = (device: string): string[] | undefined => {
    const parents = file.parentsOf({ site, device });
    return parents.length === 0 ? undefined : parents.filter((one) => one.site === site).map((one) => one.device);
  };
  const { roots, by } = rootsOf(graph, written);
  return { roots, rootsBy: by, parents: treeOf({ links: graph.links, roots, configured: written }) };
}

/**
 * What lets the site out: its firewalls, or its routers where there are none, or what the file says that these hang on. Where no role tells, the
 * tops of what the file says. A top that tells of no neighbours itself (a gateway that is only pinged) is one in any case: no link leads to it.
 */
function rootsOf(
  { roles, links }: SiteGraph,
  written: (device: string) => readonly string[] | undefined,
): { roots: string[]; by: SiteTree['rootsBy'] } {
  const linked = new Set(links.flatMap(({ a, b }) => [a, b]));
  const tops = new Set([...linked].flatMap((device) => topsAbove(device, written)));
  const byRole = ['firewall', 'router']
    .map((role) => [...linked].filter((device) => roles.get(device) === role))
    .find((found) => found.length > 0);
  if (!byRole) return { roots: [...tops].sort(), by: tops.size > 0 ? 'configured' : null };
  const roots = byRole.flatMap((device) => (written(device) === undefined ? [device] : topsAbove(device, written)));
  const apart = [...tops].filter((top) => !linked.has(top));
  return { roots: [...new Set([...roots, ...apart])].sort(), by: 'role' };
}

/** The uppermost that the file leads to from a device; none: it says nothing of it. */
function topsAbove(device: string, written: (device: string) => readonly string[] | undefined): string[] {
  if (written(device) === undefined) return [];
  const tops: string[] = [];
  const seen = new Set([device]);
  const waiting = [device];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const parents = written(at) ?? [];
    if (parents.length === 0) tops.push(at);
    for (const parent of parents)
      if (!seen.has(parent)) {
        seen.add(parent);
        waiting.push(parent);
      }
  }
  return tops;
}
