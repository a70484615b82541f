import { learningMute } from '../alert/learning.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Meaning } from '../alert/meaning.ts';
import { type Mute, runsUntil } from '../alert/mute.ts';
import type { Reachability } from '../alert/reachability.ts';
import type { Cause } from '../alert/standing.ts';
import type { GroupFacts, World } from '../alert/suppress.ts';
import { refKey, type Topology } from '../alert/topology.ts';
import type { School } from '../engagement/school.ts';
import { knownTopology, type SchoolGraph } from '../inventory/topology.ts';
import { listCauses } from '../state/causes.ts';
import type { StateDb } from '../state/database.ts';
import { currentMutes } from '../state/mutes.ts';
import type { Router } from './router.ts';

export interface WorldParts {
  readonly router: Pick<Router, 'school'>;
  readonly meanings: () => ReadonlyMap<string, Meaning>;
  readonly group: (key: string) => GroupFacts | undefined;
  readonly reach: Reachability;
  /** Who stands beside whom, as the devices of a school tell; a new object with each change. Default: nothing is known. */
  readonly graph?: ((school: string) => SchoolGraph | undefined) | undefined;
}

/** What the database knows of a school that its alerts are judged by. */
export interface Facts {
  /** By alert id, oldest first. */
  readonly causes: Map<string, Cause>;
  /** Those that run, and those ahead. */
  readonly mutes: readonly Mute[];
}

export async function readFacts(
  db: StateDb,
  { meanings, router }: WorldParts,
  school: string,
  now: number,
): Promise<Facts> {
  const causes = await listCauses(db, school, meanings());
  const configured = router.school(school);
  const learning = configured && learningMute(configured);
  const mutes = [...(await currentMutes(db, school, now)), ...(learning ? [learning] : [])];
  return { causes: new Map(causes.map((cause) => [cause.id, cause])), mutes };
}

/** Keeps facts in step with an alert that has changed. */
export function noteAlert({ causes }: Facts, { meanings }: WorldParts, alert: StoredAlert): void {
  const { id, rule, site, state, pendingAt, openedAt, value, labels } = alert;
  const meaning = meanings().get(rule);
  if (meaning === undefined || meaning === 'path') return;
  if (state === 'resolved') causes.delete(id);
  else causes.set(id, { id, meaning, site, device: labels['device'], state, pendingAt, openedAt, value });
}

/** What a school's alerts are judged by at `now`; undefined for a school that is not configured. */
export function worldOf(
  { causes, mutes }: Facts,
  { router, meanings, group, reach, graph }: WorldParts,
  school: string,
  now: number,
): World | undefined {
  const configured = router.school(school);
  if (!configured) return undefined;
  const meaning = meanings();
  const all = [...causes.values()];
  return {
    now,
    topology: topologyOf(configured, graph?.(school)),
    down: worstBy(all, ({ meaning, site, device }) =>
      meaning === 'down' && device !== undefined ? refKey({ site, device }) : undefined,
    ),
    lost: worstBy(all, (cause) => (isLost(cause) ? cause.site : undefined)),
    mutes: mutes.filter((mute) => runsUntil(mute, now, configured) !== undefined),
    sighting: (of) => reach.last(school, of),
    meaning: (rule) => meaning.get(rule),
    group,
  };
}

/** Of what it was worked out from: the school's file, and what was discovered. */
const topologies = new WeakMap<object, { readonly of: object | undefined; readonly topology: Topology }>();
const NOTHING_DISCOVERED = {};

/** One source for all: the school's file, then what was discovered. */
export function topologyOf({ topology: file }: Pick<School, 'topology'>, graph?: SchoolGraph): Topology {
  if (!file && !graph) return knownTopology(undefined, undefined);
  const [key, of] = file ? [file, graph ?? NOTHING_DISCOVERED] : [graph!, undefined];
  const known = topologies.get(key);
  if (known && known.of === of) return known.topology;
  const topology = knownTopology(file, graph);
  topologies.set(key, { of, topology });
  return topology;
}

/** One cause a place: one that is certain before one that is about to be, then the older. */
function worstBy(causes: readonly Cause[], keyOf: (cause: Cause) => string | undefined): Map<string, Cause> {
  const found = new Map<string, Cause>();
  for (const cause of causes) {
    const key = keyOf(cause);
    const before = key === undefined ? undefined : found.get(key);
    if (key !== undefined && (!before || (before.state === 'pending' && cause.state !== 'pending')))
      found.set(key, cause);
  }
  return found;
}

/**
 * A site whose silence is itself kept quiet is as silent. One of which nothing can be reached counts only while it is told of: it may itself be
 * suppressed behind a device, and then that device is what is told of.
 */
function isLost({ meaning, state }: Cause): boolean {
  if (meaning === 'silent') return state !== 'pending';
  return meaning === 'isolated' && state === 'open';
}
