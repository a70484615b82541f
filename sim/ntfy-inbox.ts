import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './http-body.ts';

const MAX_BODY = 16 * 1024;

/** What is published to a topic, as far as a lock screen shows it. */
export interface NtfyNotice {
  readonly topic: string;
  readonly title: string;
  readonly message: string;
  /** The buttons below it, at most three. */
  readonly actions: readonly NtfyAction[];
}

/** A button: `view` opens `url`, `http` sends a request there (https://docs.ntfy.sh/publish/#action-buttons). */
export interface NtfyAction {
  readonly action: 'view' | 'http';
  readonly label: string;
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly clear?: boolean;
}

const PRESS_TIMEOUT_MS = 15_000;
const MOST_ACTIONS = 3;

/** What the app does when an `http` button is pressed; true when that succeeded, after which the notification goes if it has `clear`. */
export async function press({ url, method = 'POST', headers = {}, body }: NtfyAction): Promise<boolean> {
  const signal = AbortSignal.timeout(PRESS_TIMEOUT_MS);
  const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
  await response.body?.cancel();
  return response.ok;
}

/** Stands for an ntfy server: takes messages published as JSON (https://docs.ntfy.sh/publish/#publish-as-json) and hands them on. */
export class NtfyInbox {
  readonly #onNotice: (notice: NtfyNotice) => void;
  #server: Server | undefined;

  constructor(onNotice: (notice: NtfyNotice) => void) {
    this.#onNotice = onNotice;
  }

  /** Listens on 127.0.0.1; the URL of the server, without a topic. */
  async start(): Promise<string> {
    if (!this.#server) {
      this.#server = createServer((request, response) => void this.#receive(request, response));
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

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let notice: NtfyNotice | undefined;
    try {
      if (request.method === 'POST' && request.url === '/') notice = noticeOf(await readBody(request, MAX_BODY));
    } catch {
      // Too large, or the sender went away.
    }
    if (!notice) {
      const error = { code: 40024, http: 400, error: 'invalid request: request body must be valid JSON' };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(error));
      return;
    }
    this.#onNotice(notice);
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ event: 'message', ...notice }));
  }
}

function noticeOf(body: Buffer): NtfyNotice | undefined {
  let value: Partial<NtfyNotice> | null;
  try {
    value = JSON.parse(body.toString('utf8')) as Partial<NtfyNotice> | null;
  } catch {
    return undefined;
  }
  const { topic, title, message, actions = [] } = value ?? {};
  if (typeof topic !== 'string' || typeof title !== 'string' || typeof message !== 'string') return undefined;
  if (!Array.isArray(actions) || actions.length > MOST_ACTIONS || !actions.every(isAction)) return undefined;
  return { topic, title, message, actions };
}

function isAction(value: unknown): value is NtfyAction {
  const { action, label, url, method, headers, body } = (value ?? {}) as Partial<Record<keyof NtfyAction, unknown>>;
  const text = (of: unknown): boolean => typeof of === 'string';
  const optional = (of: unknown): boolean => of === undefined || text(of);
  const pairs = headers === undefined || (headers !== null && typeof headers === 'object');
  if (!text(label) || !text(url) || !optional(method) || !optional(body) || !pairs) return false;
  return (action === 'view' || action === 'http') && Object.values(headers ?? {}).every(text);
}
