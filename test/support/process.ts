import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './source-files.ts';

/** A log line of one of our processes. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** A child process with what it said; always ended by its id. */
export class TestProcess {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  stdout = '';
  #rest = '';

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n');
      this.#rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get log(): LogLine[] {
    return this.lines.filter((l) => l.startsWith('{')).map((l) => JSON.parse(l) as LogLine);
  }

  /** Resident set size, bytes. */
  rss(): number {
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4096;
  }

  waitForLog(msg: string, timeoutMs = 15_000): Promise<LogLine> {
    return until(`log line "${msg}"`, timeoutMs, () => {
      if (!this.running && !this.log.some((l) => l.msg === msg)) {
        throw new Error(
          `process ended (${this.child.exitCode ?? this.child.signalCode}) before "${msg}":\n${this.lines.slice(-20).join('\n')}\n${this.stdout}`,
        );
      }
      return this.log.find((l) => l.msg === msg);
    });
  }

  /** Sends the signal and waits for the end; returns the exit code (null when killed). */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.running) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode;
  }

  async exit(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

/** One of our programs with the Node that runs the tests. */
export function startProgram(program: string, args: readonly string[], env: Record<string, string> = {}): TestProcess {
  return new TestProcess(process.execPath, [program, ...args], env);
}

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = startProgram(program, args, env);
  const closed = once(child.child, 'close');
  await closed;
  return { code: child.child.exitCode, stdout: child.stdout, stderr: child.lines.join('\n') };
}

/** Waits until `probe` gives something, asking every 20 ms; fails with its name after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | undefined | null | false | Promise<T | undefined | null | false>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(20);
  }
}
