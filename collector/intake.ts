import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import { repeat } from '../runtime/repeat.ts';
import type { Evaluator } from './alert/evaluator.ts';
import type { Evaluation } from './alert/evaluator-state.ts';
import { schoolOfKey } from './alert/fault-key.ts';
import type { Rule } from './alert/rule.ts';
import type { Batch } from './http/ingest.ts';
import type { AlertPipeline } from './notify/pipeline.ts';
import type { Suppression } from './notify/suppression.ts';
import { SchoolIntake } from './school-intake.ts';
import type { AgentRegistry } from './state/agents.ts';
import type { StateDb } from './state/database.ts';
import { loadRuleStates } from './state/rule-states.ts';
import { isLost, lost, type SchoolTransaction } from './state/school-transaction.ts';
import { listTokens } from './state/tokens.ts';
import type { MetricStore, WriteResult } from './storage/storage.ts';

export interface IntakeParts {
  readonly db: StateDb;
  readonly store: MetricStore;
  readonly evaluator: Evaluator;
  readonly pipeline: AlertPipeline;
  /** Hears who answers ping. */
  readonly suppression?: Pick<Suppression, 'observe'>;
  /** Takes note of what was stored. */
  readonly note?: (samples: readonly Sample[]) => void;
  /** Writes down what happened to devices (measurement `event`). */
  readonly events?: { take(samples: readonly Sample[]): Promise<void> };
  readonly agents: AgentRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of what is decided here; refused when another collector answers for the school. */
  readonly inSchool: SchoolTransaction;
}

/** Open alerts are written as samples this often, so that boards show who answers now. */
const HEARTBEAT_MS = 60_000;

/**
 * What happens to a batch: stored first, then put to the rules, and what they decide is written down before the sender hears that all is safe.
 * Only of schools that were taken up here; those of others are decided for elsewhere.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #schools = new Map<string, SchoolIntake>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Takes a school up: the state of its rules, from before a restart or from another collector. */
  async takeUp(school: string): Promise<void> {
    const { db, evaluator, pipeline, inSchool, clock, log } = this.#parts;
    const rows = await loadRuleStates(db, school);
    evaluator.forgetSchool(school);
    const restored = evaluator.restoreState(rows, clock.now());
    if (restored.unreadable.length > 0)
      log.error({ school, keys: restored.unreadable }, 'rule states that cannot be read, begun anew');
    const record = (samples: readonly Sample[]) => this.record(samples);
    const intake = new SchoolIntake({ school, evaluator, pipeline, inSchool, record, since: clock.now() });
    this.#schools.set(school, intake);
    await intake.settle(restored);
  }

  /** Another collector answers for the school. */
  readonly giveUp = (school: string): void => {
    this.#schools.get(school)?.drop();
    this.#schools.delete(school);
    this.#parts.evaluator.forgetSchool(school);
  };

  /** The ingest of the HTTP server. @throws BellwetherError when the batch, or what follows from it, is not safe yet. */
  async take(batch: Batch, signal: AbortSignal): Promise<WriteResult> {
    const { store, evaluator, clock } = this.#parts;
    const result = await store.write(batch.samples, signal);
    const refused = new Set(result.rejected.map((r) => r.index));
    const stored = refused.size === 0 ? batch.samples : batch.samples.filter((_, i) => !refused.has(i));
    const intake = this.#schools.get(batch.school);
    if (!intake) throw lost(batch.school);
    this.#parts.suppression?.observe(stored);
    this.#parts.note?.(stored);
    await this.#parts.events?.take(stored);
    await intake.settle(evaluator.evaluate(stored, clock.now()));
    return result;
  }

  /** Looks for silence every `everyMs`, and tells the boards who answers. Runs until `signal` aborts. */
  async watch(everyMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    let heartbeatDue = 0;
    await repeat(
      { clock, log, failure: 'looking for silent agents failed, tried again', every: everyMs },
      async () => {
        await this.#tick();
        if (clock.monotonic() >= heartbeatDue) {
          heartbeatDue = clock.monotonic() + HEARTBEAT_MS;
          await this.record(await this.#parts.pipeline.heartbeat(clock.now(), [...this.#schools.keys()]));
        }
      },
      signal,
    );
    await Promise.all([...this.#schools.values()].map((intake) => intake.idle()));
  }

  /** Puts other rules in force; alerts of rules that are gone resolve. */
  async setRules(rules: readonly Rule[]): Promise<void> {
    await this.#settle(this.#parts.evaluator.setRules(rules, this.#parts.clock.now()));
  }

  /** Stores samples that the collector makes of itself, and puts those of its schools to the rules. @throws as `take` */
  async observe(samples: readonly Sample[]): Promise<void> {
    const own = samples.filter(({ tags }) => this.#schools.has(tags['school'] ?? ''));
    if (own.length === 0) return;
    await this.record(own);
    await this.#settle(this.#parts.evaluator.evaluate(own, this.#parts.clock.now()));
  }

  /** Stores samples that the collector itself makes. A store that is away costs a board its newest value, no alert. */
  async record(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    try {
      await this.#parts.store.write(samples);
    } catch (error) {
      this.#parts.log.warn({ err: errorMessage(error), samples: samples.length }, 'samples of alerts not stored');
    }
  }

  async #tick(): Promise<void> {
    const { db, agents, evaluator, clock } = this.#parts;
    // Written before it is decided upon: after a crash, an alert on an agent nobody has heard of would resolve.
    await agents.flush();
    const good = new Set((await listTokens(db)).filter((t) => t.revokedAt === null).map((t) => t.tokenId));
    const heard = await agents.list();
    // A collector that was away, or did not answer for the school, has heard nothing, which says nothing about the agents.
    const expected = heard.flatMap((agent) => {
      const intake = this.#schools.get(agent.school);
      return intake && good.has(agent.tokenId) ? [{ ...agent, since: Math.max(agent.firstSeen, intake.since) }] : [];
    });
    await this.#settle(evaluator.tick(clock.now(), expected));
  }

  /** What was decided over all schools, each in its own turn: one that cannot be written down now holds no other up. */
  async #settle({ changes, touched }: Pick<Evaluation, 'changes' | 'touched'>): Promise<void> {
    const keys = Map.groupBy(touched, schoolOfKey);
    const ofSchool = Map.groupBy(changes, ({ alert }) => alert.school);
    const done = [...this.#schools].map(([school, intake]) =>
      intake.settle({ changes: ofSchool.get(school) ?? [], touched: new Set(keys.get(school)) }),
    );
    const failed = (await Promise.allSettled(done)).find((one) => one.status === 'rejected' && !isLost(one.reason));
    if (failed?.status === 'rejected') throw failed.reason;
  }
}
