import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SelfMetrics } from '../runtime/self-metrics.ts';
import { planLeases } from './lease-plan.ts';
import { isPostgres, type StateDb } from './state/database.ts';
import {
  ask,
  databaseNow,
  giveUp,
  type Lease,
  leave,
  listLeases,
  liveMembers,
  type Member,
  renew,
  stands,
  take,
} from './state/lease-rows.ts';
import { inSchool, isLost, lost, type SchoolTransaction } from './state/school-transaction.ts';

/** How often a collector says that it lives, and looks for schools that nobody answers for. */
const ROUND_MS = 1_500;
/** A collector that has said nothing for this long has lost its schools. */
const TTL_MS = 6_000;
/** Schools taken up at once. */
const TAKEN_AT_ONCE = 8;

export interface LeaseKeeperParts {
  readonly db: StateDb;
  /** For the rounds alone: they must not wait for a connection behind the work of the schools. May be the same. */
  readonly leaseDb: StateDb;
  readonly me: Member;
  /** Schools this collector knows and can answer for. */
  readonly schools: () => Promise<readonly string[]>;
  /** Takes a school up from the database; what it throws has it called again. */
  readonly onTake: (school: string) => Promise<void>;
  /** Forgets everything in memory of a school; must not throw. */
  readonly onLose: (school: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
}

/** A school this collector holds. */
interface Held {
  readonly epoch: number;
  /** Until then (monotonic) nobody else can have taken it. */
  until: number;
  /** Taken up; before, only what takes it up may write. */
  ready: boolean;
}

/**
 * Sees to it that each school has one collector that writes for it. Time alone never decides what is written: every transaction of a holder
 * checks that its lease still stands, so one that stood still and woke up changes nothing any more.
 */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #held = new Map<string, Held>();
  readonly #failed = new Set<string>();
  #leases: ReadonlyMap<string, Lease> = new Map();
  /** When `#leases` was read (monotonic). */
  #readAt = Number.NEGATIVE_INFINITY;
  #bornAt = 0;
  #first = true;
  #taking: Promise<unknown> = Promise.resolve();

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
    parts.metrics.gauge(
      'bellwether_collector_schools_held',
      'Schools that this collector answers for now.',
      [],
      (gauge) => gauge.set(this.schools().length),
    );
  }

  /** The first round; what can be had at once is taken up when it resolves. */
  async start(): Promise<void> {
    this.#bornAt = this.#parts.clock.monotonic();
    await this.#round();
    await this.#taking;
  }

  /** Renews and takes until `signal` aborts; what is held stays held until `stop`, while the rest of the process comes to its end. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(ROUND_MS, signal);
      if (signal.aborted) break;
      try {
        await this.#round();
      } catch (error) {
        log.error({ err: errorMessage(error) }, 'leases not renewed, tried again');
      }
    }
  }

  /** Gives everything up: others take it at their next round. */
  async stop(): Promise<void> {
    const { leaseDb, me, clock } = this.#parts;
    await this.#taking;
    const schools = [...this.#held.keys()];
    for (const school of schools) this.#lose(school);
    await giveUp(leaseDb, me, schools, await databaseNow(leaseDb, clock));
    await leave(leaseDb, me);
  }

  /** Whether this collector answers for the school, as far as it can know without asking. */
  readonly holds = (school: string): boolean => {
    const held = this.#held.get(school);
    return held?.ready === true && this.#parts.clock.monotonic() < held.until;
  };

  /** Those it answers for now. */
  readonly schools = (): string[] => [...this.#held.keys()].filter(this.holds);

  /** Where to send what is for a school that another collector holds; undefined when nobody is known to. */
  readonly holderUrl = (school: string): string | undefined => {
    const lease = this.#leases.get(school);
    if (!lease || lease.holder === null || lease.holder === this.#parts.me.id) return undefined;
    return this.#parts.clock.monotonic() - this.#readAt < TTL_MS ? (lease.url ?? undefined) : undefined;
  };

  /** Transactions of what this collector does by itself. @throws BellwetherError BW_LEASE when the school is not, or no longer, its own */
  readonly inSchool: SchoolTransaction = async (school, work) => {
    const held = this.#held.get(school);
    if (!held) throw lost(school);
    const { db, me } = this.#parts;
    try {
      return await inSchool(db, school, async (tx) => {
        if (!(await stands(tx, school, me.id, held.epoch))) throw lost(school);
        return work(tx);
      });
    } catch (error) {
      if (isLost(error) && this.#held.get(school) === held) this.#lose(school);
      throw error;
    }
  };

  async #round(): Promise<void> {
    const { leaseDb, clock, log } = this.#parts;
    const schools = await this.#parts.schools();
    const sentAt = clock.monotonic();
    const { leases, give } = await leaseDb.transaction().execute((tx) => this.#settle(tx, schools));
    this.#leases = new Map(leases.map((lease) => [lease.school, lease]));
    this.#readAt = clock.monotonic();
    this.#first = false;
    const mine = leases.filter((lease) => lease.holder === this.#parts.me.id);
    this.#follow(mine, sentAt + TTL_MS);
    const given = give.map((lease) => lease.school).filter((school) => this.#held.has(school));
    if (given.length === 0) return;
    for (const school of given) this.#lose(school);
    await giveUp(leaseDb, this.#parts.me, given, await databaseNow(leaseDb, clock));
    log.info({ schools: given }, 'schools given to a collector with fewer');
  }

  async #settle(tx: StateDb, schools: readonly string[]): Promise<{ leases: Lease[]; give: readonly Lease[] }> {
    const { me, clock } = this.#parts;
    const now = await databaseNow(tx, clock);
    const until = now + TTL_MS;
    await renew(tx, me, schools, { now, until });
    const seen = await listLeases(tx);
    const known = new Set(schools);
    const settled = isPostgres(tx) && clock.monotonic() - this.#bornAt > TTL_MS;
    const members = await liveMembers(tx, now);
    const plan = planLeases({ leases: seen, members, me: me.id, schools: known, now, ttlMs: TTL_MS, settled });
    // The newest process on a file, or under an address, is the one that was meant: what was killed there does not hold it up.
    const before = (lease: Lease): boolean =>
      this.#first && lease.holder !== me.id && (!isPostgres(tx) || (lease.url !== null && lease.url === me.url));
    const seized = seen.filter((lease) => known.has(lease.school) && (before(lease) || plan.take.includes(lease)));
    for (const lease of seized) await take(tx, me, lease, until);
    await ask(
      tx,
      me,
      plan.ask.map((lease) => lease.school),
    );
    const changed = seized.length > 0 || plan.ask.length > 0;
    return { leases: changed ? await listLeases(tx) : seen, give: plan.give };
  }

  /** Brings what is in memory in line with what the database says is this collector's. */
  #follow(mine: readonly Lease[], until: number): void {
    const { log } = this.#parts;
    const epochs = new Map(mine.map((lease) => [lease.school, lease.epoch]));
    for (const [school, held] of this.#held) {
      if (epochs.get(school) === held.epoch) held.until = until;
      else this.#lose(school);
    }
    const fresh: string[] = [...this.#failed];
    this.#failed.clear();
    for (const { school, epoch } of mine) {
      if (this.#held.has(school)) continue;
      this.#held.set(school, { epoch, until, ready: false });
      fresh.push(school);
    }
    if (fresh.length === 0) return;
    log.info({ schools: fresh }, 'schools taken');
    this.#taking = this.#taking.then(() => this.#takeUp(fresh));
  }

  async #takeUp(schools: readonly string[]): Promise<void> {
    for (let i = 0; i < schools.length; i += TAKEN_AT_ONCE)
      await Promise.all(schools.slice(i, i + TAKEN_AT_ONCE).map((school) => this.#takeUpOne(school)));
  }

  async #takeUpOne(school: string): Promise<void> {
    const held = this.#held.get(school);
    if (!held || held.ready) return;
    try {
      await this.#parts.onTake(school);
      if (this.#held.get(school) === held) held.ready = true;
    } catch (error) {
      this.#parts.log.error({ school, err: errorMessage(error) }, 'school not taken up, tried again');
      if (this.#held.get(school) === held) this.#failed.add(school);
    }
  }

  #lose(school: string): void {
    this.#held.delete(school);
    this.#failed.delete(school);
    this.#parts.log.info({ school }, 'school no longer held');
    this.#parts.onLose(school);
  }
}
