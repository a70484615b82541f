import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { ConnectionAttempt } from '../../../../agent/drivers/check/attempt.ts';
import { checkConnection } from '../../../../agent/drivers/check/connection-check.ts';
import { hostAddresses } from '../../../../agent/drivers/check/host-addresses.ts';
import { createResolver } from '../../../../agent/drivers/resolve.ts';
import type { HttpCheck, TcpCheck, TlsCheck } from '../../../../agent/services/service.ts';
import { systemClock } from '../../../../runtime/clock.ts';

export const forever = new AbortController().signal;

/** One attempt with the real drivers; names go to `servers`. */
export function attemptAt(
  check: TcpCheck | TlsCheck | HttpCheck,
  timeoutMs = 5_000,
  servers: readonly string[] = ['127.0.0.1:9'],
  signal: AbortSignal = forever,
): Promise<ConnectionAttempt> {
  const addresses = hostAddresses(createResolver(systemClock), servers);
  return checkConnection(check, addresses, systemClock, timeoutMs, signal);
}

export function httpCheck(url: string, more: Partial<HttpCheck> = {}): HttpCheck {
  return {
    type: 'http',
    url,
    method: 'GET',
    expectStatus: [[200, 399]],
    expectText: undefined,
    followRedirects: false,
    verify: true,
    ca: undefined,
    ...more,
  };
}

/** Servers of one test, ended with what is connected to them. */
export class Servers {
  readonly #ends: (() => void)[] = [];

  /** Starts it on a port of `host`, a free one when left out; gives the port. */
  async start(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
    const sockets = new Set<{ destroy(): unknown }>();
    server.on('connection', (socket) => {
      // What the agent cuts off is no matter of the server's.
      socket.on('error', () => {});
      sockets.add(socket);
    });
    this.#ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
