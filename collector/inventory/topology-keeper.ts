import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { TopologyConfig } from '../alert/topology.ts';
import { listLinks, replaceLinks } from '../state/device-links.ts';
import { addEvents } from '../state/events.ts';
import { linksOfSite, rolesOfSchool } from '../state/inventory.ts';
import { isLost, type SchoolTransaction } from '../state/school-transaction.ts';
import { eventSamples, inventoryEvent } from './inventory-event.ts';
import { linkDifferences } from './link-difference.ts';
import { rememberLinks } from './link-memory.ts';
import { currentLinks } from './links.ts';
import { knownTopology, type SchoolGraph, type SiteGraph } from './topology.ts';
import type { Pair } from './tree.ts';

export interface TopologyKeeperParts {
  readonly inSchool: SchoolTransaction;
  /** What the school's file says. */
  readonly configured: (school: string) => TopologyConfig | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
}

/** Documents of a round of polling come one after the other. */
const GATHER_MS = 5_000;
/** When a link was last said is written down so often, at least. */
const REFRESH_MS = 3_600_000;
const PAUSE_MS = 30_000;

/** Keeps who stands beside whom in step with what devices say; at most a few seconds behind. */
export class TopologyKeeper {
  readonly #parts: TopologyKeeperParts;
  readonly #graphs = new Map<string, SchoolGraph>();
  /** School -> sites to be looked at. */
  readonly #due = new Map<string, Set<string>>();
  #wake: () => void = () => {};

  constructor(parts: TopologyKeeperParts) {
    this.#parts = parts;
  }

  /** By what was worked out last; it is looked at anew soon. */
  async takeUp(school: string): Promise<void> {
    const [links, devices] = await this.#parts.inSchool(school, async (tx) => [
      await listLinks(tx, school),
      await rolesOfSchool(tx, school),
    ]);
    const bySite = Map.groupBy(devices, ({ site }) => site);
    const graph = new Map([...bySite].map(([site, of]) => [site, graphOf(of, links.get(site) ?? [])]));
    this.#graphs.set(school, graph);
    this.#due.set(school, new Set(bySite.keys()));
    this.#wake();
  }

  /** Another collector answers for the school. */
  readonly giveUp = (school: string): void => {
    this.#graphs.delete(school);
    this.#due.delete(school);
  };

  /** The same object until something changes. */
  readonly graph = (school: string): SchoolGraph | undefined => this.#graphs.get(school);

  readonly changed = (school: string, site: string): void => {
    const sites = this.#due.get(school) ?? new Set();
    this.#due.set(school, sites.add(site));
    this.#wake();
  };

  /** Looks at every site where something has changed. */
  async step(): Promise<void> {
    const due = [...this.#due].flatMap(([school, sites]) => [...sites].map((site) => ({ school, site })));
    this.#due.clear();
    for (const { school, site } of due)
      try {
        if (this.#graphs.has(school)) await this.#relink(school, site);
      } catch (error) {
        if (isLost(error)) continue;
        this.#parts.log.error(
          { school, site, err: errorMessage(error) },
          'who stands beside whom not worked out, tried again',
        );
        this.changed(school, site);
      }
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const idle = new AbortController();
      this.#wake = () => idle.abort();
      if (this.#due.size === 0) await clock.sleep(REFRESH_MS, AbortSignal.any([signal, idle.signal]));
      if (!idle.signal.aborted && this.#due.size === 0) this.#allDue();
      this.#wake = () => {};
      await clock.sleep(GATHER_MS, signal);
      if (signal.aborted) return;
      await this.step();
      if (this.#due.size > 0) await clock.sleep(PAUSE_MS, signal);
    }
  }

  #allDue(): void {
    for (const [school, sites] of this.#graphs) this.#due.set(school, new Set(sites.keys()));
  }

  async #relink(school: string, site: string): Promise<void> {
    const { inSchool, clock, newId, observe } = this.#parts;
    const now = clock.now();
    const { graph, events } = await inSchool(school, async (tx) => {
      const devices = await linksOfSite(tx, school, site);
      const before = (await listLinks(tx, school, site)).get(site) ?? [];
      const roles = devices.map(({ device, links }) => ({ device, role: links.role ?? null }));
      const parentsOf = this.#formerParents(school, site, graphOf(roles, before));
      const { links, dropped } = rememberLinks(before, currentLinks(devices).links, devices, parentsOf, now);
      await replaceLinks(tx, school, site, links);
      const told = linkDifferences(before, links, dropped).map(({ device, change }) =>
        inventoryEvent(change, { school, site, device }, now, newId()),
      );
      await addEvents(tx, told);
      return { graph: graphOf(roles, links), events: told };
    });
    this.#use(school, site, graph);
    await observe(eventSamples(events.map((event) => ({ event, role: graph.roles.get(event.device ?? '') }))));
  }

  #formerParents(school: string, site: string, graph: SiteGraph): (device: string) => readonly string[] {
    const topology = knownTopology(this.#parts.configured(school), new Map([[site, graph]]));
    return (device) => topology.parentsOf({ site, device }).map((parent) => parent.device);
  }

  /** What topology is worked out from is another object only when it says something else. */
  #use(school: string, site: string, graph: SiteGraph): void {
    const known = this.#graphs.get(school);
    if (!known || sameGraph(known.get(site), graph)) return;
    this.#graphs.set(school, new Map([...known, [site, graph]]));
  }
}

function graphOf(
  devices: readonly { readonly device: string; readonly role: string | null }[],
  links: readonly Pair[],
): SiteGraph {
  const roles = new Map(devices.flatMap(({ device, role }) => (role === null ? [] : [[device, role]])));
  return { roles, links: links.map(({ a, b }) => ({ a, b })) };
}

function sameGraph(a: SiteGraph | undefined, b: SiteGraph): boolean {
  const text = ({ roles, links }: SiteGraph): string => JSON.stringify([[...roles], links]);
  return a !== undefined && text(a) === text(b);
}
