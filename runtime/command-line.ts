import { type ParseArgsConfig, parseArgs } from 'node:util';
import { BellwetherError, errorMessage } from '../core/errors.ts';
import { ConfigError, formatProblem } from './config-error.ts';

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** One thing a program can be asked to do. */
export interface Command {
  /** One or two words: `run`, `token create`. */
  readonly name: string;
  /** What follows the name, as in `--config FILE`. */
  readonly usage: string;
  readonly help: string;
  /** What `--help` of the command says besides. */
  readonly details?: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Options that must be given. */
  readonly required?: readonly string[];
  readonly positionals?: boolean;
  /** Returns the exit code: 0 ok, 1 bad input or failed check. */
  run(args: Arguments): Promise<number>;
}

/** Where a program's words go; stdout is the result, stderr the rest. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

export const processOutput: Output = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

export class UsageError extends Error {}

/** Finds the command, reads its options, runs it. Returns the exit code: 0 ok, 1 bad input or failure, 2 usage. */
export async function runCommandLine(
  program: string,
  commands: readonly Command[],
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  if (argv.length === 1 && ['--help', '-h', 'help'].includes(argv[0]!)) {
    output.out(usageText(program, commands));
    return 0;
  }
  try {
    const command = findCommand(commands, argv);
    const args = readArguments(command, argv.slice(command.name.split(' ').length));
    if (args.values['help'] === true) {
      output.out(commandUsage(program, command));
      return 0;
    }
    return await command.run(args);
  } catch (error) {
    return report(error, program, commands, output);
  }
}

function report(error: unknown, program: string, commands: readonly Command[], output: Output): number {
  if (error instanceof UsageError) {
    output.err(`${program}: ${error.message}\n\n${usageText(program, commands)}`);
    return 2;
  }
  if (error instanceof ConfigError) {
    for (const problem of error.problems) output.err(formatProblem(problem));
    output.err(`${error.problems.length} problem${error.problems.length === 1 ? '' : 's'}; nothing was started`);
    return 1;
  }
  if (error instanceof BellwetherError) {
    output.err(`${program}: ${error.message} (${error.code})`);
    return 1;
  }
  const isDefect = error instanceof Error && error.stack !== undefined && !isOfTheSystem(error);
  output.err(`${program}: ${isDefect ? error.stack : errorMessage(error)}`);
  return 1;
}

/** A port in use, a folder that cannot be made, a database that is locked: for the operator, who has no use for a stack. */
function isOfTheSystem(error: Error & { readonly code?: unknown; readonly syscall?: unknown }): boolean {
  return error.syscall !== undefined || error.code === 'ERR_SQLITE_ERROR';
}

function findCommand(commands: readonly Command[], argv: readonly string[]): Command {
  const byLength = [...commands].sort((a, b) => b.name.length - a.name.length);
  const command = byLength.find((c) => c.name.split(' ').every((word, i) => argv[i] === word));
  if (command) return command;
  throw new UsageError(argv[0] === undefined ? 'a command is needed' : `unknown command "${argv[0]}"`);
}

function readArguments(command: Command, argv: readonly string[]): Arguments {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...argv],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: command.positionals ?? false,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(`${command.name}: ${errorMessage(error)}`);
  }
  const args = { values: parsed.values as Arguments['values'], positionals: parsed.positionals };
  if (args.values['help'] !== true) requireOptions(command.name, args, command.required ?? []);
  return args;
}

/** For options that are needed only together with others. @throws UsageError, which ends in the usage and exit code 2 */
export function requireOptions(command: string, { values }: Arguments, names: readonly string[]): void {
  const missing = names.filter((name) => values[name] === undefined || values[name] === '');
  if (missing.length > 0) throw new UsageError(`${command}: --${missing.join(' and --')} must be given`);
}

/** For commands that work on what is named to them. @throws UsageError, which ends in the usage and exit code 2 */
export function requirePositionals(command: string, { positionals }: Arguments, what: string): void {
  if (positionals.length === 0) throw new UsageError(`${command}: ${what} must be given`);
}

function commandUsage(program: string, command: Command): string {
  const details = command.details === undefined ? '' : `\n\n${command.details}`;
  return `usage: ${program} ${command.name} ${command.usage}\n  ${command.help}${details}`;
}

function usageText(program: string, commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => `${c.name} ${c.usage}`.length));
  return [
    `usage: ${program} COMMAND`,
    '',
    ...commands.map((c) => `  ${`${c.name} ${c.usage}`.padEnd(width)}  ${c.help}`),
  ].join('\n');
}
