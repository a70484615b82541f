import { BellwetherError, errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { AlertChange } from './alert/alert.ts';
import type { Evaluator } from './alert/evaluator.ts';
import type { Evaluation } from './alert/evaluator-state.ts';
import type { AlertPipeline } from './notify/pipeline.ts';
import { saveRuleStates } from './state/rule-states.ts';
import { isLost, lost, type SchoolTransaction } from './state/school-transaction.ts';

export interface SchoolIntakeParts {
  readonly school: string;
  readonly evaluator: Evaluator;
  readonly pipeline: AlertPipeline;
  readonly inSchool: SchoolTransaction;
  /** Takes the samples of measurement `alert`. */
  readonly record: (samples: readonly Sample[]) => Promise<void>;
  /** From when on agents can have been heard (collector clock, ms). */
  readonly since: number;
}

/** What was decided for one school and is not yet written down: written one after the other, whoever delivered, and kept over a failure. */
export class SchoolIntake {
  readonly since: number;
  readonly #parts: SchoolIntakeParts;
  /** Applied before anything new. */
  #changes: AlertChange[] = [];
  #touched = new Set<string>();
  #last: Promise<void> = Promise.resolve();
  #dropped = false;

  constructor(parts: SchoolIntakeParts) {
    this.#parts = parts;
    this.since = parts.since;
  }

  /** @throws BellwetherError BW_STATE (retryable), or BW_LEASE when another collector answers for the school */
  settle({ changes, touched }: Pick<Evaluation, 'changes' | 'touched'>): Promise<void> {
    this.#changes.push(...changes);
    for (const key of touched) this.#touched.add(key);
    const work = this.#last.then(() => this.#writeDown());
    this.#last = work.catch(() => {});
    return work;
  }

  /** Another collector decides now, by what the database holds: what is only here no longer counts. */
  drop(): void {
    this.#dropped = true;
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #writeDown(): Promise<void> {
    if (this.#changes.length === 0 && this.#touched.size === 0) return;
    const changes = this.#changes;
    const touched = this.#touched;
    this.#changes = [];
    this.#touched = new Set();
    try {
      await this.#write(changes, touched);
    } catch (error) {
      if (isLost(error)) throw error;
      // Applying twice has no second effect, so all of it comes again.
      this.#changes = [...changes, ...this.#changes];
      for (const key of touched) this.#touched.add(key);
      throw new BellwetherError('BW_STATE', `alerts could not be written down: ${errorMessage(error)}`, {
        cause: error,
        retryable: true,
      });
    }
  }

  async #write(changes: readonly AlertChange[], touched: ReadonlySet<string>): Promise<void> {
    const { school, evaluator, pipeline, inSchool, record } = this.#parts;
    const samples: Sample[] = [];
    for (const change of changes) {
      // Looked at before each: a school that was lost and taken again meanwhile has another intake.
      this.#refuseDropped();
      samples.push(...(await pipeline.apply([change])));
    }
    if (touched.size > 0) {
      this.#refuseDropped();
      await inSchool(school, (tx) => saveRuleStates(tx, evaluator.exportState(touched)));
    }
    await record(samples);
  }

  #refuseDropped(): void {
    if (this.#dropped) throw lost(this.#parts.school);
  }
}
