import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { errorMessage } from '../../../core/errors.ts';
import type { Endpoint, Waiter } from './endpoint.ts';
import { type RequestTemplate, writeId } from './message.ts';

const RECEIVE_BUFFER_BYTES = 4 * 1024 ** 2;
/**
 * Requests sent on one socket before the loop is given the chance to take answers: with rmem_max at its default of 208 KiB the kernel holds about
 * 90 answers of 1,400 octets and silently drops the rest.
 */
const SENDS_PER_TURN = 64;

interface Job {
  readonly endpoint: Endpoint;
  readonly request: RequestTemplate;
  readonly id: number;
  readonly waiter: Waiter;
}

/** One socket: sends at once when it can, in order otherwise. */
export class Lane {
  readonly #socket: Socket;
  #ready = false;
  #closed = false;
  #sent = 0;
  #turnAsked = false;
  #queue: Job[] = [];

  constructor(family: 4 | 6, receive: (datagram: Uint8Array, from: RemoteInfo) => void) {
    // Addresses come resolved; without a look-up of its own the socket sends in the same turn.
    const lookup = (address: string, _options: unknown, done: (e: null, a: string, f: number) => void): void =>
      done(null, address, family);
    this.#socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: lookup as never });
    this.#socket.on('message', receive);
    this.#socket.on('error', (error) => {
      // ICMP and the like: the request that it concerns times out. Without a socket at all (no descriptor is free, no IPv6 here) nothing will ever be sent.
      if (!this.#ready) this.#fail(error);
    });
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

  /** For good: the next request needs another. */
  get isClosed(): boolean {
    return this.#closed;
  }

  send(endpoint: Endpoint, request: RequestTemplate, id: number, waiter: Waiter): void {
    if (this.#ready && this.#sent < SENDS_PER_TURN && this.#queue.length === 0)
      this.#now(endpoint, request, id, waiter);
    else this.#queue.push({ endpoint, request, id, waiter });
    this.#askTurn();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    try {
      this.#socket.close();
    } catch {
      // One that could not be bound may be closed already.
    }
  }

  #fail(error: Error): void {
    const refused = this.#queue;
    this.close();
    for (const { waiter } of refused) waiter.refuse?.(error);
  }

  #askTurn(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnAsked = false;
    this.#sent = 0;
    this.#flush();
  };

  #flush(): void {
    if (!this.#ready || this.#closed || this.#queue.length === 0) return;
    const due = this.#queue.splice(0, SENDS_PER_TURN - this.#sent);
    for (const { endpoint, request, id, waiter } of due) this.#now(endpoint, request, id, waiter);
    if (this.#queue.length > 0) this.#askTurn();
  }

  #now(endpoint: Endpoint, request: RequestTemplate, id: number, waiter: Waiter): void {
    this.#sent++;
    writeId(request.bytes, request.idAt, id);
    const told = waiter.refuse && ((error: Error | null): void => void (error && waiter.refuse!(error)));
    try {
      this.#socket.send(request.bytes, endpoint.port, endpoint.address.address, told);
    } catch (error) {
      waiter.refuse?.(new Error(errorMessage(error)));
    }
    // What the system could not take at once still points at these octets: the next one needs its own.
    if (this.#socket.getSendQueueCount() > 0) request.bytes = Uint8Array.from(request.bytes);
  }
}
