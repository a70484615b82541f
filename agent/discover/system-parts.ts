import { systemClock } from '../../runtime/clock.ts';
import type { Output } from '../../runtime/command-line.ts';
import { createLogger } from '../../runtime/logger.ts';
import { AnyPing } from '../drivers/any-ping.ts';
import { Fping } from '../drivers/fping.ts';
import { createResolver } from '../drivers/resolve.ts';
import { openSnmpSession } from '../drivers/snmp.ts';
import { SystemPing } from '../drivers/system-ping.ts';
import type { DiscoverPlan } from './options.ts';
import type { DiscoverParts } from './run.ts';
import { createSmallProbe } from './small-probe.ts';

/** This machine's sockets, programs and clock. */
export function systemParts({ fping }: DiscoverPlan, output: Output): DiscoverParts {
  const log = createLogger('agent', 'warn');
  return {
    clock: systemClock,
    log,
    output,
    terminal: process.stderr.isTTY ? (text) => void process.stderr.write(text) : undefined,
    random: Math.random,
    ping: new AnyPing([new Fping(fping, systemClock), new SystemPing()], systemClock, log),
    resolve: createResolver(systemClock),
    open: openSnmpSession,
    createProbe: createSmallProbe,
  };
}
