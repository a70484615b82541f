import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PingBatch, PingDriver, PingTimes } from './ping.ts';

/** After this the first driver is tried again: fping may have been installed meanwhile. */
const RETRY_MS = 600_000;

/** Uses the first of several drivers that works here. */
export class AnyPing implements PingDriver {
  readonly #drivers: readonly PingDriver[];
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #unusableUntil = new Map<PingDriver, number>();
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
      if ((this.#unusableUntil.get(driver) ?? 0) > this.#clock.monotonic()) continue;
      try {
        const found = await driver.ping(batch, signal);
        this.#told = '';
        return found;
      } catch (error) {
        if (!(error instanceof BellwetherError) || error.code !== 'BW_PING_UNAVAILABLE') throw error;
        this.#unusableUntil.set(driver, this.#clock.monotonic() + RETRY_MS);
        this.#log.warn({ driver: driver.name, err: error.message }, 'cannot ping this way');
        last = error;
      }
    }
    if (this.#told !== last.code) this.#log.error({ code: last.code, err: last.message }, 'nothing here can ping');
    this.#told = last.code;
    throw last;
  }
}
