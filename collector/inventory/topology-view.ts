import type { SiteTopologyView, TopologyNode, TopologyView } from '../../core/inventory-api.ts';
import type { TopologyConfig } from '../alert/topology.ts';
import { currentLinks, type Link, type ReadDevice } from './links.ts';
import { knownTopology, type SiteTree, siteTree } from './topology.ts';

export interface SiteStock {
  readonly site: string;
  readonly devices: readonly ReadDevice[];
  readonly links: readonly Link[];
}

/** What hangs on what in a school, with the reasons; by the same functions that suppression goes by. */
export function topologyView(
  school: string,
  sites: readonly SiteStock[],
  config: TopologyConfig | undefined,
): TopologyView {
  return { school, sites: sites.map((site) => siteView(site, config)) };
}

function siteView({ site, devices, links }: SiteStock, config: TopologyConfig | undefined): SiteTopologyView {
  const roles = new Map(devices.flatMap(({ device, links: { role } }) => (role === undefined ? [] : [[device, role]])));
  const graph = { roles, links };
  const tree = siteTree(site, graph, config);
  const topology = knownTopology(config, new Map([[site, graph]]));
  const nodes = devices.map(({ device }): TopologyNode => {
    const parents = topology.parentsOf({ site, device });
    const names = parents.map((parent) => (parent.site === site ? parent.device : `${parent.site}/${parent.device}`));
    const discovered = topology.isDiscovered?.({ site, device }) === true;
    const by = parents.length === 0 ? null : discovered ? 'discovered' : 'configured';
    return { device, role: roles.get(device) ?? null, parents: names, by, reason: reasonOf(device, by, tree, links) };
  });
  return {
    site,
    roots: tree.roots,
    rootsBy: tree.rootsBy,
    nodes,
    edges: links.map(({ since: _, ...link }) => ({ ...link, current: link.saidBy.length > 0 })),
    unmatched: currentLinks(devices).unmatched,
  };
}

function reasonOf(
  device: string,
  by: TopologyNode['by'],
  { roots, rootsBy }: SiteTree,
  links: readonly Link[],
): string {
  if (by === 'configured') return "the school's file says so";
  if (by === 'discovered') return `every way from ${roots.join(', ')} that is known leads over it`;
  if (roots.includes(device))
    return rootsBy === 'role' ? 'it lets the site out, by its role' : "the top of what the school's file says";
  if (!links.some(({ a, b }) => a === device || b === device)) return 'no link to another device is known';
  if (rootsBy === null)
    return "nothing is known to let the site out: no firewall, no router, nothing in the school's file";
  return `no way from ${roots.join(', ')} leads to it, or there are too many`;
}
