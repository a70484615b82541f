import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { readBody } from './http-body.ts';
import { type PhoneMessage, type PhoneNote, parseMessage, parseNote } from './phone-message.ts';

const MAX_BODY = 64 * 1024;

export interface PhoneOptions {
  /** Whose phone it is. */
  readonly name: string;
  /** Standard Webhooks secret, `whsec_` + base64. */
  readonly secret: string;
  readonly port?: number;
  /** Called once per message, never for a repeat. */
  readonly onMessage?: (message: PhoneMessage) => void;
}

/** Counts of what came in. */
export interface PhoneStats {
  readonly accepted: number;
  /** Deliveries of a message that was already there (same webhook-id). */
  readonly repeats: number;
  /** Wrong or missing signature, too old, or no message. */
  readonly rejected: number;
}

/** A webhook receiver that stands for a person's phone: verifies Standard Webhooks signatures and keeps each message once. */
export class Phone {
  readonly name: string;
  readonly #options: PhoneOptions;
  readonly #webhook: Webhook;
  readonly #messages = new Map<string, PhoneMessage>();
  readonly #notes = new Map<string, PhoneNote>();
  #stats = { accepted: 0, repeats: 0, rejected: 0 };
  #server: Server | undefined;

  constructor(options: PhoneOptions) {
    this.name = options.name;
    this.#options = options;
    this.#webhook = new Webhook(options.secret);
  }

  get messages(): readonly PhoneMessage[] {
    return [...this.#messages.values()];
  }

  /** What came in about something else than an alert. */
  get notes(): readonly PhoneNote[] {
    return [...this.#notes.values()];
  }

  get stats(): PhoneStats {
    return { ...this.#stats };
  }

  /** Listens on 127.0.0.1; the URL to send to. */
  async start(): Promise<string> {
    if (!this.#server) {
      this.#server = createServer((request, response) => void this.#receive(request, response));
      this.#server.listen(this.#options.port ?? 0, '127.0.0.1');
      await once(this.#server, 'listening');
    }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let status: number;
    try {
      status = request.method === 'POST' ? this.#take(await readBody(request, MAX_BODY), request) : 405;
    } catch (error) {
      if (!(error instanceof RangeError)) return; // The sender went away.
      status = 413;
    }
    if (status >= 300) this.#stats.rejected++;
    response.writeHead(status, status === 413 ? { connection: 'close' } : {}).end();
  }

  #take(body: Buffer, request: IncomingMessage): number {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const id = header('webhook-id');
    let verified: unknown;
    try {
      verified = this.#webhook.verify(body, {
        'webhook-id': id,
        'webhook-timestamp': header('webhook-timestamp'),
        'webhook-signature': header('webhook-signature'),
      });
    } catch (error) {
      return error instanceof SyntaxError ? 400 : 401;
    }
    const note = parseNote(verified);
    const message = note ? undefined : parseMessage(verified);
    if (!note && !message) return 400;
    if (this.#messages.has(id) || this.#notes.has(id)) {
      this.#stats.repeats++;
      return 204;
    }
    this.#stats.accepted++;
    if (note) this.#notes.set(id, note);
    if (!message) return 204;
    this.#messages.set(id, message);
    this.#options.onMessage?.(message);
    return 204;
  }
}
