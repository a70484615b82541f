import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Alert, AlertChange } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Meaning } from '../alert/meaning.ts';
import { nextMuteEdge } from '../alert/mute.ts';
import { Reachability } from '../alert/reachability.ts';
import { type GroupFacts, isSame, judge, type Verdict, type World } from '../alert/suppress.ts';
import { countBehind, type DeviceRef, refKey, unknownNames } from '../alert/topology.ts';
import { findAlert, listAlerts, record, schoolsWithAlerts } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { type SchoolTransaction, schoolTransactions } from '../state/school-transaction.ts';
import { changeSamples } from './alert-sample.ts';
import { ON_SITE_RULE } from './on-site.ts';
import type { Pager } from './pager.ts';
import { ProbeRequests } from './probe-requests.ts';
import { decideFor, type Router } from './router.ts';
import { type Facts, noteAlert, readFacts, topologyOf, type WorldParts, worldOf } from './suppression-world.ts';

/** Alerts of one school that are looked at in one step. */
const OPEN_LIMIT = 10_000;
/** Looks at every school at least this often, whatever the timers say: topologies change by a reload. */
const IDLE_MS = 30_000;
/** After a database error. */
const PAUSE_MS = 1_000;
/** Answers waited for at once; without one the patience decides. */
const AWAITED_LIMIT = 50_000;

export interface SuppressionParts {
  readonly db: StateDb;
  readonly router: Router;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly log: Logger;
  /** Wakes the outbox after messages were added. */
  readonly outbox: { notify(): void };
  /** What alerts say about what is behind them, by rule; as the rules are now. */
  readonly meanings: () => ReadonlyMap<string, Meaning>;
  /** What the alert of a domain threshold counts, by its key. */
  readonly group: (key: string) => GroupFacts | undefined;
  /** Transactions of what is done by itself; default: of any school. */
  readonly inSchool?: SchoolTransaction;
  /** Whether this collector answers for the school now; default: it does for all. */
  readonly holds?: (school: string) => boolean;
  /** Who stands beside whom, as the devices of a school tell. */
  readonly graph?: WorldParts['graph'];
}

/** One fault, one alert: decides of which open alerts nobody is told, and tells of them when that is over. */
export class Suppression {
  readonly #parts: SuppressionParts;
  readonly #reach = new Reachability();
  readonly #world: WorldParts;
  readonly probes = new ProbeRequests();
  /** `school/site/device` of which an answer is waited for. */
  readonly #awaited = new Set<string>();
  /** School -> when something in it changes by itself, ms. */
  readonly #due = new Map<string, number>();
  /** Of one run of changes, by school: kept in step with what is applied, so that each alert of a storm does not read all others. */
  #run: Map<string, Facts> | undefined;
  #wake = new AbortController();

  constructor(parts: SuppressionParts) {
    this.#parts = parts;
    this.#world = { ...parts, reach: this.#reach };
  }

