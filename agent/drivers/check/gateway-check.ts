import type { Clock } from '../../../core/clock.ts';
import { BellwetherError } from '../../../core/errors.ts';
import type { GatewayCheck } from '../../services/service.ts';
import type { PingDriver } from '../ping.ts';
import type { Resolve } from '../resolve.ts';
import type { GatewayAttempt } from './attempt.ts';
import { withDeadline } from './deadline.ts';
import { Failed, faultOf } from './fault.ts';

/** Few packets, so that a loss stands out of an attempt and three attempts say that it is gone. */
const PACKETS = 3;
const PERIOD_MS = 200;

export interface GatewayTools {
  readonly ping: PingDriver;
  readonly resolve: Resolve;
  /** The default gateway now. */
  readonly findGateway: () => Promise<string | undefined>;
}

/** Pings the gateway. That there is none, or that nothing here can ping, is on our side. */
export function checkGateway(
  check: GatewayCheck,
  { ping, resolve, findGateway }: GatewayTools,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<GatewayAttempt> {
  // The packets go out one after the other; the last has its whole time.
  const whole = (PACKETS - 1) * PERIOD_MS + timeoutMs + SPARE_MS;
  return withDeadline(clock, whole, signal, async (limits) => {
    let address: string | undefined;
    try {
      const host = check.host ?? (await findGateway());
      if (host === undefined) throw new Failed('ping', 'ours', 'this machine has no default gateway');
      ({ address } = await resolve(host, limits.signal));
      const batch = { addresses: [address], count: PACKETS, periodMs: PERIOD_MS, timeoutMs };
      const times = (await ping.ping(batch, limits.signal)).get(address);
      if (!times) throw new Failed('ping', 'ours', `no ping could be sent to ${address}`);
      return { type: 'gateway', address, times };
    } catch (error) {
      const fault =
        error instanceof BellwetherError
          ? ({ step: 'ping', kind: 'ours', text: error.message } as const)
          : faultOf(error, 'ping', limits);
      return { type: 'gateway', ...(address !== undefined && { address }), fault };
    }
  });
}

/** For starting a process, and its end. */
const SPARE_MS = 1_000;
