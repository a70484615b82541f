import type { Clock } from '../core/clock.ts';
import { BellwetherError, errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import type { AlertChange } from './alert/alert.ts';
import type { Evaluator } from './alert/evaluator.ts';
import type { Evaluation } from './alert/evaluator-state.ts';
import type { Rule } from './alert/rule.ts';
import type { Batch } from './http/ingest.ts';
import type { AlertPipeline } from './notify/pipeline.ts';
import type { Suppression } from './notify/suppression.ts';
import type { AgentRegistry } from './state/agents.ts';
import type { StateDb } from './state/database.ts';
import { loadRuleStates, saveRuleStates } from './state/rule-states.ts';
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
  readonly agents: AgentRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Open alerts are written as samples this often, so that boards show who answers now. */
const HEARTBEAT_MS = 60_000;

/**
 * What happens to a batch: stored first, then put to the rules, and what they decide is written down before the sender hears that all is safe.
 * Decisions are made one after the other, whoever delivers, so that the state has one writer.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #startedAt: number;
  /** Decided but not yet written down: kept over a failure of the database, applied before anything new. */
  #changes: AlertChange[] = [];
  #touched = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
  }

  /** Takes up the state of the rules from before a restart. */
  async start(): Promise<void> {
    const { db, evaluator, clock, log } = this.#parts;
    const restored = evaluator.restoreState(await loadRuleStates(db), clock.now());
    if (restored.unreadable.length > 0)
      log.error({ keys: restored.unreadable }, 'rule states that cannot be read, begun anew');
    await this.#settle(restored);
  }

  /** The ingest of the HTTP server. @throws BellwetherError (retryable) when the batch, or what follows from it, is not safe yet. */
  async take(batch: Batch, signal: AbortSignal): Promise<WriteResult> {
    const { store, evaluator, clock } = this.#parts;
    const result = await store.write(batch.samples, signal);
    const refused = new Set(result.rejected.map((r) => r.index));
    const stored = refused.size === 0 ? batch.samples : batch.samples.filter((_, i) => !refused.has(i));
    this.#parts.suppression?.observe(stored);
    this.#parts.note?.(stored);
    await this.#settle(evaluator.evaluate(stored, clock.now()));
    return result;
  }

  /** Looks for silence every `everyMs`, and tells the boards who answers. Runs until `signal` aborts. */
  async watch(everyMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    let heartbeatDue = 0;
    while (!signal.aborted) {
      try {
        await this.#tick();
        if (clock.monotonic() >= heartbeatDue) {
          heartbeatDue = clock.monotonic() + HEARTBEAT_MS;
          await this.record(await this.#parts.pipeline.heartbeat(clock.now()));
        }
      } catch (error) {
        log.error({ err: errorMessage(error) }, 'looking for silent agents failed, tried again');
      }
      await clock.sleep(everyMs, signal);
    }
    await this.#last;
  }

  /** Puts other rules in force; alerts of rules that are gone resolve. */
  async setRules(rules: readonly Rule[]): Promise<void> {
    await this.#settle(this.#parts.evaluator.setRules(rules, this.#parts.clock.now()));
  }

  /** Stores samples that the collector makes of itself, and puts them to the rules. @throws as `take` */
  async observe(samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    await this.record(samples);
    await this.#settle(this.#parts.evaluator.evaluate(samples, this.#parts.clock.now()));
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
    const expected = (await agents.list()).filter((agent) => good.has(agent.tokenId));
    // A collector that was away has heard nothing, which says nothing about the agents.
    const since = (firstSeen: number): number => Math.max(firstSeen, this.#startedAt);
    await this.#settle(
      evaluator.tick(
        clock.now(),
        expected.map((agent) => ({ ...agent, since: since(agent.firstSeen) })),
      ),
    );
  }

  #settle(evaluation: Pick<Evaluation, 'changes' | 'touched'>): Promise<void> {
    this.#changes.push(...evaluation.changes);
    for (const key of evaluation.touched) this.#touched.add(key);
    const work = this.#last.then(() => this.#writeDown());
    this.#last = work.catch(() => {});
    return work;
  }

  async #writeDown(): Promise<void> {
    if (this.#changes.length === 0 && this.#touched.size === 0) return;
    const { db, evaluator, pipeline } = this.#parts;
    const changes = this.#changes;
    const touched = this.#touched;
    this.#changes = [];
    this.#touched = new Set();
    try {
      const samples = await pipeline.apply(changes);
      await saveRuleStates(db, evaluator.exportState(touched));
      await this.record(samples);
    } catch (error) {
      // Applying twice has no second effect, so all of it comes again.
      this.#changes = [...changes, ...this.#changes];
      for (const key of touched) this.#touched.add(key);
      throw new BellwetherError('BW_STATE', `alerts could not be written down: ${errorMessage(error)}`, {
        cause: error,
        retryable: true,
      });
    }
  }
}
