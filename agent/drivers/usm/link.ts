import { BellwetherError, errorMessage } from '../../../core/errors.ts';
import type { SnmpCredentials } from '../../config.ts';
import { silent, stopped, UnusedDatagrams, unsent } from '../answers.ts';
import type { Bindings } from '../fast/burst.ts';
import type { Endpoint, Verdict, Waiter } from '../fast/endpoint.ts';
import { type RequestTemplate, statusError } from '../fast/message.ts';
import type { UdpSockets } from '../fast/udp.ts';
import type { SnmpSessionOptions } from '../snmp-session.ts';
import { decodeV3 } from './message.ts';
import { type Opened, UsmPeer, type UsmTools } from './peer.ts';
import { type Attempts, afterReport, reportError } from './report.ts';
import { type PduRequest, readPdu } from './scoped-pdu.ts';

export type UserCredentials = Extract<SnmpCredentials, { version: '3' }>;
export type Request = Omit<PduRequest, 'requestId'>;
type Usable = Exclude<Opened, { kind: 'refused' }>;
type Refusal = Exclude<Verdict, 'taken'>;
export type FullPdu = ReturnType<typeof readPdu>;

/** One answer to one message. */
export type Answer =
  | { readonly kind: 'response'; readonly pdu: FullPdu; readonly receivedAt: number }
  | { readonly kind: 'report'; readonly report: Extract<Opened, { kind: 'report' }>; readonly receivedAt: number };

interface Wait {
  id: number;
  readonly fail: (error: Error) => void;
}

/** One user's way to one engine over the shared sockets: single messages, and what their answers and faults mean. */
export class UsmLink {
  readonly #sockets: UdpSockets;
  readonly #options: SnmpSessionOptions;
  readonly #credentials: UserCredentials;
  readonly #peer: UsmPeer;
  readonly #endpoint: Endpoint;
  #wait: Wait | undefined;
  /** Silence may mean that another engine, or the same with another id, is there now. */
  #suspect = false;
  /** True once an answer could be trusted and read: the user and both keys are right. */
  #proven = false;
  /** The engine told its id during this call. */
  #heard = false;
  readonly #unused: UnusedDatagrams;
  #untrusted: string | undefined;

  constructor(sockets: UdpSockets, options: SnmpSessionOptions, credentials: UserCredentials, tools: UsmTools) {
    this.#sockets = sockets;
    this.#options = options;
    this.#credentials = credentials;
    this.#peer = new UsmPeer(credentials, credentials.context, tools);
    this.#unused = new UnusedDatagrams(options);
    this.#endpoint = {
      address: options.address,
      port: credentials.port,
      onFault: (fault, detail) => this.#unused.note(fault, detail),
    };
    sockets.add(this.#endpoint);
  }

  /** Whether the engine has to be found first. */
  get unknown(): boolean {
    return !this.#peer.discovered || this.#suspect;
  }

  /** A call begins: what was wrong before is forgotten. */
  begin(): void {
    this.#unused.begin();
    this.#untrusted = undefined;
    this.#heard = false;
  }

  close(): void {
    this.#sockets.remove(this.#endpoint);
    this.#wait?.fail(stopped());
  }

