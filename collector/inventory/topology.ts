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
  const trees = new Map([...graph].map(([site, of]) => [site, siteTree(site, of, config)]));
  const discovered = ({ site, device }: DeviceRef) => trees.get(site)?.parents.get(device);
  const above = new Set(
    [...trees].flatMap(([site, { parents }]) => [...parents.values()].flat().map((device) => refKey({ site, device }))),
  );
  const all = [...trees].flatMap(([site, { parents }]) => [...parents.keys()].map((device) => ({ site, device })));
  const behind = new Map<string, readonly DeviceRef[]>();
  const topology: Topology = {
    patienceMs: config?.patienceMs ?? DEFAULT_PATIENCE_MS,
    isParent: (of) => file.isParent(of) || above.has(refKey(of)),
    parentsOf(of) {
      const written = file.parentsOf(of);
      if (written.length > 0) return written;
      return (discovered(of) ?? []).map((device) => ({ site: of.site, device }));
    },
    isDiscovered: (of) => file.parentsOf(of).length === 0 && (discovered(of)?.length ?? 0) > 0,
    behind(of) {
      const known = behind.get(refKey(of)) ?? devicesBehind(topology, of, all);
      behind.set(refKey(of), known);
      return known;
    },
  };
  return topology;
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
