import { backoffDelay } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PingBatch, PingDriver, PingTimes } from './ping.ts';

/**
 * A driver that did not work is tried again soon, because the machine may only have been short of processes or memory for a moment and the next driver
 * is dearer; and then ever more rarely, because fping may be installed some day.
 */
const RETRY = { initial: 20_000, max: 600_000, factor: 2 };

/** Uses the first of several drivers that works here. */
export class AnyPing implements PingDriver {
  readonly #drivers: readonly PingDriver[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #unusable = new Map<PingDriver, { readonly failures: number; readonly until: number }>();
  #told = '';

  constructor(drivers: readonly PingDriver[], clock: Clock, log: Logger) {
    this.#drivers = drivers;
    this.#clock = clock;
    this.#log = log;
  }

  get name(): string {
    return this.#drivers.map((d) => d.name).join(' or ');
  }

  async ping(batch: PingBatch, signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>> {
    let last = new BellwetherError('BW_PING_UNAVAILABLE', `${this.name} cannot be run here`);
    for (const driver of this.#drivers) {
      if (this.#isUnusable(driver)) continue;
      try {
        const found = await driver.ping(batch, signal);
        this.#told = '';
        // Nothing found may also be a run that was cut.
        if (found.size > 0 && this.#unusable.delete(driver))
          this.#log.info({ driver: driver.name }, 'can ping this way again');
        return found;
      } catch (error) {
        if (!(error instanceof BellwetherError) || error.code !== 'BW_PING_UNAVAILABLE') throw error;
        this.#failed(driver, error.message);
        last = error;
      }
    }
    if (this.#told !== last.code) this.#log.error({ code: last.code, err: last.message }, 'nothing here can ping');
    this.#told = last.code;
    throw last;
  }

  #isUnusable(driver: PingDriver): boolean {
    return (this.#unusable.get(driver)?.until ?? 0) > this.#clock.monotonic();
  }

  /** Counted once where several batches meet the same failure. */
  #failed(driver: PingDriver, reason: string): void {
    if (this.#isUnusable(driver)) return;
    const failures = (this.#unusable.get(driver)?.failures ?? 0) + 1;
    this.#unusable.set(driver, { failures, until: this.#clock.monotonic() + backoffDelay(failures, RETRY, 1) });
    if (failures === 1) this.#log.warn({ driver: driver.name, err: reason }, 'cannot ping this way');
  }
}
