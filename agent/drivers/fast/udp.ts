import { randomFillSync } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '../../../core/clock.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { HostAddress } from '../resolve.ts';
import type { SnmpFault } from '../snmp-session.ts';
import { idOf, type RequestTemplate, requestId, writeId } from './message.ts';

/** What an answer may be to the one who waits for it: taken, or of no use, with the reason. */
export type Verdict = 'taken' | { readonly fault: SnmpFault; readonly detail: string };

/** One request that has been sent. */
export interface Waiter {
  /** Looks at a datagram from the right address and port with the right id. After 'taken' nothing more comes. */
  answer(datagram: Uint8Array, receivedAt: number): Verdict;
  /** No usable answer came in time. */
  expire(): void;
  /** The system refused to send. Without this, the request simply times out. */
  refuse?(error: Error): void;
}

/** One device as seen from the sockets. */
export interface Endpoint {
  readonly address: HostAddress;
  readonly port: number;
  /** Told of every datagram from the device's address, or with the id of one of its requests, that was not used. */
  readonly onFault: (fault: SnmpFault, detail: string) => void;
}

interface Waiting {
  readonly endpoint: Endpoint;
  readonly waiter: Waiter;
  readonly deadline: number;
}

/** Enough for the kernel to hash and buffer apart; one process needs no more however many devices there are. */
const SOCKETS = 4;
const RECEIVE_BUFFER_BYTES = 4 * 1024 ** 2;
/**
 * Requests sent on one socket before the loop is given the chance to take answers: with rmem_max at its default of 208 KiB the kernel holds about
 * 90 answers of 1,400 octets and silently drops the rest.
 */
const SENDS_PER_TURN = 64;
/** Requests are sent from here; a slot is not written again while its octets may still wait in the kernel's or libuv's hands. */
const RING_BYTES = 256 * 1024;
const IDS_AT_ONCE = 1024;

/**
 * The few UDP sockets on which all devices are asked. An answer finds its request by the id, and counts only when it comes from the address and port
 * that were asked; ids are random, so that somebody who cannot read the requests cannot guess one either.
 *
 * Sockets open with the first endpoint and close with the last.
 */
