import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (res: ServerResponse, req: IncomingMessage) => void;

/** A server of calendars on 127.0.0.1 that answers as it is told, and keeps the requests. */
export class FeedServer {
  answer: Answer = (res) => void res.writeHead(404).end();
  readonly requests: IncomingMessage[] = [];
  readonly #server = createServer((req, res) => {
    this.requests.push(req);
    this.answer(res, req);
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/district.ics?key=secret`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** 200 with an ETag made of the text's length, 304 to who has it. */
export function serve(text: string, etag = `"${text.length}"`): Answer {
  return (res, req) => {
    if (req.headers['if-none-match'] === etag) res.writeHead(304).end();
    else res.writeHead(200, { 'content-type': 'text/calendar', etag }).end(text);
  };
}