  /** RFC 3414 section 4. @throws BellwetherError as `exchange`, and for a protocol that this machine does not have */
  async discover(signal: AbortSignal): Promise<void> {
    const answer = await this.#exchange(
      (id) => this.#peer.discovery(id),
      (opened) => opened.kind === 'report' && opened.message.engineId.length > 0,
      signal,
    );
    if (answer.kind === 'report') this.#peer.learn(answer.report.message, answer.receivedAt);
    this.#suspect = false;
    this.#heard = true;
  }

  /** One request and the first answer to it that can be used. @throws BellwetherError */
  ask(request: Request, signal: AbortSignal): Promise<Answer> {
    return this.#exchange(
      (id) => this.#seal(id, request),
      () => true,
      signal,
    );
  }

  /** Sends without waiting. Returns the id. */
  send(request: Request, waiter: Waiter): number {
    const make = (id: number): RequestTemplate => this.#seal(id, request);
    return this.#sockets.send(this.#endpoint, make, this.#credentials.timeout, waiter);
  }

  forget(id: number): void {
    this.#sockets.forget(id);
  }

  /** What a datagram says to the request that was sent with `id`. @throws BerError for bindings of an error status that are none */
  open(
    datagram: Uint8Array,
    id: number,
    receivedAt: number,
    tried: Attempts,
  ): Bindings | BellwetherError | 'again' | Refusal {
    const opened = this.#read(datagram, id, receivedAt);
    if ('fault' in opened) return opened;
    if (opened.kind === 'report') return this.learnFrom(opened, receivedAt, tried);
    this.#proven = true;
    return opened.pdu.errorStatus === 0 ? opened.pdu : statusError(readPdu(opened.pdu));
  }

  /** Does what a report asks for: the request should be sent again, or the error that it means. */
  learnFrom(
    { name, authentic, message }: Extract<Opened, { kind: 'report' }>,
    receivedAt: number,
    tried: Attempts,
  ): 'again' | BellwetherError {
    const step = afterReport(name, authentic, this.#peer.clockProven, tried);
    if (step === 'rediscover' && message.engineId.length > 0) {
      tried.rediscovered = true;
      this.#peer.learn(message, receivedAt);
      return 'again';
    }
    if (step === 'resynchronise' && this.#peer.resynchronise(message, authentic, receivedAt)) {
      tried.resynchronised = true;
      return 'again';
    }
    return reportError(name);
  }

  #seal(id: number, request: Request): RequestTemplate {
    return this.#peer.seal(id, request, this.#options.clock.monotonic());
  }

  #exchange(
    make: (id: number) => RequestTemplate,
    isUsable: (answer: Usable) => boolean,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (signal.aborted) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        if (this.#wait !== wait) return false;
        this.#wait = undefined;
        this.#sockets.forget(wait.id);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: Error): void => {
        if (settle()) reject(error);
      };
      const onAbort = (): void => fail(this.stopped());
      const wait: Wait = { id: 0, fail };
      this.#wait = wait;
      wait.id = this.#sockets.send(this.#endpoint, make, this.#credentials.timeout, {
        answer: (datagram, receivedAt) => {
          const opened = this.#read(datagram, wait.id, receivedAt);
          if ('fault' in opened) return opened;
          if (!isUsable(opened)) return { fault: 'malformed', detail: 'it tells no engine id' };
          const answer = this.#answer(opened, receivedAt);
          if ('fault' in answer) return answer;
          if (settle()) resolve(answer);
          return 'taken';
        },
        expire: () => fail(this.silence()),
        refuse: (error) => fail(unsent(error)),
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #answer(opened: Usable, receivedAt: number): Answer | Refusal {
    if (opened.kind === 'report') return { kind: 'report', report: opened, receivedAt };
    try {
      const pdu = readPdu(opened.pdu);
      this.#proven = true;
      return { kind: 'response', pdu, receivedAt };
    } catch (error) {
      return { fault: 'malformed', detail: errorMessage(error) };
    }
  }

  #read(datagram: Uint8Array, id: number, receivedAt: number): Usable | Refusal {
    const message = decodeV3(datagram);
    if (typeof message === 'string') return { fault: 'malformed', detail: message };
    const opened = this.#peer.open(datagram, message, id, receivedAt);
    if (opened.kind !== 'refused') return opened;
    if (opened.fault === 'untrusted') {
      this.#untrusted ??= opened.why;
      return { fault: 'malformed', detail: `not to be trusted: ${opened.why}` };
    }
    // Trusted and readable, only too late: the keys are right.
    if (opened.fault === 'late') this.#proven = true;
    return { fault: opened.fault, detail: opened.why };
  }

  /** No good answer came in time: was there a bad one? */
  silence(): BellwetherError {
    this.#suspect = true;
    const bad = this.#badAnswer();
    if (bad) return bad;
    // A device that cannot decrypt a request drops it without a word (RFC 3414 section 3.2 step 8 is for those that notice).
    return this.#heard && !this.#proven
      ? new BellwetherError('BW_SNMP_AUTH', 'the device tells its engine, but does not answer: is priv_key right?', {
          retryable: true,
        })
      : silent(this.#credentials.timeout);
  }

  /** The time is spent: a bad answer until then says more than that. */
  stopped(): BellwetherError {
    return this.#badAnswer() ?? stopped();
  }

  #badAnswer(): BellwetherError | undefined {
    if (this.#untrusted === undefined) return this.#unused.error();
    const text = `the answer is not to be trusted: ${this.#untrusted}`;
    return new BellwetherError('BW_SNMP_AUTH', text, { retryable: true });
  }
}
