import type { BellwetherError } from '../../../core/errors.ts';
import { errorMessage } from '../../../core/errors.ts';
import { BerError, BerReader, TAG } from '../ber.ts';
import type { BurstOptions, BurstOutcome } from '../snmp-session.ts';
import type { Verdict, Waiter } from './endpoint.ts';
import type { AnswerHead } from './head.ts';
import { decodeResponse, statusError } from './message.ts';

/** What stands around the bindings of an answer in version 2c. Version 3 adds 100 and more, which say nothing about how many bindings a device sends. */
const AROUND_BINDINGS = 50;

const ONCE = { once: true };

/** The variable bindings of a good answer. */
export interface Bindings {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export interface BurstDeps {
  /** Sends the request of this number, counted from 0. */
  readonly send: (index: number, waiter: Waiter) => number;
  /**
   * What an answer says to the request `index`, sent with `id`: its bindings, an error, `again` where the request is to be sent once more, or why it is
   * of no use. @throws BerError for what is no answer to this
   */
  readonly open: (
    datagram: Uint8Array,
    index: number,
    id: number,
    receivedAt: number,
    head: AnswerHead | undefined,
  ) => Bindings | BellwetherError | 'again' | Exclude<Verdict, 'taken'>;
  readonly forget: (id: number) => void;
  /** Why nothing came, in an error. */
  readonly silence: () => BellwetherError;
  readonly stopped: () => BellwetherError;
}

/** Requests of one device that are under way together. One after the other it serves all bursts of its session, so that none leaves anything behind. */
export class Burst {
  readonly #deps: BurstDeps;
  #waiters: BurstWaiter[] = [];
  #ids = new Int32Array(0);
  #tries = new Uint8Array(0);
  #count = 0;
  /** The first request that was not sent yet, and those before it that are to be sent once more. */
  #next = 0;
  readonly #aside: number[] = [];
  #options: BurstOptions | undefined;
  #waiting = 0;
  #answers = 0;
  /** Nothing came yet and the first request was in vain: it alone is repeated, so that a silent device costs one request and its repeats. */
  #alone = false;
  #unexpected = false;
  #error: BellwetherError | undefined;
  #taken = 0;
  #timeouts = 0;
  #retries = 0;
  #sent = 0;
  #longest = 0;
  #done = true;
  #finish: (outcome: BurstOutcome) => void = () => {};
  #fail: (defect: unknown) => void = () => {};
  readonly #onAbort = (): void => this.stop();

  constructor(deps: BurstDeps) {
    this.#deps = deps;
  }

  /** @param count of requests @throws what `send` throws, which is a defect of ours and not of the device */
  run(count: number, options: BurstOptions): Promise<BurstOutcome> {
    if (!this.#done) throw new Error('one burst at a time on an SNMP session');
    this.#begin(count, options);
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      if (options.signal.aborted) {
        this.stop();
        return;
      }
      options.signal.addEventListener('abort', this.#onAbort, ONCE);
      this.#fill();
    });
  }

  #begin(count: number, options: BurstOptions): void {
    if (count > this.#ids.length) {
      this.#ids = new Int32Array(count);
      this.#tries = new Uint8Array(count);
      this.#waiters = Array.from({ length: count }, (_, k) => new BurstWaiter(this, k));
    }
    this.#ids.fill(0);
    this.#tries.fill(0);
    this.#count = count;
    this.#next = 0;
    this.#aside.length = 0;
    this.#options = options;
    this.#alone = this.#unexpected = this.#done = false;
    this.#error = undefined;
    this.#waiting = this.#answers = this.#taken = this.#timeouts = this.#retries = this.#sent = this.#longest = 0;
  }

  /** Ends it at once with what came until now. */
  stop(): void {
    if (this.#done) return;
    this.#error ??= this.#deps.stopped();
    this.#end();
  }

  #fill(): void {
    const { window } = this.#options!;
    while (!this.#done && !this.#alone && this.#waiting < window) {
      const index = this.#aside.pop() ?? (this.#next < this.#count ? this.#next++ : -1);
      if (index < 0) break;
      this.#send(index);
    }
    if (this.#waiting === 0 && this.#next === this.#count && this.#aside.length === 0) this.#end();
  }

  #send(index: number): void {
    this.#tries[index]!++;
    this.#sent++;
    this.#waiting++;
    try {
      this.#ids[index] = this.#deps.send(index, this.#waiters[index]!);
    } catch (error) {
      this.#fail(error);
      this.#end();
    }
  }

