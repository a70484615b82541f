import { BellwetherError } from '../../../core/errors.ts';
import type { SnmpCredentials } from '../../config.ts';
import { TAG } from '../ber.ts';
import type { RequestTemplate } from '../fast/message.ts';
import { statusName } from '../fast/message.ts';
import type { Endpoint, UdpSockets, Verdict } from '../fast/udp.ts';
import type { SnmpSessionOptions } from '../snmp.ts';
import {
  type BulkReply,
  type BulkRequest,
  type SnmpFault,
  type SnmpReply,
  type SnmpSession,
  SnmpStatusError,
  type VarBind,
} from '../snmp-session.ts';
import { BackWriter } from './ber-writer.ts';
import { KeyCache } from './key-cache.ts';
import { decodeV3 } from './message.ts';
import { type Opened, UsmPeer, type UsmTools } from './peer.ts';
import { SaltSource } from './privacy.ts';
import { afterReport, reportError } from './report.ts';
import type { Pdu, PduRequest } from './scoped-pdu.ts';

type UserCredentials = Extract<SnmpCredentials, { version: '3' }>;
type Request = Omit<PduRequest, 'requestId'>;
type Usable = Exclude<Opened, { kind: 'refused' }>;

/** One set for all sessions of a process. */
export function createUsmTools(): UsmTools {
  return { keys: new KeyCache(), salts: new SaltSource(), writer: new BackWriter() };
}

interface Answer {
  readonly opened: Usable;
  readonly receivedAt: number;
}

interface Wait {
  id: number;
  readonly fail: (error: Error) => void;
}

/**
 * One device of version 3 on the shared sockets. The engine is discovered with the first request, and anew after silence. A call may take several
 * messages (discovery, the request, once more after a report about id or clock), each with its own timeout; a request itself is never repeated.
 */
export class UsmSession implements SnmpSession {
  readonly #sockets: UdpSockets;
  readonly #options: SnmpSessionOptions;
  readonly #credentials: UserCredentials;
  readonly #peer: UsmPeer;
  readonly #endpoint: Endpoint;
  #closed = false;
  #busy = false;
  #wait: Wait | undefined;
  /** Silence may mean that another engine, or the same with another id, is there now. */
  #suspect = false;
  /** True once an answer could be trusted and read: the user and both keys are right. */
  #proven = false;
  /** The engine told its id during this call. */
  #heard = false;
  /** Faults seen during the current call; they name the cause when no good answer comes. */
  #seen: Partial<Record<SnmpFault, string>> = {};
  #untrusted: string | undefined;

  constructor(sockets: UdpSockets, options: SnmpSessionOptions, credentials: UserCredentials, tools: UsmTools) {
    this.#sockets = sockets;
    this.#options = options;
    this.#credentials = credentials;
    this.#peer = new UsmPeer(credentials, credentials.context, tools);
    this.#endpoint = {
      address: options.address,
      port: credentials.port,
      onFault: (fault, detail) => {
        this.#seen[fault] ??= detail;
        options.onFault(fault, detail);
      },
    };
    sockets.add(this.#endpoint);
  }

  async get(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const { pdu, receivedAt } = await this.#call({ tag: TAG.GetRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: asMany(oids, pdu.varbinds), receivedAt };
  }

  async getNext(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const { pdu, receivedAt } = await this.#call({ tag: TAG.GetNextRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: asMany(oids, pdu.varbinds), receivedAt };
  }

  async getBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkReply> {
    const fixed = request.nonRepeaters.length;
    const oids = [...request.nonRepeaters, ...request.repeaters];
    const asked = { tag: TAG.GetBulkRequest, first: fixed, second: request.maxRepetitions, oids };
    const { pdu, receivedAt } = await this.#call(asked, signal);
    const columns: VarBind[][] = request.repeaters.map(() => []);
    for (let i = fixed; i < pdu.varbinds.length && columns.length > 0; i++)
      columns[(i - fixed) % columns.length]!.push(pdu.varbinds[i]!);
    return { nonRepeaters: pdu.varbinds.slice(0, fixed), columns, receivedAt };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.remove(this.#endpoint);
    this.#wait?.fail(stopped());
  }

  async #call(request: Request, signal: AbortSignal): Promise<{ pdu: Pdu; receivedAt: number }> {
    if (this.#busy) throw new Error('one request at a time on an SNMP session');
    if (signal.aborted || this.#closed) throw stopped();
    this.#busy = true;
    this.#seen = {};
    this.#untrusted = undefined;
    this.#heard = false;
    try {
      return await this.#converse(request, signal);
    } finally {
      this.#busy = false;
    }
  }

  async #converse(request: Request, signal: AbortSignal): Promise<{ pdu: Pdu; receivedAt: number }> {
    const tried = { rediscovered: false, resynchronised: false };
    if (!this.#peer.discovered || this.#suspect) await this.#discover(signal);
    for (;;) {
      const { opened, receivedAt } = await this.#ask(request, signal);
      if (opened.kind === 'response') {
        this.#proven = true;
        const { pdu } = opened;
        if (pdu.errorStatus === 0) return { pdu, receivedAt };
        throw new SnmpStatusError(statusName(pdu.errorStatus), pdu.varbinds[pdu.errorIndex - 1]?.oid);
      }
      const { name, authentic, message } = opened;
      const step = afterReport(name, authentic, this.#peer.clockProven, tried);
      if (step === 'fail') throw reportError(name);
      if (step === 'rediscover') {
        tried.rediscovered = true;
        if (message.engineId.length === 0) throw reportError(name);
        this.#peer.learn(message, receivedAt);
      } else {
        tried.resynchronised = true;
        if (!this.#peer.resynchronise(message, authentic, receivedAt)) throw reportError(name);
      }
    }
  }

  async #discover(signal: AbortSignal): Promise<void> {
    const { opened, receivedAt } = await this.#exchange(
      (id) => this.#peer.discovery(id),
      (answer) => answer.kind === 'report' && answer.message.engineId.length > 0,
      signal,
    );
    if (opened.kind === 'report') this.#peer.learn(opened.message, receivedAt);
    this.#suspect = false;
    this.#heard = true;
  }

  #ask(request: Request, signal: AbortSignal): Promise<Answer> {
    const { clock } = this.#options;
    return this.#exchange(
      (id) => this.#peer.seal(id, request, clock.monotonic()),
      () => true,
      signal,
    );
  }

