import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './http-body.ts';

const MAX_BODY = 64 * 1024;

/** What sim/fping.ts asks before each round: POST /ping with a JSON list of addresses, answered by round trips in ms, null for silence. */
export class PingControl {
  readonly #ping: (address: string) => number | undefined;
  #server: Server | undefined;

  constructor(ping: (address: string) => number | undefined) {
    this.#ping = ping;
  }

  /** Listens on a free port of 127.0.0.1; the base URL. */
  async start(): Promise<string> {
    if (!this.#server) {
      this.#server = createServer((request, response) => void this.#answer(request, response));
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
    }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'POST' || request.url !== '/ping') return reply(404, { error: 'POST /ping' });
    try {
      const addresses: unknown = JSON.parse((await readBody(request, MAX_BODY)).toString());
      if (!Array.isArray(addresses)) throw new TypeError('not a list');
      reply(200, Object.fromEntries(addresses.map((a) => [String(a), this.#ping(String(a)) ?? null])));
    } catch {
      reply(400, { error: 'a JSON list of addresses is expected' });
    }
  }
}
