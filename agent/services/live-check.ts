import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { AnyPing } from '../drivers/any-ping.ts';
import { hostAddresses } from '../drivers/check/host-addresses.ts';
import { findGateway } from '../drivers/check/route.ts';
import { createRunCheck, type RunCheck } from '../drivers/check/run-check.ts';
import { Fping } from '../drivers/fping.ts';
import { createResolver } from '../drivers/resolve.ts';
import { SystemPing } from '../drivers/system-ping.ts';

/** Checks under way at the same time. */
export const AT_ONCE = 32;

/** Checks on the network as this machine sees it. */
export function liveCheck(fping: string, clock: Clock, log: Logger): RunCheck {
  const resolve = createResolver(clock);
  const ping = new AnyPing([new Fping(fping, clock), new SystemPing()], clock, log);
  return createRunCheck({ clock, resolve, ping, addresses: hostAddresses(resolve), findGateway });
}
