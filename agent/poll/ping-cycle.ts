import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Target } from '../config.ts';
import type { PingDriver, PingTimes } from '../drivers/ping.ts';
import type { Resolve } from '../drivers/resolve.ts';
import { deviceTags } from '../normalise/device-tags.ts';
import { normalisePing, type PingResult } from '../normalise/ping.ts';
import type { DeviceLog } from './device-log.ts';
import type { PingEvidence } from './device-state.ts';
import type { PingGroup } from './ping-group.ts';
import type { PollMetrics } from './poll-metrics.ts';

export interface PingCycleOptions {
  readonly group: PingGroup;
  readonly driver: PingDriver;
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly states: DeviceLog;
  readonly pings: PollMetrics['pings'];
  readonly emit: (samples: readonly Sample[]) => void;
}

/** One group's ping cycle: names to addresses, all hosts in one go, a sample and a state for each. */
export class PingCycle {
  readonly #options: PingCycleOptions;

  constructor(options: PingCycleOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { group, clock } = this.#options;
    const time = Math.round(clock.now());
    const addresses = new Map<string, string>();
    await Promise.all(
      group.targets.map(async (target) => {
        const address = await this.#addressOf(target, signal);
        if (address !== undefined) addresses.set(target.name, address);
      }),
    );
    const found = await this.#ask([...new Set(addresses.values())], signal);
    const cut = signal.aborted;
    const resultOf = (target: Target): PingResult => {
      const address = addresses.get(target.name);
      if (address === undefined) return { code: 1 };
      const times = found.get(address);
      return times ? { code: 0, times } : { code: 2 };
    };
    const samples = group.targets.flatMap((target) => {
      const result = resultOf(target);
      if (!cut || result.code === 0) return this.#samples(target, result, time);
      // What was not measured is not reported, only counted.
      this.#options.pings.inc({ device: target.name, result: 'cut' });
      return [];
    });
    if (samples.length > 0) this.#options.emit(samples);
  }

  async #ask(addresses: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>> {
    const { group, driver } = this.#options;
    if (addresses.length === 0) return new Map();
    try {
      const { periodMs, timeoutMs, withinMs } = group;
      return await driver.ping({ addresses, count: group.settings.count, periodMs, timeoutMs, withinMs }, signal);
    } catch (error) {
      // Said once by the driver; here it only means that nothing is known of these hosts.
      if (error instanceof BellwetherError && error.code === 'BW_PING_UNAVAILABLE') return new Map();
      throw error;
    }
  }

  async #addressOf(target: Target, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.#options.resolve(target.host, signal)).address;
    } catch (error) {
      if (error instanceof BellwetherError && error.code === 'BW_HOST_UNKNOWN') return undefined;
      throw error;
    }
  }

  #samples(target: Target, result: PingResult, time: number): Sample[] {
    const { states, pings } = this.#options;
    const evidence = evidenceOf(result);
    pings.inc({ device: target.name, result: evidence });
    return [normalisePing(result, target.host, deviceTags(target), time), states.ping(target, evidence, time)];
  }
}

function evidenceOf(result: PingResult): PingEvidence {
  if (result.code !== 0) return 'unknown';
  return result.times.some((t) => t !== undefined) ? 'alive' : 'silent';
}