  /** One message, and the first answer to it that can be used. */
  #exchange(
    make: (id: number) => RequestTemplate,
    isUsable: (answer: Usable) => boolean,
    signal: AbortSignal,
  ): Promise<Answer> {
    // Between two messages of one call.
    if (signal.aborted || this.#closed) return Promise.reject(stopped());
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
      const onAbort = (): void => fail(this.#badAnswer() ?? stopped());
      const wait: Wait = { id: 0, fail };
      this.#wait = wait;
      wait.id = this.#sockets.send(this.#endpoint, make, this.#credentials.timeout, {
        answer: (datagram, receivedAt) =>
          this.#read(datagram, wait.id, receivedAt, (opened) => {
            if (!isUsable(opened)) return false;
            if (settle()) resolve({ opened, receivedAt });
            return true;
          }),
        expire: () => fail(this.#silence()),
        // To the device's state that is silence (no route, for example).
        refuse: (error) =>
          fail(new BellwetherError('BW_SNMP_TIMEOUT', error.message, { cause: error, retryable: true })),
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #read(datagram: Uint8Array, id: number, receivedAt: number, use: (opened: Usable) => boolean): Verdict {
    const message = decodeV3(datagram);
    if (typeof message === 'string') return { fault: 'malformed', detail: message };
    const opened = this.#peer.open(datagram, message, id, receivedAt);
    if (opened.kind !== 'refused')
      return use(opened) ? 'taken' : { fault: 'malformed', detail: 'it tells no engine id' };
    if (opened.fault !== 'untrusted') {
      // Trusted and readable, only too late: the keys are right.
      if (opened.fault === 'late') this.#proven = true;
      return { fault: opened.fault, detail: opened.why };
    }
    this.#untrusted ??= opened.why;
    return { fault: 'malformed', detail: `not to be trusted: ${opened.why}` };
  }

  /** No good answer came in time: was there a bad one? */
  #silence(): BellwetherError {
    this.#suspect = true;
    const bad = this.#badAnswer();
    if (bad) return bad;
    // A device that cannot decrypt a request drops it without a word (RFC 3414 section 3.2 step 8 is for those that notice).
    return this.#heard && !this.#proven
      ? new BellwetherError('BW_SNMP_AUTH', 'the device tells its engine, but does not answer: is priv_key right?', {
          retryable: true,
        })
      : new BellwetherError('BW_SNMP_TIMEOUT', `no answer within ${this.#credentials.timeout} ms`, { retryable: true });
  }

  /** Datagrams that were not used do not end the wait, which anybody could then do; but they say why it was in vain. */
  #badAnswer(): BellwetherError | undefined {
    const { malformed, wrong_source: elsewhere } = this.#seen;
    if (this.#untrusted !== undefined)
      return new BellwetherError('BW_SNMP_AUTH', `the answer is not to be trusted: ${this.#untrusted}`, {
        retryable: true,
      });
    if (malformed !== undefined)
      return new BellwetherError('BW_SNMP_MALFORMED', `the answer could not be read: ${malformed}`, {
        retryable: true,
      });
    if (elsewhere === undefined) return undefined;
    const { address } = this.#options.address;
    return new BellwetherError(
      'BW_SNMP_SOURCE',
      `reply from another address: asked ${address} port ${this.#credentials.port}, the answer came from ${elsewhere}`,
      { retryable: true },
    );
  }
}

function asMany(oids: readonly string[], varbinds: readonly VarBind[]): readonly VarBind[] {
  if (varbinds.length === oids.length) return varbinds;
  const text = `asked for ${oids.length} objects, the answer has ${varbinds.length}`;
  throw new BellwetherError('BW_SNMP_MALFORMED', text, { retryable: true });
}

function stopped(): BellwetherError {
  return new BellwetherError('BW_SNMP_BUDGET', 'the time budget of this poll is spent');
}
