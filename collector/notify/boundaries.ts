import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Decision } from '../engagement/decision.ts';
import { ackExpiresAt, moveAtBoundary } from '../engagement/item-rules.ts';
import { latchedGrants, stepLoads } from '../engagement/load.ts';
import { DEFAULT_HANDOVER, type Grant } from '../engagement/school.ts';
import { findAlert, listAlerts, record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { loadLatches, saveLatches } from '../state/latches.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import { changeSamples } from './alert-sample.ts';
import type { Directory } from './directory.ts';
import { moveOwner } from './moves.ts';
import type { Pager } from './pager.ts';
import { decideFor, ownerFor, type Router, routeAlert } from './router.ts';
import type { Suppression } from './suppression.ts';

/** Open alerts of one school that are looked at in one step. */
const OPEN_LIMIT = 10_000;

/** What the passing of time works on. */
export interface BoundaryParts {
  readonly db: StateDb;
  readonly router: Router;
  readonly directory: Directory;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly log: Logger;
  /** Wakes the outbox after messages were added. */
  readonly outbox: { notify(): void };
  readonly suppression?: Pick<Suppression, 'admit'>;
  /** Transactions of what is done by itself; default: of any school. */
  readonly inSchool?: SchoolTransaction;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
}

/** What the passing of time does to open alerts: load thresholds flip, acknowledgements lapse, windows begin and end. */
export class Boundaries {
  readonly #parts: BoundaryParts;
  /** Alert id -> the answer it did not follow, so that staying is said once. */
  readonly #stayed = new Map<string, string>();

  readonly #inSchool: SchoolTransaction;

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
    this.#inSchool = parts.inSchool ?? schoolTransactions(parts.db);
  }

  /** Takes up the load thresholds from before a restart. */
  async start(): Promise<void> {
    for (const school of this.#parts.router.schools.keys()) await this.takeUp(school);
  }

  /** Where the load thresholds of a school stand, as whoever answers for it wrote down. */
  async takeUp(school: string): Promise<void> {
    this.#parts.router.setLatched(school, latchedGrants(await loadLatches(this.#parts.db, school)));
  }

  /** Looks at every open alert of every school that is answered for here; of the others it learns where they stand. Returns the samples of measurement `alert` to store. */
  async step(): Promise<Sample[]> {
    const samples: Sample[] = [];
    for (const school of this.#parts.router.schools.keys()) {
      if (this.#parts.holds?.(school) ?? true) samples.push(...(await this.stepSchool(school)));
      else await this.takeUp(school);
    }
    if (samples.length > 0) this.#parts.outbox.notify();
    return samples;
  }

  async stepSchool(school: string): Promise<Sample[]> {
    const open = await listAlerts(this.#parts.db, { school, states: ['open', 'suppressed'], limit: OPEN_LIMIT });
    await this.#loads(school, open);
    const samples: Sample[] = [];
    for (const alert of open) samples.push(...(await this.#look(alert)));
    return samples;
  }

  async #loads(school: string, open: readonly StoredAlert[]): Promise<void> {
    const { db, router, clock, log } = this.#parts;
    const plan = router.plan(school);
    if (!plan?.grants.some(({ grant }) => grant.condition?.load)) return;
    const before = await loadLatches(db, school);
    const claims = Object.fromEntries(open.flatMap((a) => (a.claimedBy === null ? [] : [[a.id, a.claimedBy]])));
    const state = { ...router.state(school), claims };
    const alerts = open.map((alert) => ({ alert: routeAlert(alert), suppressed: alert.state === 'suppressed' }));
    const { latches, flipped } = stepLoads(plan, alerts, before, clock.now(), state);
    if (JSON.stringify(latches) !== JSON.stringify(before))
      await this.#inSchool(school, (tx) => saveLatches(tx, school, latches));
    router.setLatched(school, latchedGrants(latches));
    for (const { grant, latched, count } of flipped)
      log.info({ school, grant, count }, latched ? 'load threshold reached' : 'load threshold cleared');
  }

  async #look(alert: StoredAlert): Promise<Sample[]> {
    const now = this.#parts.clock.now();
    const lapsed = alert.ackedAt !== null && ackExpiresAt(alert.severity, alert.ackedAt, alert.notedAt) <= now;
    const owner = ownerFor(this.#parts.router.responsibility, alert, now);
    const due = alert.heldUntil !== null && alert.heldUntil <= now;
    if (!lapsed && !due && (owner === null || owner === alert.decision?.owner || owner === alert.owner)) return [];
    return this.#inSchool(alert.school, async (tx) => {
      // As it is now: somebody may have acted since the list was read.
      const before = await findAlert(tx, alert.id);
      if (before?.state !== 'open' && before?.state !== 'suppressed') return [];
      const free = await this.#endHold(tx, before, now);
      const after = lapsed ? await this.#lapse(tx, free, now) : await this.#boundary(tx, free, now);
      return after === before ? [] : changeSamples(before, after, now);
    });
  }

  /** Its owner's duty began, or the wait was long enough: its first page is due. */
  #endHold(tx: StateDb, before: StoredAlert, now: number): Promise<StoredAlert> | StoredAlert {
    if (before.heldUntil === null || before.heldUntil > now) return before;
    return record(tx, before, { type: 'hold_ended', at: now, decidedAt: now, detail: { reason: 'told now' } });
  }

  /** Taken and forgotten: the ladder begins again, with whoever answers now. */
  async #lapse(tx: StateDb, before: StoredAlert, now: number): Promise<StoredAlert> {
    if (before.ackedAt === null || ackExpiresAt(before.severity, before.ackedAt, before.notedAt) > now) return before;
    const { router, pager } = this.#parts;
    const reason = `acknowledged by ${before.ackedBy}, and nothing was heard since`;
    const free = await record(tx, before, { type: 'unacked', at: now, decidedAt: now, detail: { reason } });
    const quiet = await this.#parts.suppression?.admit(tx, free, now, false);
    if (quiet) return quiet;
    const fresh = decideFor(router.responsibility, free, now);
    if (!fresh) return free;
    const moved = fresh.owner === free.owner ? undefined : await this.#move(tx, free, fresh, reason, now);
    if (moved) return moved;
    // Its owner keeps it, by agreement or because it moved too often: then the ladder is the one of who has it.
    const decision =
      fresh.owner === free.owner ? fresh : decideFor(router.responsibility, { ...free, claimedBy: free.owner }, now);
    await pager.stop(tx, free, 'the ladder begins again');
    const after = await record(tx, free, { type: 'routed', at: now, decidedAt: now, detail: { reason, decision } });
    return pager.page(tx, after, now);
  }

  async #boundary(tx: StateDb, before: StoredAlert, now: number): Promise<StoredAlert> {
    const decision = decideFor(this.#parts.router.responsibility, before, now);
    if (!decision || decision.owner === before.decision?.owner || decision.owner === before.owner) return before;
    const takes = this.#grant(before.school, decision.why);
    const gives = this.#grant(before.school, before.decision?.why);
    const { action, reason } = moveAtBoundary({
      acked: before.ackedBy !== null,
      held: before.heldUntil !== null,
      suppressed: before.state === 'suppressed',
      takes: takes?.handover ?? DEFAULT_HANDOVER,
      gives: gives?.handover ?? DEFAULT_HANDOVER,
      load: takes?.condition?.load !== undefined || gives?.condition?.load !== undefined,
    });
    if (action === 'stay') {
      this.#stays(before, decision, reason);
      return before;
    }
    const cleared =
      action === 'move_and_clear_ack' && before.ackedBy !== null
        ? await record(tx, before, { type: 'unacked', at: now, decidedAt: now, detail: { reason } })
        : before;
    return (await this.#move(tx, cleared, decision, reason, now)) ?? before;
  }

  /** Undefined: it is pinned. */
  async #move(
    tx: StateDb,
    alert: StoredAlert,
    decision: Decision,
    reason: string,
    now: number,
  ): Promise<StoredAlert | undefined> {
    const { owner: to, why } = decision;
    const moved = await moveOwner(tx, this.#parts, alert, { to, why, reason, decision }, now);
    if (!moved) return undefined;
    this.#stayed.delete(alert.id);
    this.#parts.log.info(
      { alert: alert.id, school: alert.school, from: alert.owner, to, why, reason },
      'alert handed over',
    );
    // Nobody is told of it, so nobody hears that it moved either.
    return moved.state === 'suppressed' ? moved : this.#parts.pager.page(tx, moved, now);
  }

  #stays(alert: StoredAlert, { owner: to, why }: Decision, reason: string): void {
    if (this.#stayed.get(alert.id) === why) return;
    if (this.#stayed.size > OPEN_LIMIT) this.#stayed.clear();
    this.#stayed.set(alert.id, why);
    this.#parts.log.info({ alert: alert.id, school: alert.school, owner: alert.owner, to, why, reason }, 'alert stays');
  }

  /** The grant a decision named, also where it lingers. */
  #grant(school: string, why: string | undefined): Grant | undefined {
    const id = why?.replace(/^linger:/, '');
    return this.#parts.router.plan(school)?.grants.find(({ grant }) => grant.id === id)?.grant;
  }
}
