import ping from 'ping';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { PingBatch, PingDriver, PingTimes } from './ping.ts';

/** `ping` processes at the same time. */
const PARALLEL = 32;

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
    const all = Promise.all(Array.from({ length: Math.min(PARALLEL, queue.length) }, worker));
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([all, aborted]);
    return found;
  }

  async #one(address: string, batch: PingBatch): Promise<PingTimes> {
    try {
      const result = await ping.promise.probe(address, {
        min_reply: batch.count,
        timeout: Math.max(1, Math.ceil(batch.timeoutMs / 1000)),
        // Shorter than 0.2 s is for root alone.
        extra: ['-i', `${Math.max(0.2, batch.periodMs / 1000)}`],
      });
      const times = (result as unknown as { times: number[] }).times.slice(0, batch.count);
      const answered = times.filter((t) => t <= batch.timeoutMs);
      return Array.from({ length: batch.count }, (_, i) => answered[i]);
    } catch (error) {
      throw new BellwetherError('BW_PING_UNAVAILABLE', errorMessage(error), { cause: error });
    }
  }
}
