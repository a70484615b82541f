import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A message as its receiver acted on it, once for each webhook-id. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly contact: string;
  readonly alert: { readonly id: string; readonly school: string; readonly labels: Readonly<Record<string, string>> };
}

/** A webhook receiver that checks signatures, keeps one message for each webhook-id, and now and then says nothing after it has acted. */
export class StrictReceiver {
  readonly got: Received[] = [];
  /** Requests with an id that was known. */
  repeats = 0;
  /** What no well-behaved sender does. */
  readonly faults: string[] = [];
  /** In [0, 1): below `silentShare` the connection is dropped instead of an answer. */
  readonly #random: () => number;
  readonly #webhook: Webhook;
  readonly #bodies = new Map<string, string>();
  readonly #server: Server;

  constructor(secret: string, random: () => number) {
    this.#webhook = new Webhook(secret);
    this.#random = random;
    this.#server = createServer((request, response) => {
      const repeats = this.repeats;
      void this.#take(request).then((status) => {
        // A repeat is answered: three silences in a row are a dead endpoint, which is not tried for a minute.
        if (status === 200 && this.repeats === repeats && this.#random() < 0.05) request.socket.destroy();
        else response.writeHead(status).end();
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return 400;
    }
    const body = Buffer.concat(chunks).toString();
    const id = String(request.headers['webhook-id']);
    try {
      this.#webhook.verify(body, request.headers as Record<string, string>);
    } catch (error) {
      this.faults.push(`${id}: ${(error as Error).message}`);
      return 400;
    }
    const known = this.#bodies.get(id);
    if (known !== undefined) {
      this.repeats++;
      if (known !== body) this.faults.push(`${id} came with another body`);
      return 200;
    }
    this.#bodies.set(id, body);
    const { type, data } = JSON.parse(body) as {
      type: string;
      data: { alert: Received['alert']; responsibility: { contact: string } };
    };
    this.got.push({ id, type, contact: data.responsibility.contact, alert: data.alert });
    return 200;
  }
}
