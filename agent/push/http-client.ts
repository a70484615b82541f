import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { nodeHttp, nodeHttps } from '../../runtime/node-http.ts';
import type { Reply } from './reply.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const MAX_REPLY_BYTES = 64 * 1024;
const KEEP_ALIVE_MS = 60_000;

/** Requests over one connection that is kept, one at a time. Redirects are not followed. */
export class HttpClient {
  readonly #isSecure: boolean;
  readonly #agent: Agent;

  /** @param ca PEM text of the authorities to trust instead of the public ones */
  constructor(base: URL, ca: string | undefined) {
    this.#isSecure = base.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 1, timeout: KEEP_ALIVE_MS };
    this.#agent = this.#isSecure
      ? new (nodeHttps().Agent)({ ...options, ...(ca === undefined ? {} : { ca }) })
      : new nodeHttp.Agent(options);
  }

  /** Ends connections at once. */
  stop(): void {
    this.#agent.destroy();
  }

  /** Rejects with the system's error, or with the reason of `signal`. The body is cut at 64 KiB. */
  async exchange({ method, url, headers, body }: HttpRequest, signal: AbortSignal): Promise<Reply> {
    signal.throwIfAborted();
    const { request } = this.#isSecure ? nodeHttps() : nodeHttp;
    const asked = request(url, { method, headers, agent: this.#agent });
    const cut = (): void => void asked.destroy(signal.reason as Error);
    signal.addEventListener('abort', cut, { once: true });
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        // Stays: the connection may break while the answer is read.
        asked.on('error', reject);
        asked.once('response', resolve);
        asked.end(body);
      });
      return {
        status: response.statusCode ?? 0,
        headers: singleValues(response.headers),
        body: await readText(response),
      };
    } catch (error) {
      // While an answer is read, its stream tells only that it was aborted.
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }
}

function singleValues(headers: IncomingHttpHeaders): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value;
  return single;
}

/** The first 64 KiB; leaving the loop early closes the connection, as the rest is not wanted. */
async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_REPLY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_REPLY_BYTES).toString('utf8');
}
