import { once } from 'node:events';
import { createServer } from 'node:net';

/** True when a listener can have this TCP port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

/**
 * Below the range that systems hand out for outgoing connections (Linux: 32768 and up): a port from there, free now, may be the near end
 * of somebody's connection a moment later, when the server it was meant for starts.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const TRIES = 100;

/** A TCP port of 127.0.0.1 that is free now and likely to stay so. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free TCP port on 127.0.0.1 from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1}`);
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
