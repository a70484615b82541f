import { type Command, runCommandLine } from '../runtime/command-line.ts';

const RUN: Command = {
  name: 'run',
  usage: '--config FILE',
  help: 'poll the targets of FILE and push what they say to the collector',
  options: { config: { type: 'string' } },
  required: ['config'],
  async run({ values }) {
    const { runAgent } = await import('./app.ts');
    return runAgent(String(values['config']));
  },
};

/** Entry of the agent's command line; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // The service runs for months: what the other commands need stays out of it.
  const others = argv[0] === RUN.name ? [] : (await import('./commands.ts')).COMMANDS;
  process.exitCode = await runCommandLine('agent', [RUN, ...others], argv);
}
