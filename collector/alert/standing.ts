import type { AlertState } from './alert.ts';
import type { Meaning } from './meaning.ts';
import type { Sighting } from './reachability.ts';
import { type DeviceRef, refKey, type Topology } from './topology.ts';

/** An alert that is not resolved and says that a device, or a whole site, cannot be reached. */
export interface Cause {
  readonly id: string;
  readonly meaning: Exclude<Meaning, 'path'>;
  readonly site: string;
  /** Undefined for a site. */
  readonly device: string | undefined;
  readonly state: AlertState;
  readonly pendingAt: number;
  readonly openedAt: number | null;
  /** For a silent site: for how long it was, s. */
  readonly value: number;
}

/** What is known of who can be reached in one school. */
export interface Reach {
  readonly topology: Topology;
  /** By `refKey`. */
  readonly down: ReadonlyMap<string, Cause>;
  readonly sighting: (of: DeviceRef) => Sighting | undefined;
}

/** The fault that is looked at. */
export interface Fault {
  readonly pendingAt: number;
  readonly openedAt: number;
  /** Nobody was told of it: then what is only about to open above it counts as well. */
  readonly tentative: boolean;
}

/** How what is above a device stands. */
export type Standing =
  /** Every way to it leads over something that is down; `root`: the uppermost of them. */
  | { readonly is: 'gone'; readonly root: Cause }
  /** There is a way to it, or nothing above it is known. */
  | { readonly is: 'reachable' }
  /** It cannot be said before these have answered. */
  | { readonly is: 'unsure'; readonly ask: readonly DeviceRef[] };

const REACHABLE: Standing = { is: 'reachable' };

/** How what is above `of` stands, as far as it can explain `fault`. */
export function above(of: DeviceRef, fault: Fault, reach: Reach, path: readonly string[] = []): Standing {
  const parents = reach.topology.parentsOf(of);
  if (parents.length === 0) return REACHABLE;
  const found = reach.topology.isDiscovered?.(of) === true;
  const standings = parents.map((parent) => standing(parent, fault, reach, [...path, refKey(of)], found));
  if (standings.some(({ is }) => is === 'reachable')) return REACHABLE;
  const ask = standings.flatMap((each) => (each.is === 'unsure' ? each.ask : []));
  return ask.length > 0 ? { is: 'unsure', ask } : standings[0]!;
}

/** The same for what was measured over the way to `of`: that nothing comes back from a device that is down is no fault of its own. */
export function onTheWayTo(of: DeviceRef, self: string, fault: Fault, reach: Reach): Standing {
  const cause = reach.down.get(refKey(of));
  if (cause && cause.id !== self && cause.state !== 'pending') return gone(of, cause, fault, reach, []);
  return above(of, fault, reach);
}

/** Whether a parent is there itself; `found`: that it is one was only discovered. */
function standing(parent: DeviceRef, fault: Fault, reach: Reach, path: readonly string[], found: boolean): Standing {
  const key = refKey(parent);
  // A circle: whoever drew it, it explains nothing.
  if (path.includes(key)) return REACHABLE;
  const cause = reach.down.get(key);
  const seen = reach.sighting(parent);
  if (found && cause && isDoubtful(parent, cause, fault, reach)) {
    const higher = above(parent, fault, reach, path);
    return higher.is === 'gone' ? higher : REACHABLE;
  }
  if (cause && cause.state !== 'pending') return gone(parent, cause, fault, reach, path);
  if (seen?.alive && isAfter(seen, fault)) return REACHABLE;
  const silent = seen !== undefined && !seen.alive && seen.time >= fault.pendingAt;
  if (cause && silent && fault.tentative) return gone(parent, cause, fault, reach, path);
  const higher = above(parent, fault, reach, path);
  if (higher.is === 'gone') return higher;
  return { is: 'unsure', ask: higher.is === 'unsure' ? [parent, ...higher.ask] : [parent] };
}

/** What follows from a parent's fault has begun by then. */
const FOLLOWS_MS = 600_000;

/**
 * Whether a parent that was only discovered explains nothing, though it is down: what is behind it has answered since (it forwards and keeps silent
 * itself, or there is a way round it that nobody told of), or the fault came so much later that it answered in between.
 */
function isDoubtful(parent: DeviceRef, cause: Cause, fault: Fault, { topology, sighting }: Reach): boolean {
  if (fault.pendingAt > cause.pendingAt + FOLLOWS_MS) return true;
  const answered = (of: DeviceRef): boolean => {
    const seen = sighting(of);
    return seen?.alive === true && seen.time > cause.pendingAt;
  };
  return topology.behind?.(parent).some(answered) ?? false;
}

function gone(parent: DeviceRef, cause: Cause, fault: Fault, reach: Reach, path: readonly string[]): Standing {
  const higher = above(parent, fault, reach, path);
  return higher.is === 'gone' ? higher : { is: 'gone', root: cause };
}

/**
 * An answer counts as fresh when it is not older than the moment at which the fault was certain. One of the very moment at which the fault
 * began may be of the same cycle, of which the first packets were still answered.
 */
function isAfter({ time }: Sighting, { pendingAt, openedAt }: Fault): boolean {
  return openedAt > pendingAt ? time >= openedAt : time > openedAt;
}
