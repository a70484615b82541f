import { type Command, processOutput, runCommandLine } from '../runtime/command-line.ts';
import { loadAgentConfig } from './config.ts';
import { probeCommand } from './probe/probe-command.ts';
import { lintCommand } from './profile/lint-command.ts';

const config = { config: { type: 'string' } } as const;

const commands: readonly Command[] = [
  {
    name: 'run',
    usage: '--config FILE',
    help: 'poll the targets of FILE and push what they say to the collector',
    options: config,
    required: ['config'],
    async run({ values }) {
      const { runAgent } = await import('./app.ts');
      return runAgent(String(values['config']));
    },
  },
  {
    name: 'check',
    usage: '--config FILE',
    help: 'read FILE and say what is wrong with it, without opening anything',
    options: config,
    required: ['config'],
    async run({ values }) {
      const file = String(values['config']);
      const { targets } = loadAgentConfig(file);
      processOutput.out(`${file}: ok, ${targets.length} target${targets.length === 1 ? '' : 's'}`);
      return 0;
    },
  },
  probeCommand,
  lintCommand,
];

/** Entry of the agent's command line; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await runCommandLine('agent', commands, argv);
}
