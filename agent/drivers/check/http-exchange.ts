import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { nodeHttp } from '../../../runtime/node-http.ts';
import { VERSION } from '../../../runtime/version.ts';
import type { HttpAnswer } from './attempt.ts';
import type { Limits } from './deadline.ts';

/** Most that is read of a body; a longer one is as good. */
export const MAX_BODY = 1024 * 1024;

/** Asks over a connection that stands; the answer's head. One request a connection. Rejects with the system's error. */
export function askHttp(socket: Socket, url: URL, method: string, limits: Limits): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = nodeHttp.request({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': `bellwether-agent/${VERSION}`,
        accept: '*/*',
        connection: 'close',
      },
      signal: limits.signal,
    });
    // Stays: the connection may break while the body is read.
    asked.on('error', reject);
    asked.once('response', resolve);
    asked.end();
  });
}

/** Reads the body as far as it matters; `to` is where the answer sends on to. Rejects when the body breaks off. */
export async function readAnswer(
  response: IncomingMessage,
  to: URL | undefined,
  keepText: boolean,
  limits: Limits,
): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let read = 0;
  const cut = (): void => {
    response.destroy(new Error('cut'));
  };
  limits.signal.addEventListener('abort', cut, { once: true });
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (keepText) chunks.push(chunk);
      if (read >= MAX_BODY) break;
    }
  } finally {
    limits.signal.removeEventListener('abort', cut);
    response.destroy();
  }
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  return {
    status: response.statusCode ?? 0,
    length: Number.isSafeInteger(announced) && announced >= 0 ? announced : read,
    text: keepText ? Buffer.concat(chunks).subarray(0, MAX_BODY).toString('utf8') : undefined,
    location: to && `${to.origin}${to.pathname}`.slice(0, 200),
  };
}

/** Where an answer sends on to; undefined when it does not. */
export function redirectOf({ statusCode = 0, headers }: IncomingMessage, url: URL): URL | undefined {
  // RFC 9110, section 15.4: these have a Location that is to be asked next.
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  return URL.parse(headers.location, url) ?? undefined;
}

/** On the same host, and not from TLS to none: so nobody out there can send the agent's requests to what it alone can reach. */
export function isFollowed(from: URL, to: URL): boolean {
  if (to.hostname !== from.hostname) return false;
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
}
