import { matchesGlob } from '../../core/matcher.ts';

/** One device of a school: names are unique within a site only. */
export interface DeviceRef {
  readonly site: string;
  readonly device: string;
}

/** What stands above devices: "these hang on that". Whoever knows it (the school's file, later discovery) says it so. */
export interface Uplink {
  /** Globs over device names; an exact name wins over a glob. */
  readonly devices: readonly string[];
  /** Device names; of another site as `site/device`. Several: any one of them is enough, so all must be down. */
  readonly parents: readonly string[];
  /** Only devices of this site; undefined: of every site. */
  readonly site?: string;
}

export interface TopologyConfig {
  readonly uplinks: readonly Uplink[];
  /** How long a new alert waits for a fresh answer of what is above it, and one whose cause is over for its own recovery, ms. */
  readonly patienceMs: number;
}

export const DEFAULT_PATIENCE_MS = 60_000;

/** Who is above whom in one school. Pure; safe against circles, whoever drew them. */
export interface Topology {
  readonly patienceMs: number;
  parentsOf(of: DeviceRef): readonly DeviceRef[];
  /** False: nothing hangs on it. */
  isParent(of: DeviceRef): boolean;
  /** True: what it hangs on was found by its neighbours, the school's file says nothing of it. Absent: never. */
  isDiscovered?(of: DeviceRef): boolean;
  /** Those that hang on it so that they can only be reached through it, as far as that was found. */
  behind?(of: DeviceRef): readonly DeviceRef[];
}

export const FLAT: Topology = { patienceMs: DEFAULT_PATIENCE_MS, parentsOf: () => [], isParent: () => false };

export function buildTopology(config: TopologyConfig | undefined): Topology {
  if (!config) return FLAT;
  const known = new Map<string, readonly DeviceRef[]>();
  const parents = new Set(config.uplinks.flatMap((uplink) => uplink.parents.map((name) => refOf(name, '').device)));
  return {
    isParent: ({ device }) => parents.has(device),
    patienceMs: config.patienceMs,
    parentsOf(of) {
      const key = refKey(of);
      let parents = known.get(key);
      if (!parents) {
        parents = lookUp(config.uplinks, of);
        if (known.size >= REMEMBERED) known.clear();
        known.set(key, parents);
      }
      return parents;
    },
  };
}

const REMEMBERED = 50_000;

/** The first uplink that names the device, else the first whose glob fits: where `*` hangs on `core1`, what core1 itself hangs on does not. */
function lookUp(uplinks: readonly Uplink[], of: DeviceRef): DeviceRef[] {
  const here = uplinks.filter(({ site }) => site === undefined || site === of.site);
  const named = here.find(({ devices }) => devices.includes(of.device));
  if (named) return refsOf(named, of).filter((parent) => !sameDevice(parent, of));
  const covered = here.find(({ devices }) => devices.some((glob) => matchesGlob(glob, of.device)));
  return covered ? refsOf(covered, of).filter((parent) => !isAbove(of, parent, uplinks, [])) : [];
}

/** Whether `of` is `below` itself or one that it hangs on by name. */
function isAbove(of: DeviceRef, below: DeviceRef, uplinks: readonly Uplink[], path: readonly DeviceRef[]): boolean {
  if (sameDevice(of, below)) return true;
  if (path.some((ref) => sameDevice(ref, below))) return false;
  const named = uplinks.find(
    ({ site, devices }) => (site === undefined || site === below.site) && devices.includes(below.device),
  );
  return named !== undefined && refsOf(named, below).some((next) => isAbove(of, next, uplinks, [...path, below]));
}

function refsOf({ parents }: Uplink, of: DeviceRef): DeviceRef[] {
  return parents.map((name) => refOf(name, of.site));
}

/** `core1`, or `main/core1` for a device of another site. */
function refOf(name: string, site: string): DeviceRef {
  const slash = name.indexOf('/');
  return slash < 0 ? { site, device: name } : { site: name.slice(0, slash), device: name.slice(slash + 1) };
}