  /** Takes note of who answers ping. Call it before the rules see the samples. */
  observe(samples: readonly Sample[]): void {
    for (const { school, ...of } of this.#reach.observe(samples)) {
      this.probes.heard(school, of.site, of.device);
      if (this.#awaited.delete(`${school}/${refKey(of)}`)) this.#dueNow(school);
    }
  }

  /** How many known devices can only be reached through the device of an alert that says that it is down; 0 for any other. */
  devicesBehind(alert: Alert): number {
    const { device } = alert.labels;
    const school = this.#parts.router.school(alert.school);
    if (!school || device === undefined || this.#parts.meanings().get(alert.rule) !== 'down') return 0;
    const root = { site: alert.site, device };
    const topology = topologyOf(school, this.#parts.graph?.(alert.school));
    return topology.isParent(root) ? countBehind(topology, root, this.#reach.devices(alert.school)) : 0;
  }

  /** Devices that the school's topology names and no ping came of since the start. */
  unknownDevices(school: string): string[] {
    const topology = this.#parts.router.school(school)?.topology;
    return topology ? unknownNames(topology.uplinks, this.#reach.devices(school)) : [];
  }

  /**
   * For an alert about to be told of, in the caller's transaction: the alert suppressed, or undefined when it is to be told. `fresh`: it has
   * just opened and was never live, so what may yet show above it is waited for.
   */
  async admit(tx: StateDb, alert: StoredAlert, now: number, fresh = true): Promise<StoredAlert | undefined> {
    if (alert.rule === ON_SITE_RULE) return undefined;
    // Only the run that applies changes keeps its facts in step; anybody else reads them.
    const run = fresh ? this.#run : undefined;
    const facts = run?.get(alert.school) ?? (await readFacts(tx, this.#world, alert.school, now));
    run?.set(alert.school, facts);
    const world = worldOf(facts, this.#world, alert.school, now);
    const verdict = world && this.#judge(alert, world, fresh);
    if (!verdict || verdict.is === 'live') return undefined;
    this.#ask(alert.school, verdict, now);
    this.#dueBy(alert.school, verdict.suppression.until ?? Infinity);
    // What was never live is suppressed from its beginning, by event time: the clocks of the agreement go by that.
    const at = fresh ? (alert.openedAt ?? now) : now;
    return record(tx, alert, { type: 'suppressed', at, decidedAt: now, detail: { ...verdict.suppression } });
  }

  /** Before changes are applied, one after the other. */
  begin(): void {
    this.#run = new Map();
  }

  /** After one of them was. */
  applied(alert: StoredAlert): void {
    const facts = this.#run?.get(alert.school);
    if (facts) noteAlert(facts, this.#world, alert);
  }

  /** After all were applied: what they mean for other alerts of their schools. */
  async follow(changes: readonly AlertChange[]): Promise<Sample[]> {
    this.#run = undefined;
    const meanings = this.#parts.meanings();
    const causes = (rule: string): boolean => (meanings.get(rule) ?? 'path') !== 'path';
    const schools = new Set(changes.flatMap(({ alert }) => (causes(alert.rule) ? [alert.school] : [])));
    const samples: Sample[] = [];
    for (const school of schools) samples.push(...(await this.stepSchool(school)));
    return samples;
  }

  /** Looks at every alert of every school. Returns the samples of measurement `alert` to store. */
  async step(): Promise<Sample[]> {
    const samples: Sample[] = [];
    for (const school of this.#parts.router.schools.keys()) samples.push(...(await this.stepSchool(school)));
    return samples;
  }

  async stepSchool(school: string): Promise<Sample[]> {
    const { db, router, clock, outbox, holds, inSchool = schoolTransactions(db) } = this.#parts;
    const now = clock.now();
    if (!router.school(school) || holds?.(school) === false) return [];
    const facts = await readFacts(db, this.#world, school, now);
    const world = worldOf(facts, this.#world, school, now)!;
    const alerts = await this.#unacknowledged(db, school);
    const verdicts = alerts.map((alert) => ({ alert, verdict: this.#judge(alert, world, false) }));
    this.#plan(school, verdicts, facts, now);
    const changed = verdicts.filter(({ alert, verdict }) => !isSame(alert.suppression, verdict));
    if (changed.length === 0) return [];
    const samples = await inSchool(school, async (tx) => {
      // As it is now: others may have acted since it was read.
      const current = worldOf(await readFacts(tx, this.#world, school, now), this.#world, school, now);
      const all: Sample[] = [];
      for (const { alert } of current ? changed : []) all.push(...(await this.#change(tx, alert.id, current!, now)));
      return all;
    });
    outbox.notify();
    return samples;
  }

  /** Runs until `signal` aborts: looks when something ends by itself, when an answer that is waited for came, and now and then. */
  async run(record: (samples: readonly Sample[]) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    let everybodyAt = clock.monotonic();
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const now = clock.now();
      const everybody = clock.monotonic() >= everybodyAt;
      if (everybody) everybodyAt = clock.monotonic() + IDLE_MS;
      for (const school of await this.#busy(everybody, now)) {
        this.#due.delete(school);
        try {
          await record(await this.stepSchool(school));
        } catch (error) {
          this.#dueBy(school, now + PAUSE_MS);
          log.error({ school, err: errorMessage(error) }, 'suppressed alerts not looked at, tried again');
        }
      }
      const wait = Math.min(everybodyAt - clock.monotonic(), Math.min(...this.#due.values()) - clock.now());
      await clock.sleep(Math.max(1, wait), AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** Schools in which something is due; with `everybody` all that have an alert, without which nothing can be suppressed. */
  async #busy(everybody: boolean, now: number): Promise<string[]> {
    const { db, log, router } = this.#parts;
    const due = [...this.#due].filter(([, at]) => at <= now).map(([school]) => school);
    if (!everybody) return due;
    try {
      return [...new Set([...due, ...(await schoolsWithAlerts(db))])].filter((school) => router.school(school));
    } catch (error) {
      log.error({ err: errorMessage(error) }, 'suppressed alerts not looked at, tried again');
      return due;
    }
  }

  /** What is acknowledged is in somebody's hands: it stays as it is. So do requests of people. */
  async #unacknowledged(db: StateDb, school: string): Promise<StoredAlert[]> {
    const alerts = await listAlerts(db, { school, states: ['open', 'suppressed'], limit: OPEN_LIMIT });
    return alerts.filter((alert) => alert.ackedBy === null && alert.rule !== ON_SITE_RULE);
  }

  #plan(school: string, verdicts: readonly { readonly verdict: Verdict }[], { mutes }: Facts, now: number): void {
    for (const { verdict } of verdicts) {
      if (verdict.is === 'live') continue;
      this.#ask(school, verdict, now);
      this.#dueBy(school, verdict.suppression.until ?? Infinity);
    }
    const zoned = this.#parts.router.school(school)!;
    for (const mute of mutes) this.#dueBy(school, nextMuteEdge(mute, now, now + IDLE_MS * 2, zoned) ?? Infinity);
  }

  async #change(tx: StateDb, id: string, world: World, now: number): Promise<Sample[]> {
    const before = await findAlert(tx, id);
    if (!before || (before.state !== 'open' && before.state !== 'suppressed') || before.ackedBy !== null) return [];
    const verdict = this.#judge(before, world, false);
    if (isSame(before.suppression, verdict)) return [];
    const after =
      verdict.is === 'live'
        ? await this.#tell(tx, before, verdict.reason, now)
        : await this.#silence(tx, before, verdict, now);
    const { school, state, suppression } = after;
    this.#parts.log.info({ alert: id, school, state, ...suppression }, 'alert suppressed, or not any more');
    return changeSamples(before, after, now);
  }

  /** What cannot be judged is told of: a fault here must not keep anybody from hearing. */
  #judge(alert: StoredAlert, world: World, fresh: boolean): Verdict {
    try {
      return judge(alert, world, fresh);
    } catch (error) {
      const { id, school } = alert;
      this.#parts.log.error({ alert: id, school, err: errorMessage(error) }, 'cannot tell whether it is suppressed');
      return { is: 'live', reason: 'it could not be judged' };
    }
  }

  /** Who was told already is told no further, until it is over. */
  async #silence(
    tx: StateDb,
    before: StoredAlert,
    verdict: Verdict & { readonly is: 'suppressed' },
    now: number,
  ): Promise<StoredAlert> {
    const { suppression } = verdict;
    if (before.state === 'open') await this.#parts.pager.stop(tx, before, `suppressed: ${suppression.reason}`);
    return record(tx, before, { type: 'suppressed', at: now, decidedAt: now, detail: { ...suppression } });
  }

  /** The end of a suppression routes afresh, by who answers at that instant. */
  async #tell(tx: StateDb, before: StoredAlert, reason: string, now: number): Promise<StoredAlert> {
    const { router, pager } = this.#parts;
    const decision = decideFor(router.responsibility, before, now);
    const detail = { reason, decision };
    const after = await record(tx, before, { type: 'unsuppressed', at: now, decidedAt: now, detail });
    return pager.page(tx, after, now);
  }

  #ask(school: string, verdict: Verdict & { readonly is: 'suppressed' }, now: number): void {
    if (verdict.ask.length === 0) return;
    const until = verdict.suppression.until ?? now;
    this.probes.want(school, verdict.ask, until);
    for (const of of verdict.ask) this.#await(school, of);
  }

  #await(school: string, of: DeviceRef): void {
    if (this.#awaited.size < AWAITED_LIMIT) this.#awaited.add(`${school}/${refKey(of)}`);
  }

  #dueBy(school: string, at: number): void {
    if (at < (this.#due.get(school) ?? Infinity)) this.#due.set(school, at);
  }

  #dueNow(school: string): void {
    this.#dueBy(school, this.#parts.clock.now());
    this.#wake.abort();
  }
}
