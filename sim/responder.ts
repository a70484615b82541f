import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Clock } from '../core/clock.ts';
import type { SimulatedDevice } from './oid-table.ts';
import { type AnswerLimits, answer } from './snmp-agent.ts';
import { decodeRequest, encodeResponse, encodeVarbind, PDU, type SnmpRequest } from './snmp-message.ts';
import { isVersion3, SimulatedEngine } from './usm-engine.ts';
import type { SimUser } from './usm-keys.ts';

/** How a device misbehaves. Everything off: a device by the book. May be replaced at any time. */
export interface Behaviour {
  /** Never answers. */
  readonly silent?: boolean;
  /** Answers this much later, ms. */
  readonly delayMs?: number;
  /** Answers with bytes that are no SNMP message. */
  readonly garbage?: boolean;
  /** GetNext and GetBulk return the name that was asked for, for ever. */
  readonly repeatOid?: boolean;
  /** Replies leave from a second socket: another port, or another address too. */
  readonly answerFrom?: 'other-port' | { readonly address: string };
  /** Only the first so many bytes of each reply are sent. */
  readonly truncateTo?: number;
  /** Most varbinds in a GetBulk reply, as devices with small buffers do. */
  readonly maxRows?: number;
  /** Does not answer a GetBulk that asks for more repetitions than this. */
  readonly dropBulkAbove?: number;
  /** Replies carry this request-id offset: a stale or forged reply. */
  readonly requestIdOffset?: number;
}

export interface ResponderOptions {
  /** Any 127.x address can be bound on Linux. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly community: string;
  readonly device: SimulatedDevice;
  readonly clock: Clock;
  /** Its SNMPv3 users; without them it drops version 3. */
  readonly users?: readonly SimUser[];
  readonly behaviour?: Behaviour;
  /** Most bytes of a reply; 1400 by default. */
  readonly maxBytes?: number;
}

const GARBAGE = Buffer.from('30ff7fdeadbeef00c0ffee', 'hex');

/** What passed through a responder: `dropped` were not SNMP, of another community, or not to be answered. */
export interface ResponderStats {
  readonly requests: number;
  readonly replies: number;
  readonly dropped: number;
}

/** One simulated device's SNMP agent, of every version, on a UDP socket of its own. Values are those of the instant a request arrives. */
export class SnmpResponder {
  behaviour: Behaviour;
  /** Its SNMPv3 engine, where it has users. */
  readonly engine: SimulatedEngine | undefined;
  readonly #options: ResponderOptions;
  #socket: Socket | undefined;
  #elsewhere: { readonly address: string; readonly socket: Promise<Socket> } | undefined;
  #stopped = new AbortController();
  #stats = { requests: 0, replies: 0, dropped: 0 };

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.behaviour = options.behaviour ?? {};
    this.engine = options.users && new SimulatedEngine(options.users, options.clock.monotonic());
  }

  get stats(): ResponderStats {
    return { ...this.#stats };
  }

  /** Binds the socket; a second call returns the same address. @throws the bind error (EADDRINUSE, EADDRNOTAVAIL). */
  async start(): Promise<{ address: string; port: number }> {
    if (!this.#socket) {
      this.#stopped = new AbortController();
      const socket = await bind(this.#options.address, this.#options.port);
      this.#socket = socket;
      socket.on('message', (datagram, from) => void this.#receive(datagram, from));
    }
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    const socket = this.#socket;
    const elsewhere = this.#elsewhere?.socket.catch(() => undefined);
    this.#socket = undefined;
    this.#elsewhere = undefined;
    await Promise.all([socket && closed(socket), elsewhere?.then((s) => s && closed(s))]);
  }

  async #receive(datagram: Buffer, from: RemoteInfo): Promise<void> {
    this.#stats.requests++;
    const { clock } = this.#options;
    const behaviour = this.behaviour;
    const reply = this.#reply(datagram, behaviour, Math.floor(clock.monotonic()));
    if (!reply) {
      this.#stats.dropped++;
      return;
    }
    const { signal } = this.#stopped;
    if (behaviour.delayMs) await clock.sleep(behaviour.delayMs, signal);
    const socket = await this.#replySocket(behaviour).catch(() => undefined);
    if (!socket || signal.aborted) return;
    // A client that went away (ECONNREFUSED) is no concern of the device.
    socket.send(reply, from.port, from.address, () => {});
    this.#stats.replies++;
  }

  #reply(datagram: Buffer, behaviour: Behaviour, at: number): Buffer | undefined {
    const reply = isVersion3(datagram) ? this.#secured(datagram, behaviour, at) : this.#plain(datagram, behaviour, at);
    return behaviour.truncateTo === undefined ? reply : reply?.subarray(0, behaviour.truncateTo);
  }

  #plain(datagram: Buffer, behaviour: Behaviour, at: number): Buffer | undefined {
    const request = decodeRequest(datagram);
    if (request?.community !== this.#options.community) return undefined;
    return this.#answer(request, behaviour, at, 0);
  }

  #secured(datagram: Buffer, behaviour: Behaviour, at: number): Buffer | undefined {
    const received = behaviour.silent ? undefined : this.engine?.receive(datagram, at);
    if (!received || behaviour.garbage) return received && GARBAGE;
    if ('report' in received) return received.report;
    const pdu = this.#answer(received.request, behaviour, at, received.room);
    return pdu && received.wrap(pdu);
  }

  /** @param room octets that go around the answer */
  #answer(request: SnmpRequest, behaviour: Behaviour, at: number, room: number): Buffer | undefined {
    if (behaviour.silent) return undefined;
    if (request.pdu === PDU.getBulk && request.second > (behaviour.dropBulkAbove ?? Number.POSITIVE_INFINITY))
      return undefined;
    if (behaviour.garbage) return GARBAGE;
    const limits: AnswerLimits = {
      maxBytes: (this.#options.maxBytes ?? 1400) - room,
      maxRows: behaviour.maxRows ?? Number.POSITIVE_INFINITY,
    };
    const asked = behaviour.requestIdOffset
      ? { ...request, requestId: (request.requestId + behaviour.requestIdOffset) | 0 }
      : request;
    return behaviour.repeatOid && request.pdu !== PDU.get
      ? repeated(asked)
      : answer(asked, this.#options.device, at, limits);
  }

  async #replySocket({ answerFrom }: Behaviour): Promise<Socket | undefined> {
    if (!answerFrom) return this.#socket;
    const address = answerFrom === 'other-port' ? this.#options.address : answerFrom.address;
    if (this.#elsewhere?.address !== address) {
      void this.#elsewhere?.socket.then(closed, () => {});
      this.#elsewhere = { address, socket: bind(address, 0) };
    }
    return this.#elsewhere.socket;
  }
}

/** The reply of an agent whose walk never advances: every name asked for comes back with a value, once per repetition. */
function repeated(request: SnmpRequest): Buffer {
  const rows = request.pdu === PDU.getBulk ? Math.min(Math.max(1, request.second), 20) : 1;
  const row = request.oids.map((oid) => encodeVarbind({ oid, value: { type: 'counter32', value: 1 } }));
  return encodeResponse(request, 0, 0, Array.from({ length: rows }, () => row).flat());
}

async function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  // Late socket errors (a peer's ICMP unreachable) must not end the process.
  socket.on('error', () => {});
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
