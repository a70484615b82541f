import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { VERSION } from '../../../runtime/version.ts';
import type { HttpAnswer } from './attempt.ts';
import type { Limits } from './deadline.ts';

/** Most that is read of a body; a longer one is as good. */
export const MAX_BODY = 1024 * 1024;

/** Asks over a connection that stands; the answer's head. One request a connection. Rejects with the system's error. */
export function askHttp(socket: Socket, url: URL, method: string, limits: Limits): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({
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

/** Reads the body as far as it matters. Rejects when it breaks off before. */
export async function readAnswer(response: IncomingMessage, keepText: boolean, limits: Limits): Promise<HttpAnswer> {
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
  };
}
