import type { Meaning } from '../alert/meaning.ts';
import { runsUntil } from '../alert/mute.ts';
import type { Reachability } from '../alert/reachability.ts';
import type { Cause } from '../alert/standing.ts';
import type { GroupFacts, World } from '../alert/suppress.ts';
import { buildTopology, refKey, type Topology } from '../alert/topology.ts';
import type { School } from '../engagement/school.ts';
import { listCauses } from '../state/causes.ts';
import type { StateDb } from '../state/database.ts';
import { currentMutes } from '../state/mutes.ts';
import type { Router } from './router.ts';

export interface WorldParts {
  readonly router: Pick<Router, 'school'>;
  readonly meanings: () => ReadonlyMap<string, Meaning>;
  readonly group: (key: string) => GroupFacts | undefined;
  readonly reach: Reachability;
}

/** What a school's alerts are judged by at `now`; undefined for a school that is not configured. */
export async function readWorld(
  db: StateDb,
  { router, meanings, group, reach }: WorldParts,
  school: string,
  now: number,
): Promise<World | undefined> {
  const configured = router.school(school);
  if (!configured) return undefined;
  const meaning = meanings();
  const causes = await listCauses(db, school, meaning);
  const mutes = await currentMutes(db, school, now);
  return {
    now,
    topology: topologyOf(configured),
    down: worstBy(causes, (cause) =>
      cause.meaning === 'down' && cause.device !== undefined
        ? refKey({ site: cause.site, device: cause.device })
        : undefined,
    ),
    // A site whose silence is itself kept quiet is as silent.
    silent: worstBy(causes, (cause) =>
      cause.meaning === 'silent' && cause.state !== 'pending' ? cause.site : undefined,
    ),
    mutes: mutes.filter((mute) => runsUntil(mute, now, configured) !== undefined),
    sighting: (of) => reach.last(school, of),
    meaning: (rule) => meaning.get(rule),
    group,
  };
}

const topologies = new WeakMap<object, Topology>();

export function topologyOf({ topology }: School): Topology {
  if (!topology) return buildTopology(undefined);
  const known = topologies.get(topology);
  if (known) return known;
  const built = buildTopology(topology);
  topologies.set(topology, built);
  return built;
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
