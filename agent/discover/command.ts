import { type Arguments, type Command, processOutput } from '../../runtime/command-line.ts';
import { DISCOVER_OPTIONS } from './options.ts';

export const discoverCommand: Command = {
  name: 'discover',
  usage: 'CIDR... [--config FILE | --community C | --user U ...] [--merge FILE] [--json | --topology]',
  help: 'find the devices of a network and propose targets, roles and uplinks (docs/discovery.md)',
  options: DISCOVER_OPTIONS,
  positionals: true,
  run: discover,
};

async function discover(args: Arguments): Promise<number> {
  const { planOf } = await import('./options.ts');
  const plan = planOf(args);
  const { systemParts } = await import('./system-parts.ts');
  const { runDiscover } = await import('./run.ts');
  const stop = new AbortController();
  // The first one ends the sweep and prints; who cannot wait for that presses again.
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await runDiscover(plan, systemParts(plan, processOutput), stop.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