export class UdpSockets {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly #endpoints = new Map<string, Set<Endpoint>>();
  readonly #lanes = new Map<string, Lane>();
  #count = 0;
  #ids = new Uint32Array(IDS_AT_ONCE);
  #nextId = IDS_AT_ONCE;
  #wakeAt = Number.POSITIVE_INFINITY;
  #timer: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that wait for an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  add(endpoint: Endpoint): void {
    const { canonical } = endpoint.address;
    const there = this.#endpoints.get(canonical);
    if (there) there.add(endpoint);
    else this.#endpoints.set(canonical, new Set([endpoint]));
    this.#count++;
  }

  /** Ends what `endpoint` waits for without a word. */
  remove(endpoint: Endpoint): void {
    const { canonical } = endpoint.address;
    const there = this.#endpoints.get(canonical);
    if (!there?.delete(endpoint)) return;
    if (there.size === 0) this.#endpoints.delete(canonical);
    for (const [id, waiting] of this.#waiting) if (waiting.endpoint === endpoint) this.#waiting.delete(id);
    if (--this.#count > 0) return;
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#timer?.abort();
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  /** Sends one request; in version 3 it is made for its id, which is signed with the rest. Returns its id, by which it can be given up. */
  send(
    endpoint: Endpoint,
    asked: RequestTemplate | ((id: number) => RequestTemplate),
    timeoutMs: number,
    waiter: Waiter,
  ): number {
    const id = this.#freshId();
    const request = typeof asked === 'function' ? asked(id) : asked;
    const deadline = this.#clock.monotonic() + timeoutMs;
    this.#waiting.set(id, { endpoint, waiter, deadline });
    this.#wakeBy(deadline);
    this.#lane(endpoint).send(endpoint, request, id, waiter);
    return id;
  }

  /** The answer to `id`, should it still come, is late. */
  forget(id: number): void {
    this.#waiting.delete(id);
  }

  #freshId(): number {
    for (;;) {
      if (this.#nextId === IDS_AT_ONCE) {
        randomFillSync(this.#ids);
        this.#nextId = 0;
      }
      const id = requestId(this.#ids[this.#nextId++]!);
      if (!this.#waiting.has(id)) return id;
    }
  }

  #lane({ address }: Endpoint): Lane {
    const key = `${address.family} ${hash(address.canonical) % SOCKETS}`;
    const lane = this.#lanes.get(key) ?? new Lane(address.family, (datagram, from) => this.#receive(datagram, from));
    this.#lanes.set(key, lane);
    return lane;
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    const receivedAt = this.#clock.monotonic();
    const id = idOf(datagram);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    const sender = from.family === 'IPv6' ? from.address.replace(/%.*$/, '') : from.address;
    if (!waiting) {
      this.#stray(sender, from.port, id === undefined ? 'malformed' : 'late');
      return;
    }
    const { endpoint, waiter } = waiting;
    if (endpoint.address.canonical !== sender || endpoint.port !== from.port) {
      endpoint.onFault('wrong_source', `${sender} port ${from.port}`);
      return;
    }
    const verdict = waiter.answer(datagram, receivedAt);
    if (verdict === 'taken') this.#waiting.delete(id!);
    else endpoint.onFault(verdict.fault, verdict.detail);
  }

  /** A datagram that answers nothing: the device it comes from, or seems to, is told, as it may say why no answer comes. */
  #stray(sender: string, port: number, fault: SnmpFault): void {
    const there = [...(this.#endpoints.get(sender) ?? [])];
    const from = there.filter((endpoint) => endpoint.port === port);
    const detail = fault === 'malformed' ? 'no SNMP message' : 'an answer to a request that is no longer waiting';
    for (const endpoint of from) endpoint.onFault(fault, detail);
    // Several devices behind one address are told apart by their ports only.
    if (from.length === 0 && there.length === 1) there[0]!.onFault('wrong_source', `${sender} port ${port}`);
  }

  #wakeBy(deadline: number): void {
    if (deadline >= this.#wakeAt) return;
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    this.#wakeAt = deadline;
    void this.#clock.sleep(deadline - this.#clock.monotonic(), timer.signal).then(() => {
      // Answers that came while the loop was busy are read first: timers run before sockets, immediates after.
      if (!timer.signal.aborted) setImmediate(() => this.#sweep());
    });
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    this.#wakeAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    const expired: Waiter[] = [];
    for (const [id, { deadline, waiter }] of this.#waiting)
      if (deadline <= now) {
        this.#waiting.delete(id);
        expired.push(waiter);
      } else if (deadline < next) next = deadline;
    if (next !== Number.POSITIVE_INFINITY) this.#wakeBy(next);
    for (const waiter of expired) waiter.expire();
  }
}

/** One socket: sends at once when it can, in order otherwise. */
class Lane {
  readonly #socket: Socket;
  readonly #ring = Buffer.allocUnsafeSlow(RING_BYTES);
  #ringAt = 0;
  #ready = false;
  #closed = false;
  #sent = 0;
  #turnAsked = false;
  #queue: (() => void)[] = [];

  constructor(family: 4 | 6, receive: (datagram: Uint8Array, from: RemoteInfo) => void) {
    // Addresses come resolved; without a look-up of its own the socket sends in the same turn.
    const lookup = (address: string, _options: unknown, done: (e: null, a: string, f: number) => void): void =>
      done(null, address, family);
    this.#socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: lookup as never });
    this.#socket.on('message', receive);
    // ICMP and the like: the request that it concerns times out.
    this.#socket.on('error', () => {});
    this.#socket.once('listening', () => {
      try {
        this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // The system's own limit stands.
      }
      this.#ready = true;
      this.#flush();
    });
    this.#socket.bind(0);
  }

  send(endpoint: Endpoint, request: RequestTemplate, id: number, waiter: Waiter): void {
    const job = (): void => this.#now(endpoint, request, id, waiter);
    if (this.#ready && this.#sent < SENDS_PER_TURN && this.#queue.length === 0) job();
    else this.#queue.push(job);
    this.#askTurn();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#socket.close();
  }

  #askTurn(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    setImmediate(() => {
      this.#turnAsked = false;
      this.#sent = 0;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#ready || this.#closed) return;
    const due = this.#queue.splice(0, SENDS_PER_TURN - this.#sent);
    for (const job of due) job();
    if (this.#queue.length > 0) this.#askTurn();
  }

  #now(endpoint: Endpoint, { bytes, idAt }: RequestTemplate, id: number, waiter: Waiter): void {
    this.#sent++;
    const copy = this.#slot(bytes.length);
    copy.set(bytes);
    writeId(copy, idAt, id);
    const told = waiter.refuse && ((error: Error | null): void => void (error && waiter.refuse!(error)));
    try {
      this.#socket.send(copy, endpoint.port, endpoint.address.address, told);
    } catch (error) {
      waiter.refuse?.(new Error(errorMessage(error)));
    }
  }

  #slot(length: number): Buffer {
    // Sends that libuv has put off still point into the ring: it is much larger than what may be waiting.
    if (length + this.#socket.getSendQueueSize() > RING_BYTES / 4) return Buffer.allocUnsafeSlow(length);
    if (this.#ringAt + length > RING_BYTES) this.#ringAt = 0;
    this.#ringAt += length;
    return this.#ring.subarray(this.#ringAt - length, this.#ringAt);
  }
}

/** FNV-1a: spreads devices over the sockets, the same device always on the same. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