export function refKey({ site, device }: DeviceRef): string {
  return `${site}/${device}`;
}

export function sameDevice(a: DeviceRef, b: DeviceRef): boolean {
  return a.site === b.site && a.device === b.device;
}

/** How many of `devices` can only be reached through `root`. */
export function countBehind(topology: Topology, root: DeviceRef, devices: Iterable<DeviceRef>): number {
  return devicesBehind(topology, root, devices).length;
}

/** Those of `devices` that can only be reached through `root`. */
export function devicesBehind(
  topology: Pick<Topology, 'parentsOf'>,
  root: DeviceRef,
  devices: Iterable<DeviceRef>,
): DeviceRef[] {
  const behind = new Map<string, boolean>();
  const hangsOn = (of: DeviceRef): boolean => {
    const key = refKey(of);
    const known = behind.get(key);
    if (known !== undefined) return known;
    behind.set(key, false); // while it is looked at: a circle leads nowhere
    const parents = topology.parentsOf(of);
    const answer = parents.length > 0 && parents.every((parent) => sameDevice(parent, root) || hangsOn(parent));
    behind.set(key, answer);
    return answer;
  };
  return [...devices].filter((device) => !sameDevice(device, root) && hangsOn(device));
}

/**
 * A circle in what is written, as `[core1, fw1, core1]`; undefined: none. Only devices that are named need looking at: one that is merely
 * covered by a glob is nobody's parent.
 */
export function findCircle(uplinks: readonly Uplink[]): string[] | undefined {
  const topology = buildTopology({ uplinks, patienceMs: DEFAULT_PATIENCE_MS });
  const done = new Set<string>();
  const walk = (of: DeviceRef, path: readonly DeviceRef[]): string[] | undefined => {
    const start = path.findIndex((ref) => sameDevice(ref, of));
    if (start >= 0) return [...path.slice(start), of].map(nameOf);
    if (done.has(refKey(of))) return undefined;
    for (const parent of topology.parentsOf(of)) {
      const circle = walk(parent, [...path, of]);
      if (circle) return circle;
    }
    done.add(refKey(of));
    return undefined;
  };
  for (const ref of namedDevices(uplinks)) {
    const circle = walk(ref, []);
    if (circle) return circle;
  }
  return undefined;
}

/** The devices that are named and that none of `known` is, as written: `core1`, `annex/core1`. */
export function unknownNames(uplinks: readonly Uplink[], known: readonly DeviceRef[]): string[] {
  const keys = new Set(known.map(refKey));
  const names = new Set(known.map(({ device }) => device));
  return namedDevices(uplinks)
    .filter((ref) => isWritten(ref, uplinks))
    .filter((ref) => (ref.site === ANY_SITE ? !names.has(ref.device) : !keys.has(refKey(ref))))
    .map(nameOf)
    .sort();
}

function isWritten({ site, device }: DeviceRef, uplinks: readonly Uplink[]): boolean {
  return uplinks.some((uplink) => {
    const of = uplink.site ?? ANY_SITE;
    const named = uplink.devices.includes(device) && of === site;
    return named || uplink.parents.some((parent) => sameDevice(refOf(parent, of), { site, device }));
  });
}

/** Stands for any site that is not named. */
const ANY_SITE = '';

function nameOf({ site, device }: DeviceRef): string {
  return site === ANY_SITE ? device : `${site}/${device}`;
}

/** Every device that is named without a wildcard, on every site that is named, and on any other. */
function namedDevices(uplinks: readonly Uplink[]): DeviceRef[] {
  const parents = uplinks.flatMap((uplink) => uplink.parents.map((name) => refOf(name, uplink.site ?? ANY_SITE)));
  const sites = new Set([ANY_SITE, ...uplinks.flatMap(({ site }) => site ?? []), ...parents.map(({ site }) => site)]);
  const names = new Set([
    ...uplinks.flatMap(({ devices }) => devices.filter((name) => !/[*?]/.test(name))),
    ...parents.map(({ device }) => device),
  ]);
  return [...sites].flatMap((site) => [...names].map((device) => ({ site, device })));
}
