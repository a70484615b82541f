import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from './logger.ts';

/** How long one part may take to stop before the next is asked. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts and stops a process: parts register how to undo themselves as they start; `stop` aborts `signal` first (loops end),
 * then runs those functions in reverse order, each bounded. Safe to call twice; a failing part does not keep the others up.
 */
export class Lifecycle {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #undo: { name: string; fn: () => void | Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;
  #failed = false;
  #markStopped: () => void = () => {};
  /** Resolves when everything is stopped: what a program waits for. */
  readonly stopped = new Promise<void>((resolve) => {
    this.#markStopped = resolve;
  });

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Aborted when stopping begins. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** 1 when a part failed, else 0. */
  get exitCode(): number {
    return this.#failed ? 1 : 0;
  }

  /** What starts when stopping has begun already (a part failed meanwhile) is undone too, by the stop that is going on or at once. */
  onStop(name: string, fn: () => void | Promise<void>): void {
    this.#undo.push({ name, fn });
    if (this.#stopping) this.#stopping = this.#stopping.then(() => this.#undoAll());
  }

  /** Runs a loop that should last as long as the process; its failure stops everything, named. */
  run(name: string, loop: (signal: AbortSignal) => Promise<void>): void {
    const done = loop(this.signal).catch(async (error: unknown) => {
      this.#log.error({ part: name, err: errorMessage(error) }, 'a part failed, stopping');
      this.#failed = true;
      queueMicrotask(() => void this.stop(`${name} failed`));
    });
    this.onStop(name, () => done);
  }

  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  async #stop(reason: string): Promise<void> {
    this.#log.info({ reason }, 'stopping');
    this.#abort.abort(new Error(reason));
    await this.#undoAll();
    this.#log.info({ reason }, 'stopped');
    this.#markStopped();
  }

  async #undoAll(): Promise<void> {
    for (let part = this.#undo.pop(); part; part = this.#undo.pop()) {
      const { name, fn } = part;
      const timeout = new AbortController();
      const late = this.#clock.sleep(STOP_TIMEOUT_MS, timeout.signal).then(() => {
        if (!timeout.signal.aborted)
          this.#log.warn({ part: name }, `did not stop within ${STOP_TIMEOUT_MS} ms, going on`);
      });
      try {
        await Promise.race([fn(), late]);
      } catch (error) {
        this.#log.error({ part: name, err: errorMessage(error) }, 'failed to stop cleanly');
      } finally {
        timeout.abort();
      }
    }
  }
}

/** SIGTERM and SIGINT stop cleanly; a second one exits at once. SIGHUP calls `reload` when given, and nothing once stopping: it must not kill. */
export function handleSignals(lifecycle: Lifecycle, reload?: () => void): void {
  let asked = false;
  const stop = (name: NodeJS.Signals): void => {
    if (asked) process.exit(1);
    asked = true;
    void lifecycle.stop(name);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (reload)
    process.on('SIGHUP', () => {
      if (!lifecycle.signal.aborted) reload();
    });
}
