import type { Clock } from '../../../core/clock.ts';
import type { Service } from '../../services/service.ts';
import type { Attempt } from './attempt.ts';
import { checkConnection } from './connection-check.ts';
import { checkDns } from './dns-check.ts';
import { checkGateway, type GatewayTools } from './gateway-check.ts';
import type { HostAddresses } from './host-addresses.ts';

export interface CheckTools extends GatewayTools {
  readonly clock: Clock;
  readonly addresses: HostAddresses;
}

/** One attempt at a service. An aborted `signal` cuts it short; what it gives then is worth nothing. */
export type RunCheck = (service: Service, signal: AbortSignal) => Promise<Attempt>;

export function createRunCheck(tools: CheckTools): RunCheck {
  const { clock, addresses } = tools;
  return ({ check, timeoutMs }, signal) => {
    if (check.type === 'dns') return checkDns(check, clock, timeoutMs, signal);
    if (check.type === 'gateway') return checkGateway(check, tools, clock, timeoutMs, signal);
    return checkConnection(check, addresses, clock, timeoutMs, signal);
  };
}
