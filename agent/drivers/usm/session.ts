import { BellwetherError } from '../../../core/errors.ts';
import { asMany, bulkReply, stopped } from '../answers.ts';
import { TAG } from '../ber.ts';
import { Burst, notSent } from '../fast/burst.ts';
import { statusError } from '../fast/message.ts';
import type { UdpSockets } from '../fast/udp.ts';
import type {
  BulkReply,
  BulkRequest,
  BurstOptions,
  BurstOutcome,
  BurstSession,
  SnmpReply,
  SnmpSessionOptions,
} from '../snmp-session.ts';
import { BackWriter } from './ber-writer.ts';
import { KeyCache } from './key-cache.ts';
import { type FullPdu, type Request, type UserCredentials, UsmLink } from './link.ts';
import type { UsmTools } from './peer.ts';
import { SaltSource } from './privacy.ts';
import type { Attempts } from './report.ts';

/** One set for all sessions of a process. */
export function createUsmTools(): UsmTools {
  return { keys: new KeyCache(), salts: new SaltSource(), writer: new BackWriter() };
}

/**
 * One device of version 3 on the shared sockets. The engine is discovered with the first request, and anew after silence. A call may take several
 * messages (discovery, the request, once more after a report about id or clock), each with its own timeout; what got no answer is not repeated.
 */
export class UsmSession implements BurstSession {
  readonly #link: UsmLink;
  #closed = false;
  #busy = false;
  readonly #burst: Burst;
  /** Requests of the burst that goes on, and what was tried for each after a report. */
  #shapes: readonly Request[] = [];
  readonly #tried = new Map<number, Attempts>();

  constructor(sockets: UdpSockets, options: SnmpSessionOptions, credentials: UserCredentials, tools: UsmTools) {
    const link = new UsmLink(sockets, options, credentials, tools);
    this.#link = link;
    this.#burst = new Burst({
      send: (index, waiter) => link.send(this.#shapes[index]!, waiter),
      open: (datagram, index, id, receivedAt) => {
        const before = this.#tried.get(index) ?? { rediscovered: false, resynchronised: false };
        const opened = link.open(datagram, id, receivedAt, before);
        if (opened === 'again') this.#tried.set(index, before);
        return opened;
      },
      forget: (id) => link.forget(id),
      silence: () => link.silence(),
      stopped: () => link.stopped(),
    });
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
    const { pdu, receivedAt } = await this.#call(bulk(request), signal);
    return bulkReply(request, pdu.varbinds, receivedAt);
  }

  async burst(requests: readonly BulkRequest[], options: BurstOptions): Promise<BurstOutcome> {
    this.#begin();
    try {
      const lost = await this.#find(options);
      const found = lost.sent - lost.timeouts;
      if (lost.error) return { ...lost, answers: found, unexpected: false, taken: 0, longest: 0 };
      const outcome = await this.#ask(requests, options);
      const { timeouts, retries, sent, answers } = outcome;
      return {
        ...outcome,
        timeouts: timeouts + lost.timeouts,
        retries: retries + lost.retries,
        sent: sent + lost.sent,
        answers: answers + found,
      };
    } finally {
      this.#busy = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.close();
    this.#burst.stop();
  }

  #begin(): void {
    if (this.#busy) throw new Error('one request at a time on an SNMP session');
    this.#busy = true;
    this.#link.begin();
  }

  async #call(request: Request, signal: AbortSignal): Promise<{ pdu: FullPdu; receivedAt: number }> {
    this.#begin();
    try {
      if (this.#link.unknown) await this.#discover(signal);
      const tried: Attempts = { rediscovered: false, resynchronised: false };
      for (;;) {
        if (this.#closed) throw stopped();
        const answer = await this.#link.ask(request, signal);
        if (answer.kind === 'response') {
          if (answer.pdu.errorStatus === 0) return answer;
          throw statusError(answer.pdu);
        }
        const step = this.#link.learnFrom(answer.report, answer.receivedAt, tried);
        if (step !== 'again') throw step;
      }
    } finally {
      this.#busy = false;
    }
  }

  async #discover(signal: AbortSignal): Promise<void> {
    if (this.#closed) throw stopped();
    await this.#link.discover(signal);
  }

  /** Discovery as part of a burst, repeated as its requests are. */
  async #find({ retries, signal }: BurstOptions): Promise<{
    error: BellwetherError | undefined;
    timeouts: number;
    retries: number;
    sent: number;
  }> {
    const spent = { error: undefined as BellwetherError | undefined, timeouts: 0, retries: 0, sent: 0 };
    while (this.#link.unknown) {
      if (spent.error) spent.retries++;
      spent.sent++;
      try {
        await this.#discover(signal);
        spent.error = undefined;
      } catch (error) {
        if (!(error instanceof BellwetherError)) throw error;
        spent.error ??= error;
        if (error.code === 'BW_SNMP_TIMEOUT') spent.timeouts++;
        if (!error.retryable || spent.sent > retries) break;
      }
    }
    return spent;
  }

  async #ask(requests: readonly BulkRequest[], options: BurstOptions): Promise<BurstOutcome> {
    if (this.#closed) return notSent(stopped());
    this.#shapes = shapesOf(requests);
    this.#tried.clear();
    return this.#burst.run(this.#shapes.length, options);
  }
}

/** Kept as long as the list that they were made from. */
const SHAPES = new WeakMap<readonly BulkRequest[], readonly Request[]>();

function shapesOf(requests: readonly BulkRequest[]): readonly Request[] {
  const known = SHAPES.get(requests) ?? requests.map(bulk);
  SHAPES.set(requests, known);
  return known;
}

function bulk({ nonRepeaters, repeaters, maxRepetitions }: BulkRequest): Request {
  const oids = [...nonRepeaters, ...repeaters];
  return { tag: TAG.GetBulkRequest, first: nonRepeaters.length, second: maxRepetitions, oids };
}
