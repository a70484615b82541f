import { type BackoffPolicy, backoffDelay, DEFAULT_BACKOFF } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { DeviceFacts } from '../../core/device-facts.ts';
import { errorMessage } from '../../core/errors.ts';
import type { InventoryTarget } from '../../core/inventory-document.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import {
  describeDevice,
  documentLine,
  type PackedLine,
  QUESTION_BYTES,
  questionLines,
  readReply,
  rosterLine,
} from './inventory-lines.ts';
import { inventoryMetrics } from './inventory-metrics.ts';
import { classify, type Outcome, type Reply } from './reply.ts';

export interface InventoryTransport {
  /** @throws BellwetherError BW_PUSH_RETRY: no answer */
  postInventory(frames: readonly Uint8Array[], rawBytes: number, signal: AbortSignal): Promise<Reply>;
  changeEncoding(): boolean;
}

export interface InventoryPushOptions {
  readonly transport: InventoryTransport;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Most bytes (uncompressed) of one request; a larger document goes by itself. Default 1 MiB. */
  readonly requestBytes?: number;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** What is said of an unchanged device now and then: it is still there. */
const STILL_THERE_MS = 3_600_000;
/** Documents of a first round of polling are gathered for so long. */
const COALESCE_MS = 1_000;
const REQUEST_BYTES = 1024 * 1024;
/** The answer names those that are wanted, within the 64 KiB that are read of an answer. */
const LINES_AT_ONCE = 500;
/** Devices remembered; of more nothing is pushed, which is counted. */
const DEVICES_LIMIT = 10_000;
/** A collector without an inventory (an InfluxDB, one of an older version) is asked again so seldom. */
const UNSUPPORTED_BACKOFF: BackoffPolicy = { initial: 1_800_000, max: 6 * 3_600_000, factor: 2 };
const OPERATOR_BACKOFF: BackoffPolicy = { initial: 30_000, max: 300_000, factor: 2 };
const UNSUPPORTED = new Set([404, 405, 410, 501]);

/** `ask`: the digest is told; `send`: the document; `settled`: the collector has it; `refused`: it will not have this one. */
type Due = 'ask' | 'send' | 'settled' | 'refused';

interface Known extends PackedLine {
  due: Due;
  /** When it was last read, and when the collector last heard of it. */
  time: number;
  toldAt: number;
}

/** How a line that was sent came to be: it may have changed since. */
interface Sent {
  readonly device: string;
  readonly digest: string;
  readonly due: 'ask' | 'send';
}

/**
 * Brings the inventory of devices to the collector: a document only when it has changed, the digest alone after a start (the collector says which
 * documents it lacks, so nothing need be kept on disk) and once an hour, so that it knows who is still there. What could not be delivered is
 * tried again; the newest document of a device takes the place of the one before.
 */
export class InventoryPush {
  readonly #options: InventoryPushOptions;
  readonly #devices = new Map<string, Known>();
  readonly #metrics: ReturnType<typeof inventoryMetrics>;
  /** Those that are polled; undefined: the collector has heard. */
  #roster: readonly string[] | undefined;
  #wake: () => void = () => {};
  #attempt = 0;
  #troubled = false;
  /** Shrinks when a request was too large or refused as a whole, until one is taken. */
  #atOnce = LINES_AT_ONCE;

  constructor(options: InventoryPushOptions) {
    this.#options = options;
    this.#metrics = inventoryMetrics(options.metrics, () => this.#count('ask') + this.#count('send'));
  }

  /** What one pass over a device found. Cheap where nothing has changed; never throws. */
  offer(facts: DeviceFacts, target: InventoryTarget): void {
    const { clock, log } = this.#options;
    const { device } = target;
    const known = this.#devices.get(device);
    if (!known && this.#devices.size >= DEVICES_LIMIT) {
      this.#metrics.dropped.inc();
      return;
    }
    const time = clock.now();
    try {
      const described = describeDevice(facts, target);
      if (known && known.digest === described.digest) {
        known.time = time;
        if (known.due === 'settled' && time - known.toldAt >= STILL_THERE_MS) known.due = 'ask';
      } else {
        const line = documentLine(described, time);
        this.#devices.set(device, { ...line, due: known ? 'send' : 'ask', time, toldAt: known?.toldAt ?? 0 });
      }
    } catch (error) {
      log.error({ device, err: errorMessage(error) }, 'the inventory of a device could not be written down');
      return;
    }
    if (this.#roster || isDue(this.#devices.get(device)!)) this.#wake();
  }

  /** Which devices are polled at all, told at the start and whenever that changes: the others are forgotten, here and by the collector. */
  retain(devices: ReadonlySet<string>): void {
    for (const device of this.#devices.keys()) if (!devices.has(device)) this.#devices.delete(device);
    this.#roster = [...devices].sort();
    this.#wake();
  }

  /** Delivers until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      // The roster goes by itself: whatever is wrong with a device does not keep it back.
      const roster = this.#dueRoster();
      const sent = roster ? [] : this.#take();
      if (sent.length === 0 && !roster) {
        await this.#nextOffer(signal);
        await clock.sleep(COALESCE_MS, signal);
        continue;
      }
      const wait = await this.#deliver(sent, roster, signal);
      if (wait > 0) await clock.sleep(wait, signal);
    }
  }

  /** An agent that has read no device yet has nothing to say of any. */
  #dueRoster(): readonly string[] | undefined {
    return this.#devices.size > 0 ? this.#roster : undefined;
  }

  /** What goes into the next request. */
  #take(): Sent[] {
    const limit = this.#options.requestBytes ?? REQUEST_BYTES;
    const sent: Sent[] = [];
    let bytes = 0;
    for (const [device, known] of this.#devices) {
      if (!isDue(known)) continue;
      const more = known.due === 'send' ? known.bytes : QUESTION_BYTES;
      if (sent.length > 0 && (bytes + more > limit || sent.length >= this.#atOnce)) break;
      sent.push({ device, digest: known.digest, due: known.due as Sent['due'] });
      bytes += more;
    }
    return sent;
  }

  /** One request. Returns how long to wait before the next, ms. */
  async #deliver(sent: readonly Sent[], roster: readonly string[] | undefined, signal: AbortSignal): Promise<number> {
    const { transport, clock } = this.#options;
    const { frames, bytes } = this.#pack(sent, roster);
    let reply: Reply;
    let outcome: Outcome;
    try {
      reply = await transport.postInventory(frames, bytes, signal);
      outcome = classify(reply, clock.now());
    } catch (error) {
      if (signal.aborted) return 0;
      return this.#failed(errorMessage(error), DEFAULT_BACKOFF);
    }
    this.#metrics.requests.inc({ result: outcome.kind });
    if (UNSUPPORTED.has(reply.status)) return this.#failed('it takes no inventory', UNSUPPORTED_BACKOFF, 'info');
    switch (outcome.kind) {
      case 'done':
        return this.#taken(sent, roster, reply);
      case 'recode':
        return transport.changeEncoding() ? 0 : this.#failed(outcome.reason, OPERATOR_BACKOFF);
      case 'retry':
        return this.#failed(
          outcome.reason,
          outcome.needsOperator ? OPERATOR_BACKOFF : DEFAULT_BACKOFF,
          'warn',
          outcome.afterMs,
        );
      default:
        return this.#refused(sent, outcome.reason);
    }
  }

