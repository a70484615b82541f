import { Worker } from 'node:worker_threads';
import { type BackoffPolicy, backoffDelay } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { FromTrapWorker, ToTrapWorker, TrapReport, TrapWorkerSettings } from './trap-channel.ts';

export interface TrapReceiverOptions {
  readonly settings: TrapWorkerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes what came, on the main thread; the next report comes after it returns. */
  readonly onReport: (report: TrapReport) => void;
  readonly onListening?: (port: number) => void;
  /** The thread ended by itself. */
  readonly onRestart: () => void;
  /** For tests: another thread. */
  readonly entry?: URL;
  readonly silentAfterMs?: number;
}

const ENTRY = new URL('./trap-worker.ts', import.meta.url);
const RESTART: BackoffPolicy = { initial: 1_000, max: 60_000, factor: 2 };
/** A thread that listened this long was well: the next failure is a first one. */
const WELL_AFTER_MS = 60_000;
/** It reports every second; one that has not for so long hangs, and is ended. */
const SILENT_AFTER_MS = 30_000;
const WATCH_EVERY_SHARE = 3;
/** More than it ever needs; a leak ends the thread and not the agent. */
const LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 };

/** Keeps one receiver thread running, with pauses that grow while it fails. */
export class TrapReceiver {
  readonly #options: TrapReceiverOptions;
  #known: readonly string[];
  #worker: Worker | undefined;
  #heard = 0;

  constructor(options: TrapReceiverOptions) {
    this.#options = options;
    this.#known = options.settings.known;
  }

  /** Whose traps are expected, from now on. */
  set known(addresses: readonly string[]) {
    this.#known = addresses;
    this.#tell({ kind: 'known', addresses });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, onRestart } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const startedAt = clock.monotonic();
      // No thread at all, where the system has no room for one, is as good as one that ended.
      const reason = await this.#oneThread(signal).catch(errorMessage);
      if (signal.aborted) return;
      onRestart();
      if (clock.monotonic() - startedAt >= WELL_AFTER_MS) attempt = 1;
      const wait = backoffDelay(attempt, RESTART, Math.random());
      log.error({ err: reason, again_in_ms: wait }, 'the trap receiver ended, it is started again');
      await clock.sleep(wait, signal);
    }
  }

  /** Until the thread's end; why it ended. */
  async #oneThread(signal: AbortSignal): Promise<string> {
    const ended = Promise.withResolvers<string>();
    let reason: string | undefined;
    const settings = { ...this.#options.settings, known: this.#known };
    const worker = new Worker(this.#options.entry ?? ENTRY, { workerData: settings, resourceLimits: LIMITS });
    worker.on('message', (message: FromTrapWorker) => {
      if (message.kind === 'failed') reason = message.reason;
      else this.#hear(message, worker);
    });
    worker.on('error', (error) => (reason = errorMessage(error)));
    worker.on('messageerror', (error) => (reason = errorMessage(error)));
    worker.once('exit', (code) => ended.resolve(reason ?? `exit code ${code}`));
    this.#worker = worker;
    const watch = new AbortController();
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    void this.#watch(worker, watch.signal, (why) => (reason ??= why));
    try {
      return await ended.promise;
    } finally {
      this.#worker = undefined;
      watch.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  #hear(message: Exclude<FromTrapWorker, { kind: 'failed' }>, worker: Worker): void {
    const { clock, log, onReport, onListening } = this.#options;
    this.#heard = clock.monotonic();
    if (message.kind === 'listening') {
      log.info({ host: message.host, port: message.port }, 'traps are received');
      onListening?.(message.port);
      return;
    }
    if (message.defect !== undefined) log.error({ err: message.defect }, 'a trap could not be read');
    try {
      onReport(message);
    } catch (error) {
      log.error({ err: errorMessage(error) }, 'traps could not be dealt with');
    }
    worker.postMessage({ kind: 'next' } satisfies ToTrapWorker);
  }

  async #watch(worker: Worker, signal: AbortSignal, because: (why: string) => void): Promise<void> {
    const { clock, silentAfterMs = SILENT_AFTER_MS } = this.#options;
    this.#heard = clock.monotonic();
    while (!signal.aborted) {
      await clock.sleep(silentAfterMs / WATCH_EVERY_SHARE, signal);
      if (signal.aborted || clock.monotonic() - this.#heard < silentAfterMs) continue;
      because(`it did not report for ${silentAfterMs} ms`);
      await worker.terminate();
      return;
    }
  }

  #tell(message: ToTrapWorker): void {
    this.#worker?.postMessage(message);
  }
}
