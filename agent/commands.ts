import { type Command, processOutput } from '../runtime/command-line.ts';
import { loadAgentConfig } from './config.ts';
import { discoverCommand } from './discover/command.ts';
import { probeCommand } from './probe/probe-command.ts';
import { lintCommand } from './profile/lint-command.ts';
import { servicesCommand } from './services/services-command.ts';
import { loadTrapsFor } from './trap/load.ts';

/** What the agent can be asked to do besides running. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'check',
    usage: '--config FILE',
    help: 'read FILE and say what is wrong with it, without opening anything',
    options: { config: { type: 'string' } },
    required: ['config'],
    async run({ values }) {
      const file = String(values['config']);
      const { targets, services, traps } = loadAgentConfig(file);
      const bad = traps ? loadTrapsFor(traps).disabled : [];
      for (const reason of bad) processOutput.out(reason);
      if (bad.length > 0) return 1;
      const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
      const checked = services.length === 0 ? '' : `, ${count(services.length, 'service')}`;
      processOutput.out(`${file}: ok, ${count(targets.length, 'target')}${checked}`);
      return 0;
    },
  },
  discoverCommand,
  probeCommand,
  lintCommand,
  servicesCommand,
];
