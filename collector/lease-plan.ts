import type { Lease } from './state/lease-rows.ts';

export interface LeaseSituation {
  readonly leases: readonly Lease[];
  /** The collectors that live, this one among them. */
  readonly members: readonly string[];
  readonly me: string;
  /** Those that this one knows, and can answer for. */
  readonly schools: ReadonlySet<string>;
  /** The database's clock. */
  readonly now: number;
  readonly ttlMs: number;
  /** This one has lived long enough to ask others for theirs. */
  readonly settled: boolean;
}

export interface LeasePlan {
  /** Free ones to take. */
  readonly take: readonly Lease[];
  /** Own ones that a collector with fewer asked for. */
  readonly give: readonly Lease[];
  /** Others' to ask for. */
  readonly ask: readonly Lease[];
}

/**
 * Pure: what a collector does about its leases now. Each takes at most its share, rounded up; who has less than the share rounded down asks
 * those who have more than that, and only a collector that asked gets what is given: so nothing goes back and forth. What has been free for half
 * a lease is taken by anybody, whatever the shares say: who should have it may not know the school.
 */
export function planLeases(situation: LeaseSituation): LeasePlan {
  const { leases, members, me, schools, now, ttlMs, settled } = situation;
  const live = new Set(members);
  const isFree = (lease: Lease): boolean => lease.holder === null || lease.expiresAt <= now;
  // Schools that nobody knows any more are nobody's share.
  const count = leases.filter((lease) => !isFree(lease) || schools.has(lease.school)).length;
  const share = Math.ceil(count / Math.max(1, live.size));
  const held = new Map<string, Lease[]>();
  for (const lease of leases) if (!isFree(lease)) held.set(lease.holder!, [...(held.get(lease.holder!) ?? []), lease]);
  const mine = held.get(me) ?? [];

  const overdue = (lease: Lease): boolean => lease.expiresAt <= now - ttlMs / 2;
  const promised = (lease: Lease): boolean =>
    lease.wantedBy !== null && lease.wantedBy !== me && live.has(lease.wantedBy) && !overdue(lease);
  const free = leases.filter((lease) => isFree(lease) && schools.has(lease.school) && !promised(lease));
  const late = free.filter(overdue);
  const within = free.filter((lease) => !overdue(lease)).slice(0, Math.max(0, share - mine.length - late.length));
  const take = [...late, ...within];

  const wanted = mine.filter((lease) => lease.wantedBy !== null && lease.wantedBy !== me && live.has(lease.wantedBy));
  const least = Math.floor(count / Math.max(1, live.size));
  const give = wanted.slice(0, Math.max(0, mine.length - least));

  return { take, give, ask: settled ? wishes(situation, held, { least, share, own: mine.length + take.length }) : [] };
}

/** What to ask for: up to the share rounded down of who has more than that, else one of who has more than the share rounded up. */
function wishes(
  { members, me, schools }: LeaseSituation,
  held: ReadonlyMap<string, readonly Lease[]>,
  { least, share, own }: { readonly least: number; readonly share: number; readonly own: number },
): Lease[] {
  const asked = [...held.values()].flat().filter((lease) => lease.wantedBy === me && lease.holder !== me).length;
  const short = least - own - asked;
  const above = short > 0 ? least : share;
  let need = short > 0 ? short : own + asked < share ? 1 : 0;
  const ask: Lease[] = [];
  for (const [holder, theirs] of held) {
    if (holder === me) continue;
    const open = theirs.filter(
      (lease) => schools.has(lease.school) && (lease.wantedBy === null || !members.includes(lease.wantedBy)),
    );
    const some = open.slice(0, Math.max(0, Math.min(need, theirs.length - above)));
    ask.push(...some);
    need -= some.length;
  }
  return ask;
}
