import { randomFillSync } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { Clock } from '../../../core/clock.ts';
import type { SnmpFault } from '../snmp-session.ts';
import type { Endpoint, Waiter } from './endpoint.ts';
import { answerHead } from './head.ts';
import { IdTable } from './id-table.ts';
import { Lane } from './lane.ts';
import { idOf, type RequestTemplate, requestId } from './message.ts';

/** Used again and again: the requests of a thousand devices would otherwise leave one each behind. */
interface Waiting {
  endpoint: Endpoint | undefined;
  waiter: Waiter | undefined;
  deadline: number;
}

/** Enough for the kernel to hash and buffer apart; one process needs no more however many devices there are. */
const SOCKETS = 4;
const IDS_AT_ONCE = 1024;
/** Records of requests kept for the next ones. */
const MOST_FREE = 4096;

/**
 * The few UDP sockets on which all devices are asked. An answer finds its request by the id, and counts only when it comes from the address and port
 * that were asked; ids are random, so that somebody who cannot read the requests cannot guess one either.
 *
 * Sockets open with the first endpoint and close with the last.
 */
export class UdpSockets {
  readonly #clock: Clock;
  readonly #waiting = new IdTable<Waiting>();
  readonly #free: Waiting[] = [];
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
    const gone: number[] = [];
    this.#waiting.forEach((waiting, id) => {
      if (waiting.endpoint === endpoint) gone.push(id);
    });
    for (const id of gone) this.forget(id);
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
    const waiting = this.#free.pop() ?? { endpoint, waiter, deadline };
    waiting.endpoint = endpoint;
    waiting.waiter = waiter;
    waiting.deadline = deadline;
    this.#waiting.set(id, waiting);
    this.#wakeBy(deadline);
    this.#lane(endpoint).send(endpoint, request, id, waiter);
    return id;
  }

  /** The answer to `id`, should it still come, is late. */
  forget(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting) this.#drop(id, waiting);
  }

  #drop(id: number, waiting: Waiting): void {
    this.#waiting.delete(id);
    waiting.endpoint = undefined;
    waiting.waiter = undefined;
    if (this.#free.length < MOST_FREE) this.#free.push(waiting);
  }

  #freshId(): number {
    for (;;) {
      if (this.#nextId === IDS_AT_ONCE) {
        randomFillSync(this.#ids);
        this.#nextId = 0;
      }
      const id = requestId(this.#ids[this.#nextId++]!);
      if (!this.#waiting.get(id)) return id;
    }
  }

  #lane(endpoint: Endpoint): Lane {
    if (endpoint.lane && !endpoint.lane.isClosed) return endpoint.lane;
    const { family, canonical } = endpoint.address;
    const key = `${family} ${hash(canonical) % SOCKETS}`;
    const there = this.#lanes.get(key);
    const lane = there && !there.isClosed ? there : new Lane(family, (datagram, from) => this.#receive(datagram, from));
    this.#lanes.set(key, lane);
    endpoint.lane = lane;
    return lane;
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    const receivedAt = this.#clock.monotonic();
    const head = answerHead(datagram);
    const id = head ? head.id : idOf(datagram);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    const sender = from.family === 'IPv6' ? from.address.replace(/%.*$/, '') : from.address;
    if (!waiting?.endpoint) {
      this.#stray(sender, from.port, id === undefined ? 'malformed' : 'late');
      return;
    }
    const { endpoint, waiter } = waiting;
    if (endpoint.address.canonical !== sender || endpoint.port !== from.port) {
      endpoint.onFault('wrong_source', `${sender} port ${from.port}`);
      return;
    }
    const verdict = waiter!.answer(datagram, receivedAt, head);
    // The waiter may have given it up itself by then.
    if (verdict === 'taken') this.forget(id!);
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
    const late: number[] = [];
    this.#waiting.forEach(({ deadline }, id) => {
      if (deadline <= now) late.push(id);
      else if (deadline < next) next = deadline;
    });
    const expired = late.map((id) => this.#waiting.get(id)!.waiter!);
    for (const id of late) this.forget(id);
    if (next !== Number.POSITIVE_INFINITY) this.#wakeBy(next);
    for (const waiter of expired) waiter.expire();
  }
}

/** FNV-1a: spreads devices over the sockets, the same device always on the same. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
