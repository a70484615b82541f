import type { BellwetherError } from '../../../core/errors.ts';
import { errorMessage } from '../../../core/errors.ts';
import { BerError, BerReader, TAG } from '../ber.ts';
import type { BurstOptions, BurstOutcome } from '../snmp-session.ts';
import { decodeResponse, type RequestTemplate, statusError } from './message.ts';
import type { Verdict, Waiter } from './udp.ts';

export interface BurstDeps {
  readonly requests: readonly RequestTemplate[];
  readonly community: Uint8Array;
  readonly send: (template: RequestTemplate, waiter: Waiter) => number;
  readonly forget: (id: number) => void;
  /** Why nothing came, in an error. */
  readonly silence: () => BellwetherError;
  readonly stopped: () => BellwetherError;
  readonly options: BurstOptions;
}

/** Requests of one device that are under way together. */
export class Burst {
  readonly #deps: BurstDeps;
  readonly #taken: Uint8Array;
  readonly #ids: Int32Array;
  readonly #tries: Uint8Array;
  /** Numbers of requests still to be sent, the next one last. */
  readonly #todo: number[];
  #waiting = 0;
  #answers = 0;
  /** Nothing came yet and the first request was in vain: it alone is repeated, so that a silent device costs one request and its repeats. */
  #alone = false;
  #unexpected = false;
  #error: BellwetherError | undefined;
  #timeouts = 0;
  #retries = 0;
  #sent = 0;
  #longest = 0;
  #done = false;
  #finish: (outcome: BurstOutcome) => void = () => {};

  constructor(deps: BurstDeps) {
    this.#deps = deps;
    const n = deps.requests.length;
    this.#taken = new Uint8Array(n);
    this.#ids = new Int32Array(n);
    this.#tries = new Uint8Array(n);
    this.#todo = Array.from({ length: n }, (_, k) => n - 1 - k);
  }

  run(): Promise<BurstOutcome> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      if (this.#done) this.#end();
      else this.#fill();
    });
  }

  /** Ends it at once with what came until now. */
  stop(): void {
    if (this.#done) return;
    this.#error ??= this.#deps.stopped();
    this.#end();
  }

  #fill(): void {
    const { window } = this.#deps.options;
    while (!this.#done && !this.#alone && this.#waiting < window && this.#todo.length > 0)
      this.#send(this.#todo.pop()!);
    if (this.#waiting === 0 && this.#todo.length === 0) this.#end();
  }

  #send(index: number): void {
    this.#tries[index]!++;
    this.#sent++;
    this.#waiting++;
    this.#ids[index] = this.#deps.send(this.#deps.requests[index]!, new BurstWaiter(this, index));
  }

  answer(index: number, datagram: Uint8Array, receivedAt: number): Verdict {
    let range: { readonly from: number; readonly to: number } | BellwetherError;
    try {
      range = this.#open(datagram);
    } catch (error) {
      if (!(error instanceof BerError)) throw error;
      return { fault: 'malformed', detail: errorMessage(error) };
    }
    this.#waiting--;
    this.#ids[index] = 0;
    this.#answers++;
    this.#alone = false;
    this.#longest = Math.max(this.#longest, datagram.length);
    if (range instanceof Error) this.#error ??= range;
    else if (this.#deps.options.take(index, datagram, range.from, range.to, receivedAt)) this.#taken[index] = 1;
    else this.#unexpected = true;
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
    if (this.#tries[index]! > this.#deps.options.retries) {
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

  /** The variable bindings of a good answer; its error status as an error. @throws BerError for what is no answer to this. */
  #open(datagram: Uint8Array): { from: number; to: number } | BellwetherError {
    const message = new BerReader(datagram);
    message.head(TAG.Sequence);
    if (message.integer() !== 1) throw new BerError('an answer in another version', 0);
    if (!sameOctets(message.octets(), this.#deps.community)) throw new BerError('an answer with another community', 0);
    message.head(TAG.Response);
    message.integer();
    if (message.integer() !== 0) return statusError(decodeResponse(datagram));
    message.integer();
    const length = message.head(TAG.Sequence);
    return { from: message.pos, to: message.pos + length };
  }

  /** Those that wait besides `index` go back to the ones still to be sent, as if they never had been. */
  #setAside(index: number): void {
    for (const [k, id] of this.#ids.entries()) {
      if (id === 0 || k === index) continue;
      this.#deps.forget(id);
      this.#ids[k] = 0;
      this.#tries[k]!--;
      this.#waiting--;
      this.#todo.push(k);
    }
  }

  #end(): void {
    this.#done = true;
    for (const id of this.#ids) if (id !== 0) this.#deps.forget(id);
    this.#finish({
      error: this.#error,
      unexpected: this.#unexpected,
      taken: this.#taken,
      timeouts: this.#timeouts,
      retries: this.#retries,
      sent: this.#sent,
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

  answer(datagram: Uint8Array, receivedAt: number): Verdict {
    return this.#burst.answer(this.#index, datagram, receivedAt);
  }

  expire(): void {
    this.#burst.expire(this.#index);
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