  #pack(sent: readonly Sent[], roster: readonly string[] | undefined): { frames: Uint8Array[]; bytes: number } {
    const documents = sent.flatMap(({ device, due }) => (due === 'send' ? [this.#devices.get(device)!] : []));
    const questions = sent.flatMap(({ device, due, digest }) =>
      due === 'ask' ? [{ device, digest, time: this.#devices.get(device)!.time }] : [],
    );
    const lines: PackedLine[] = [
      ...(roster ? [rosterLine(roster)] : []),
      ...(questions.length > 0 ? [questionLines(questions)] : []),
      ...documents,
    ];
    return { frames: lines.map(({ frame }) => frame), bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  #taken(sent: readonly Sent[], roster: readonly string[] | undefined, { body }: Reply): number {
    const answer = readReply(body);
    // Something answers 200 to everything: what was sent is nowhere.
    if (!answer) return this.#failed('the answer is not that of a collector', UNSUPPORTED_BACKOFF);
    const wanted = new Set(answer.wanted);
    const refused = new Map(answer.refused.map(({ device, reason }) => [device, String(reason)]));
    for (const one of sent) {
      const reason = refused.get(one.device);
      if (reason !== undefined) this.#refuse(one, reason);
      else this.#settle(one, one.due === 'ask' && wanted.has(one.device) ? 'send' : 'settled');
    }
    if (this.#roster === roster) this.#roster = undefined;
    if (this.#troubled) this.#options.log.info('the inventory gets through again');
    this.#troubled = false;
    this.#attempt = 0;
    this.#atOnce = Math.min(LINES_AT_ONCE, this.#atOnce * 2);
    return 0;
  }

  #settle({ device, digest, due }: Sent, next: Due): void {
    const known = this.#devices.get(device);
    if (!known) return;
    known.toldAt = known.time;
    if (due === 'send') this.#metrics.documents.inc({ result: 'stored' });
    // A newer document has come meanwhile: it is due as it stands.
    if (known.digest === digest) known.due = next;
  }

  /** Refused as a whole: halved until the line at fault stands alone. */
  #refused(sent: readonly Sent[], reason: string): number {
    if (sent.length > 1) {
      this.#atOnce = Math.max(1, Math.floor(sent.length / 2));
      return 0;
    }
    if (sent[0]) this.#refuse(sent[0], reason);
    else {
      this.#roster = undefined;
      this.#options.log.error({ reason }, 'the collector refuses the list of devices');
    }
    this.#attempt++;
    return backoffDelay(this.#attempt, DEFAULT_BACKOFF, this.#random());
  }

  #refuse({ device, digest }: Sent, reason: string): void {
    const known = this.#devices.get(device);
    if (known?.digest === digest) known.due = 'refused';
    this.#metrics.documents.inc({ result: 'refused' });
    this.#options.log.error({ device, reason }, 'the collector refuses the inventory of a device until it changes');
  }

  #failed(reason: string, policy: BackoffPolicy, level: 'info' | 'warn' = 'warn', afterMs?: number): number {
    this.#attempt++;
    if (!this.#troubled)
      this.#options.log[level]({ reason }, 'the inventory does not get to the collector; tried again later');
    this.#troubled = true;
    return backoffDelay(this.#attempt, policy, this.#random(), afterMs);
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }

  #count(due: Due): number {
    let count = 0;
    for (const known of this.#devices.values()) if (known.due === due) count++;
    return count;
  }

  async #nextOffer(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (signal.aborted || this.#dueRoster() || [...this.#devices.values()].some(isDue)) resolve();
    });
    signal.removeEventListener('abort', onAbort);
  }
}

function isDue({ due }: Known): boolean {
  return due === 'ask' || due === 'send';
}
