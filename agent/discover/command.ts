import { writeFileSync } from 'node:fs';
import { systemClock } from '../../runtime/clock.ts';
import { type Arguments, type Command, processOutput } from '../../runtime/command-line.ts';
import { createLogger } from '../../runtime/logger.ts';
import { AnyPing } from '../drivers/any-ping.ts';
import { createFastDriver } from '../drivers/fast/session.ts';
import { Fping } from '../drivers/fping.ts';
import { createResolver } from '../drivers/resolve.ts';
import { SystemPing } from '../drivers/system-ping.ts';
import { ProfileLibrary } from '../profile/library.ts';
import { loadProfiles } from '../profile/load.ts';
import { DISCOVER_HELP, DISCOVER_OPTIONS, type DiscoverPlan, planOf } from './options.ts';
import { type DiscoverParts, runDiscover } from './run.ts';

/** `agent discover`: sweeps networks, proposes targets. Exit code 1 when nothing was found or it was ended early. */
export const discoverCommand: Command = {
  name: 'discover',
  usage: '[--config FILE | --merge FILE | --community C | --user U ...] CIDR...',
  help: 'find the devices of networks and propose targets, roles and uplinks (--help: options)',
  details: DISCOVER_HELP,
  options: DISCOVER_OPTIONS,
  positionals: true,
  run: discover,
};

async function discover(args: Arguments): Promise<number> {
  const plan = planOf(args);
  const stop = new AbortController();
  // The first one ends the sweep and prints; who cannot wait for that presses again.
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const { text, ok } = await runDiscover(plan, partsOf(plan), stop.signal);
    deliver(text, plan.write);
    return ok ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** This machine's sockets, programs and clock. */
function partsOf({ fping, profiles }: DiscoverPlan): DiscoverParts {
  const log = createLogger('agent', 'warn');
  const set = loadProfiles(profiles);
  for (const reason of set.disabled) processOutput.err(`profile disabled: ${reason}`);
  return {
    clock: systemClock,
    log,
    err: processOutput.err,
    redraw: process.stderr.isTTY ? redraw : undefined,
    random: Math.random,
    ping: new AnyPing([new Fping(fping, systemClock), new SystemPing()], systemClock, log),
    resolve: createResolver(systemClock),
    open: createFastDriver(systemClock),
    library: new ProfileLibrary(set),
  };
}

/** A line that wraps could not be replaced. A pseudo-terminal that was given no size says 0. */
function redraw(line: string): void {
  process.stderr.write(`\r${line.slice(0, (process.stderr.columns || 80) - 1)}\u001b[K`);
}

/** A file that is there already is not written over; what was found goes to standard output then. */
function deliver(text: string, file: string | undefined): void {
  if (file === undefined) {
    processOutput.out(text);
    return;
  }
  try {
    writeFileSync(file, `${text}\n`, { flag: 'wx' });
    processOutput.err(`written to ${file}`);
  } catch (error) {
    processOutput.out(text);
    throw error;
  }
}
