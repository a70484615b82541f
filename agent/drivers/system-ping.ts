import ping from 'ping';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { PingBatch, PingDriver, PingTimes } from './ping.ts';

/** `ping` processes at the same time: as many as the batch's time needs, within these. */
const FEWEST = 32;
const MOST = 256;
/** A process has one host, so there is no burst to spread by waiting longer between its packets. */
const MAX_PERIOD_MS = 500;
/** Shorter is for root alone. */
const MIN_PERIOD_MS = 200;
/** For starting a process and reading what it says. */
const START_MS = 500;

/**
 * The system's `ping`, one process per host: the fallback where fping is not installed. Reports which requests were lost only by number,
 * not by place. A process ends by itself after COUNT requests and one timeout; an abort only stops waiting for it.
 */
export class SystemPing implements PingDriver {
  readonly name = 'ping';

  async ping(batch: PingBatch, signal: AbortSignal): Promise<ReadonlyMap<string, PingTimes>> {
    const found = new Map<string, PingTimes>();
    const queue = [...batch.addresses];
    const worker = async (): Promise<void> => {
      for (let address = queue.shift(); address !== undefined && !signal.aborted; address = queue.shift())
        found.set(address, await this.#one(address, batch));
    };
    const all = Promise.all(Array.from({ length: parallelPings(batch) }, worker));
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([all, aborted]);
    return found;
  }

  async #one(address: string, batch: PingBatch): Promise<PingTimes> {
    try {
      const result = await ping.promise.probe(address, {
        min_reply: batch.count,
        timeout: Math.max(1, Math.ceil(batch.timeoutMs / 1000)),
        extra: ['-i', `${periodOf(batch) / 1000}`],
      });
      const times = (result as unknown as { times: number[] }).times.slice(0, batch.count);
      const answered = times.filter((t) => t <= batch.timeoutMs);
      return Array.from({ length: batch.count }, (_, i) => answered[i]);
    } catch (error) {
      throw new BellwetherError('BW_PING_UNAVAILABLE', errorMessage(error), { cause: error });
    }
  }
}

function periodOf({ periodMs }: PingBatch): number {
  return Math.max(MIN_PERIOD_MS, Math.min(MAX_PERIOD_MS, periodMs));
}

/** How many hosts are asked at the same time, so that all of them have had their turn, even if none answers, within the batch's time. */
export function parallelPings(batch: PingBatch): number {
  const { addresses, count, timeoutMs, withinMs } = batch;
  const each = (count - 1) * periodOf(batch) + Math.ceil(timeoutMs / 1000) * 1000 + START_MS;
  const turns = withinMs === undefined ? Infinity : Math.max(1, Math.floor(withinMs / each));
  return Math.min(addresses.length, MOST, Math.max(FEWEST, Math.ceil(addresses.length / turns)));
}
