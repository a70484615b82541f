import { parseArgs } from 'node:util';
import { parseDuration } from '../core/duration.ts';
import { errorMessage } from '../core/errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { processOutput, runCommandLine } from '../runtime/command-line.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { createLogger } from '../runtime/logger.ts';
import { type DemoOptions, runDemo } from './demo.ts';
import { deviceCommand } from './device-cli.ts';

const USAGE = `usage: npm start -- [--for DURATION] [--port PORT] [--keep DIR]

A simulated school, one agent and one collector on this machine: at 15 s things go wrong, at 36 s they are repaired.

  --for DURATION  end by itself after this long (60s, 2m); exit 0 only if an alert was opened, delivered and resolved
  --port PORT     TCP port of the page (default 8080; a free one when it is taken)
  --keep DIR      keep configurations, logs and data in DIR, which must be new or empty
  --help          show this`;

/** Where standard output is no terminal. */
const DEFAULT_WIDTH = 120;

/** The options of a command line, or why it is wrong. */
export function parseDemoArgs(argv: readonly string[]): DemoOptions | 'help' | { readonly wrong: string } {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { for: text, port: text, keep: text, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return 'help';
    const forMs = values.for === undefined ? undefined : parseDuration(values.for);
    if (values.for !== undefined && !forMs)
      return { wrong: `--for: expected a duration such as 60s, got "${values.for}"` };
    const port = Number(values.port ?? 8080);
    if (!/^\d+$/.test(values.port ?? '8080') || port < 1 || port > 65_535)
      return { wrong: `--port: expected a number from 1 to 65535, got "${values.port}"` };
    if (values.keep === '') return { wrong: '--keep: expected a folder, got nothing' };
    return { forMs, port, keep: values.keep };
  } catch (error) {
    return { wrong: errorMessage(error) };
  }
}

/** A happening as terminal lines of at most `width`: when, what, and the rest indented under it. */
export function formatHappening(at: number, topic: string, lines: readonly string[], width: number): string[] {
  const head = `${(at / 1000).toFixed(1).padStart(6)}s  ${topic.padEnd(9)} `;
  return lines
    .flatMap((line) => wrap(line, width - head.length))
    .map((line, i) => `${i === 0 ? head : ' '.repeat(head.length)}${line}`);
}

/** The columns to fill; a pseudo-terminal that was given no size says 0. */
export function terminalWidth(columns: number | undefined): number {
  return columns || DEFAULT_WIDTH;
}

/** Breaks at blanks; continuations stand two columns further in than the line they belong to. */
function wrap(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0];
  const out: string[] = [];
  let current = indent;
  for (const word of line.trim().split(' ')) {
    if (current.trim() !== '' && current.length + 1 + word.length > width) {
      out.push(current);
      current = `${indent}  `;
    }
    current += current.trim() === '' ? word : ` ${word}`;
  }
  return [...out, current];
}

/** Entry of the demo's command line; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'device') {
    process.exitCode = await runCommandLine('node sim/main.ts', [deviceCommand(systemClock)], argv);
    return;
  }
  const options = parseDemoArgs(argv);
  if (options === 'help') {
    processOutput.out(USAGE);
    return;
  }
  if ('wrong' in options) {
    processOutput.err(`${options.wrong}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const width = terminalWidth(process.stdout.columns);
  const stop = new AbortController();
  const onSignal = (): void => {
    // The second time, at once: exit handlers end the children and remove the files.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  process.exitCode = await runDemo(options, {
    clock: systemClock,
    lifecycle: new Lifecycle(createLogger('demo', 'silent'), systemClock),
    stop: stop.signal,
    print: (at, topic, lines) => {
      for (const line of formatHappening(at, topic, lines, width)) processOutput.out(line);
    },
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
}
