import type { Role } from '../../core/domain.ts';
import type { NamedCredentials } from './known.ts';
import { slugOf } from './names.ts';
import type { ProposedDevice } from './proposal.ts';
import type { FoundDevice } from './roster.ts';
import type { SweepResult } from './sweep.ts';

/** A target of the configuration. */
export interface KnownTarget {
  readonly name: string;
  readonly host: string;
  /** `host` as an address, resolved; undefined when the name has none now. */
  readonly address: string | undefined;
  readonly role: Role | undefined;
  readonly snmp: boolean;
  /** By which it is polled, where the configuration has them. */
  readonly credentials: NamedCredentials | undefined;
}

/** What the configuration says against what was found. */
export interface Comparison {
  readonly fresh: readonly ProposedDevice[];
  /** Found by their name under another address. */
  readonly moved: readonly { readonly device: ProposedDevice; readonly was: string }[];
  /** Asked, and silent. */
  readonly gone: readonly KnownTarget[];
  /** Answer a ping, but SNMP no longer. */
  readonly quiet: readonly KnownTarget[];
  readonly unchanged: number;
  /** Outside of what was swept, or not asked in time. */
  readonly unseen: number;
}

export interface Pair {
  readonly target: KnownTarget;
  readonly by: 'address' | 'name';
}

/** Which found device is which target: by an address it has, else by its name where that fits one only. Each target once. */
export function pairTargets(
  devices: readonly FoundDevice[],
  known: readonly KnownTarget[],
): ReadonlyMap<FoundDevice, Pair> {
  const pairs = new Map<FoundDevice, Pair>();
  const left = new Set(known);
  for (const device of devices) {
    const target = [...left].find((t) => t.address !== undefined && device.addresses.includes(t.address));
    if (!target) continue;
    pairs.set(device, { target, by: 'address' });
    left.delete(target);
  }
  for (const target of left) {
    const namesakes = devices.filter((d) => !pairs.has(d) && namesOf(d).includes(target.name.toLowerCase()));
    if (namesakes.length === 1) pairs.set(namesakes[0]!, { target, by: 'name' });
  }
  return pairs;
}

function namesOf({ identity: { sysName = '' } }: FoundDevice): string[] {
  return sysName === '' ? [] : [slugOf(sysName), slugOf(sysName.replace(/\..*$/, ''))];
}

export function compare(
  result: SweepResult,
  pairs: ReadonlyMap<FoundDevice, Pair>,
  proposed: ReadonlyMap<FoundDevice, ProposedDevice>,
  { known, pinged }: { readonly known: readonly KnownTarget[]; readonly pinged: boolean },
): Comparison {
  const paired = new Set([...pairs.values()].map(({ target }) => target));
  const alive = new Set(result.quiet.map(({ address }) => address));
  const lost = known.filter((t) => !paired.has(t));
  const judged = lost.filter(
    ({ address, snmp }) => address !== undefined && result.settled.has(address) && (snmp || pinged),
  );
  const quiet = judged.filter(({ address }) => alive.has(address!));
  const fresh = [...proposed].filter(([device]) => !pairs.has(device)).map(([, p]) => p);
  const moved = [...pairs].flatMap(([device, { target, by }]) =>
    by === 'name' ? [{ device: proposed.get(device)!, was: target.host }] : [],
  );
  const steady = quiet.filter(({ snmp }) => !snmp).length;
  return {
    fresh,
    moved,
    gone: judged.filter(({ address }) => !alive.has(address!)),
    quiet: quiet.filter(({ snmp }) => snmp),
    unchanged: pairs.size - moved.length + steady,
    unseen: lost.length - judged.length,
  };
}