  answer(index: number, datagram: Uint8Array, receivedAt: number, head?: AnswerHead): Verdict {
    let opened: ReturnType<BurstDeps['open']>;
    try {
      opened = this.#deps.open(datagram, index, this.#ids[index]!, receivedAt, head);
    } catch (error) {
      if (!(error instanceof BerError)) throw error;
      return { fault: 'malformed', detail: errorMessage(error) };
    }
    if (typeof opened === 'object' && 'fault' in opened) return opened;
    this.#waiting--;
    this.#ids[index] = 0;
    this.#answers++;
    this.#alone = false;
    if (opened === 'again') {
      this.#tries[index]!--;
      this.#send(index);
      return 'taken';
    }
    if (opened instanceof Error) this.#error ??= opened;
    else {
      const { bytes, from, to } = opened;
      this.#longest = Math.max(this.#longest, to - from + AROUND_BINDINGS);
      if (this.#options!.take(index, bytes, from, to, receivedAt)) this.#taken++;
      else this.#unexpected = true;
    }
    // Whoever took it may have ended the burst.
    if (this.#done) return 'taken';
    if (this.#error || this.#unexpected) this.#end();
    else this.#fill();
    return 'taken';
  }

  expire(index: number): void {
    // Set aside in the same sweep, it no longer waits.
    if (this.#done || this.#ids[index] === 0) return;
    this.#timeouts++;
    this.#waiting--;
    this.#ids[index] = 0;
    if (this.#tries[index]! > this.#options!.retries) {
      this.#error ??= this.#deps.silence();
      this.#end();
      return;
    }
    this.#retries++;
    if (this.#answers === 0) {
      this.#setAside(index);
      this.#alone = true;
    }
    this.#send(index);
  }

  /** Those that wait besides `index` go back to the ones still to be sent, as if they never had been. */
  #setAside(index: number): void {
    for (const [k, id] of this.#ids.entries()) {
      if (id === 0 || k === index) continue;
      this.#deps.forget(id);
      this.#ids[k] = 0;
      this.#tries[k]!--;
      this.#waiting--;
      this.#aside.push(k);
    }
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#options!.signal.removeEventListener('abort', this.#onAbort);
    this.#options = undefined;
    for (const id of this.#ids) if (id !== 0) this.#deps.forget(id);
    this.#finish({
      error: this.#error,
      unexpected: this.#unexpected,
      taken: this.#taken,
      timeouts: this.#timeouts,
      retries: this.#retries,
      sent: this.#sent,
      answers: this.#answers,
      longest: this.#longest,
    });
  }
}

class BurstWaiter implements Waiter {
  readonly #burst: Burst;
  readonly #index: number;

  constructor(burst: Burst, index: number) {
    this.#burst = burst;
    this.#index = index;
  }

  answer(datagram: Uint8Array, receivedAt: number, head?: AnswerHead): Verdict {
    return this.#burst.answer(this.#index, datagram, receivedAt, head);
  }

  expire(): void {
    this.#burst.expire(this.#index);
  }
}

/** Of a burst that ended before anything was sent. */
export function notSent(error: BellwetherError): BurstOutcome {
  return { error, unexpected: false, taken: 0, timeouts: 0, retries: 0, sent: 0, answers: 0, longest: 0 };
}

/** Written over by the next answer. */
const bindings: { -readonly [K in keyof Bindings]: Bindings[K] } = { bytes: new Uint8Array(0), from: 0, to: 0 };

/**
 * An answer of version 2c; its error status as an error.
 *
 * @param head of the same datagram, where it is known
 * @returns bindings that are good until the next call
 * @throws BerError for what is no answer to this
 */
export function openCommunityAnswer(
  datagram: Uint8Array,
  community: Uint8Array,
  head?: AnswerHead,
): Bindings | BellwetherError {
  if (!head) return openUnusualAnswer(datagram, community);
  if (head.version !== 1) throw new BerError('an answer in another version', 0);
  if (!isSame(datagram, head.communityFrom, head.communityTo, community))
    throw new BerError('an answer with another community', 0);
  if (head.errorStatus !== 0) return statusError(decodeResponse(datagram));
  bindings.bytes = datagram;
  bindings.from = head.from;
  bindings.to = head.to;
  return bindings;
}

function openUnusualAnswer(datagram: Uint8Array, community: Uint8Array): Bindings | BellwetherError {
  const message = new BerReader(datagram);
  message.head(TAG.Sequence);
  if (message.integer() !== 1) throw new BerError('an answer in another version', 0);
  const found = message.octets();
  if (!isSame(found, 0, found.length, community)) throw new BerError('an answer with another community', 0);
  message.head(TAG.Response);
  message.integer();
  if (message.integer() !== 0) return statusError(decodeResponse(datagram));
  message.integer();
  const length = message.head(TAG.Sequence);
  return { bytes: datagram, from: message.pos, to: message.pos + length };
}

function isSame(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false;
  for (let k = 0; k < expected.length; k++) if (bytes[from + k] !== expected[k]) return false;
  return true;
}
