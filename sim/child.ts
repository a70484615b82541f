import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';

const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href;
const STOP_MS = 4_000;
const TAIL_LINES = 20;

export interface ChildOptions {
  readonly name: string;
  /** The script and its arguments, run by this process's own Node. */
  readonly args: readonly string[];
  /** Where its standard error goes. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly onOut?: (line: string) => void;
  readonly onLog?: (line: string) => void;
}

/** How a child ended, in words; `ok` with exit code 0. */
export interface Ending {
  readonly ok: boolean;
  readonly how: string;
}

/** One of the real programs, run as a child. Its log goes to a file; its last lines are at hand for when it dies. */
export class Child {
  readonly name: string;
  readonly ended: Promise<Ending>;
  readonly #options: ChildOptions;
  readonly #process: ChildProcess;
  readonly #log: WriteStream;
  readonly #tail: string[] = [];

  /** Starts it. */
  static start(options: ChildOptions): Child {
    return new Child(options);
  }

  private constructor(options: ChildOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logFile);
    // A group of its own: Ctrl-C in the terminal reaches only the demo, which then stops its children one after the other.
    this.#process = spawn(process.execPath, ['--import', END_WITH_PARENT, ...options.args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.ended = this.#watch();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The last lines of its log. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  async #watch(): Promise<Ending> {
    const { stdout, stderr } = this.#process;
    createInterface({ input: stdout! }).on('line', (line) => this.#options.onOut?.(line));
    createInterface({ input: stderr! }).on('line', (line) => {
      this.#log.write(`${line}\n`);
      this.#tail.push(line);
      if (this.#tail.length > TAIL_LINES) this.#tail.shift();
      this.#options.onLog?.(line);
    });
    try {
      const [code, signal] = (await once(this.#process, 'close')) as [number | null, NodeJS.Signals | null];
      return { ok: code === 0, how: signal ? `was ended by ${signal}` : `ended with exit code ${code}` };
    } catch (error) {
      return { ok: false, how: `could not be started: ${errorMessage(error)}` };
    } finally {
      this.#log.end();
    }
  }

  /** SIGTERM, and SIGKILL when that is not heeded in time. */
  async stop(): Promise<void> {
    const timer = new AbortController();
    this.#process.kill('SIGTERM');
    const late = this.#options.clock.sleep(STOP_MS, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#process.kill('SIGKILL');
    });
    await this.ended;
    timer.abort();
    await late;
  }
}
