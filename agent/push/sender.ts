import { backoffDelay, DEFAULT_BACKOFF } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import { PROBE_HEADER, parseProbeHeader } from '../../core/probe-header.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { Episode } from '../spool/episode.ts';
import type { Spool, SpoolBatch } from '../spool/spool.ts';
import { Link } from './link.ts';
import { pushMetrics } from './push-metrics.ts';
import { classify, type Outcome } from './reply.ts';
import type { Transport } from './transport.ts';

export interface SenderOptions {
  readonly spool: Spool;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Most bytes (uncompressed) in one request. */
  readonly batchBytes: number;
  /** Told of the devices that the collector wants pinged now. Must not throw. */
  readonly onProbe?: (names: readonly string[]) => void;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** Without a reason of its own each abort makes an error with a stack. */
const ENDED = 'the request is over';
/** How long records are gathered after the first one comes into an empty spool. */
const COALESCE_MS = 200;
/** For the request under way when stopping; below the 5 s that a part gets to stop. */
const STOP_GRACE_MS = 4_500;
const MAX_BATCH_RECORDS = 256;

type Side = 'fresh' | 'backlog';

/**
 * Moves records from the spool to the collector, one request at a time. A record leaves the spool only when the collector has it or refuses it for good,
 * so delivery is at least once; a point sent twice replaces itself, as series and time are the same.
 *
 * After an outage, what waited is the backlog. Rounds then alternate between fresh records and the backlog, each oldest first: a device's present state
 * does not wait behind hours of its past, and its fresh samples stay in order.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #random: () => number;
  readonly #link: Link;
  readonly #refusals = new Episode();
  readonly #metrics;
  /** Records with an id up to this are backlog. */
  #backlogUpTo = 0;
  #turn: Side = 'fresh';
  /** Shrinks when the collector says 413, until the next outage. */
  #maxBytes: number;
  /** Shrinks to find the one record that is refused, grows again with each success. */
  #maxRecords = MAX_BATCH_RECORDS;
  #refusedInARow = 0;
  #appended = false;
  #wake: () => void = () => {};

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#link = new Link(options.log);
    this.#maxBytes = options.batchBytes;
    this.#metrics = pushMetrics(options.metrics, () => this.#link.up);
  }

  /** Delivers until `signal` aborts; the request then under way gets 4.5 s to end. What was not acknowledged stays in the spool. */
  async run(signal: AbortSignal): Promise<void> {
    const { spool, clock } = this.#options;
    const stopListening = spool.onAppend(() => {
      this.#appended = true;
      this.#wake();
    });
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    this.#backlogUpTo = spool.stats().lastId;
    try {
      while (!signal.aborted) {
        const wait = await this.#round(signal);
        if (wait === 'empty') await this.#nextRecord(signal);
        else if (wait > 0) await clock.sleep(wait, signal);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      stopListening();
    }
  }

  /** One request. Returns how long to wait before the next, in ms, or that there is nothing to send. */
  async #round(signal: AbortSignal): Promise<number | 'empty'> {
    try {
      const batch = this.#take();
      if (!batch) return 'empty';
      const outcome = await this.#deliver(batch, signal);
      this.#metrics.requests.inc({ result: outcome.kind });
      return this.#settle(batch, outcome, signal);
    } catch (error) {
      // The spool could not be read or cleared: nothing is lost, the batch comes again.
      return this.#linkFailed({ reason: errorMessage(error), needsOperator: false });
    }
  }

  #take(): SpoolBatch | undefined {
    this.#appended = false;
    const first = this.#peek(this.#turn);
    if (first) return first;
    this.#turn = this.#otherSide();
    return this.#peek(this.#turn);
  }

  #peek(side: Side): SpoolBatch | undefined {
    const limit = { maxBytes: this.#maxBytes, maxRecords: this.#maxRecords };
    const ids = side === 'fresh' ? { after: this.#backlogUpTo } : { upTo: this.#backlogUpTo };
    return this.#options.spool.peek({ ...limit, ...ids });
  }

  #otherSide(): Side {
    return this.#turn === 'fresh' ? 'backlog' : 'fresh';
  }

  async #deliver(batch: SpoolBatch, signal: AbortSignal): Promise<Outcome> {
    const { clock, transport } = this.#options;
    const giveUp = new AbortController();
    const ended = new AbortController();
    const onStop = async (): Promise<void> => {
      await clock.sleep(STOP_GRACE_MS, ended.signal);
      giveUp.abort(new Error('stopping'));
    };
    signal.addEventListener('abort', onStop, { once: true });
    const started = clock.monotonic();
    try {
      const reply = await transport.post(batch.frames, batch.rawBytes, giveUp.signal);
      const outcome = classify(reply, clock.now());
      const wanted = outcome.kind === 'done' ? parseProbeHeader(reply.headers[PROBE_HEADER]) : [];
      if (wanted.length > 0) this.#options.onProbe?.(wanted);
      return outcome;
    } catch (error) {
      return { kind: 'retry', reason: errorMessage(error), needsOperator: false };
    } finally {
      this.#metrics.seconds.observe((clock.monotonic() - started) / 1000);
      signal.removeEventListener('abort', onStop);
      ended.abort(ENDED);
    }
  }

  #settle(batch: SpoolBatch, outcome: Outcome, signal: AbortSignal): number {
    switch (outcome.kind) {
      case 'done':
        this.#delivered(batch, outcome);
        return 0;
      case 'split':
      case 'reject':
        return this.#refused(batch, outcome.kind, outcome.reason);
      case 'recode':
        if (this.#options.transport.changeEncoding()) return 0;
        return this.#failed({ reason: outcome.reason, needsOperator: true }, signal);
      case 'retry':
        return this.#failed(outcome, signal);
    }
  }

  #delivered(batch: SpoolBatch, outcome: { readonly rejectedLines: number; readonly reason?: string }): void {
    const { spool, clock } = this.#options;
    spool.ack(batch);
    const rejected = Math.min(batch.lines, outcome.rejectedLines);
    this.#metrics.lines.inc({ result: 'stored' }, batch.lines - rejected);
    if (rejected > 0) this.#reject(rejected, outcome.reason ?? '');
    this.#metrics.lastSuccess.set(clock.now() / 1000);
    this.#refusedInARow = 0;
    this.#maxRecords = Math.min(MAX_BATCH_RECORDS, this.#maxRecords * 2);
    this.#turn = this.#otherSide();
    this.#reportRefusals();
    this.#answered();
  }

  /** Halves a refused batch until the record at fault stands alone, and drops only that one. */
  #refused(batch: SpoolBatch, kind: 'split' | 'reject', reason: string): number {
    this.#answered();
    if (batch.records > 1) {
      if (kind === 'reject') this.#maxRecords = Math.floor(batch.records / 2);
      else {
        this.#maxBytes = Math.floor(batch.rawBytes / 2);
        this.#options.log.warn({ batch_bytes: this.#maxBytes, reason }, 'batches are made smaller from now on');
      }
      return 0;
    }
    this.#options.spool.ack(batch);
    this.#reject(batch.lines, reason);
    this.#turn = this.#otherSide();
    // A collector that refuses everything must not empty the spool in a minute: it slows down, and the bounds decide.
    this.#refusedInARow++;
    return this.#refusedInARow === 1 ? 0 : backoffDelay(this.#refusedInARow - 1, DEFAULT_BACKOFF, this.#random());
  }

  #failed(failure: Parameters<Link['failed']>[0], signal: AbortSignal): number {
    // A request cut off by the stop says nothing about the collector.
    return signal.aborted ? 0 : this.#linkFailed(failure);
  }

  #linkFailed(failure: Parameters<Link['failed']>[0]): number {
    const { spool, clock } = this.#options;
    let waiting = 0;
    try {
      waiting = spool.stats().records;
    } catch {
      // The number is for the log line only, and the spool may be what failed.
    }
    return this.#link.failed(failure, waiting, clock.now(), this.#random());
  }

  /** The collector has dealt with a batch: after an outage, all that waits now is backlog. */
  #answered(): void {
    if (this.#link.up) return;
    const { spool, clock, batchBytes } = this.#options;
    const { records, lastId } = spool.stats();
    this.#link.succeeded(records, clock.now());
    this.#backlogUpTo = lastId;
    this.#maxBytes = batchBytes;
  }

  #reject(lines: number, reason: string): void {
    this.#metrics.lines.inc({ result: 'rejected' }, lines);
    if (this.#refusals.hit(this.#options.clock.now(), lines))
      this.#options.log.error({ lines, reason }, 'the collector refused lines for good; they are dropped and counted');
  }

  #reportRefusals(): void {
    const lines = this.#refusals.over(this.#options.clock.now());
    if (lines !== undefined)
      this.#options.log.info({ lines }, 'the collector has stopped refusing; this many lines were dropped');
  }

  /** Waits for an append since the last look into the spool, then gathers a little more. */
  async #nextRecord(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#appended || signal.aborted) resolve();
    });
    await this.#options.clock.sleep(COALESCE_MS, signal);
  }
}
