import type { IncomingMessage } from 'node:http';
import { WriteError } from './write-error.ts';

export interface ReadBodyOptions {
  /** Most bytes on the wire. */
  readonly limit: number;
  /** Called with the size of each piece before it is kept; may throw to stop. */
  readonly reserve: (bytes: number) => void;
  /** Stops reading; its reason is thrown. */
  readonly signal: AbortSignal;
}

/**
 * Reads a request's body off the wire. When it ends early by an error here, the rest is left to flow and is discarded (Node does that once the
 * reply is sent), so that a client still sending gets to read the reply instead of a broken connection.
 * @throws WriteError too_large; gone
 */
export function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Buffer> {
  const tooLarge = (): WriteError => new WriteError('too_large', `the body is larger than ${options.limit} bytes`);
  if (Number(request.headers['content-length']) > options.limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (error?: unknown): void => {
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      options.signal.removeEventListener('abort', onAbort);
      // A late error of an abandoned stream must not become an uncaught one.
      request.on('error', () => {});
      if (error === undefined) {
        resolve(Buffer.concat(chunks, size));
      } else {
        request.resume();
        reject(error);
      }
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > options.limit) throw tooLarge();
        options.reserve(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        settle(error);
      }
    };
    const onEnd = (): void => settle();
    const onGone = (): void => settle(new WriteError('gone', 'the client went away before the end of the body'));
    const onAbort = (): void => settle(options.signal.reason);
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
    options.signal.addEventListener('abort', onAbort);
    if (options.signal.aborted) onAbort();
  });
}
