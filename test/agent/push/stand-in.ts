import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: Buffer;
  readonly text: string;
}

export type Answer = (request: Received, response: ServerResponse) => void;

/** A collector on 127.0.0.1 that answers writes as told: `answers` one by one, then `otherwise`. What it answered 204 to counts as stored. */
export class StandIn {
  readonly received: Received[] = [];
  readonly pings: Received[] = [];
  readonly answers: Answer[] = [];
  otherwise: Answer = status(204);
  announce: string | undefined = 'zstd, gzip';
  port = 0;
  #waiting: (() => void)[] = [];
  #server = createServer((request, response) => void this.#answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Goes away; `start` comes back on the same port. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** The lines of each write, in order of arrival. */
  get lines(): string[] {
    return this.received.flatMap((r) => r.text.split('\n').filter((l) => l !== ''));
  }

  /** Resolves once `condition` holds; looked at after each request. The test's own timeout is the deadline. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const text = decode(raw, request.headers['content-encoding']);
    const received = { url: request.url ?? '', headers: request.headers, raw, text };
    if (this.announce !== undefined) response.setHeader('accept-encoding', this.announce);
    if (request.method === 'GET') {
      this.pings.push(received);
      response.writeHead(204).end();
    } else {
      this.received.push(received);
      (this.answers.shift() ?? this.otherwise)(received, response);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

export function status(code: number, body = '', headers: Record<string, string> = {}): Answer {
  return (_request, response) => void response.writeHead(code, headers).end(body === '' ? undefined : body);
}

/** Reads frame after frame, as Node's decoder stops behind the first. The magic number (RFC 8878 3.1.1) does not occur within these test texts' frames. */
function decode(raw: Buffer, encoding: string | undefined): string {
  if (encoding === 'gzip') return gunzipSync(raw).toString('utf8');
  if (encoding !== 'zstd') return raw.toString('utf8');
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
  let text = '';
  for (let at = 0; at >= 0 && at < raw.length; ) {
    const next = raw.indexOf(magic, at + 4);
    text += zstdDecompressSync(raw.subarray(at, next < 0 ? raw.length : next)).toString('utf8');
    at = next;
  }
  return text;
}
