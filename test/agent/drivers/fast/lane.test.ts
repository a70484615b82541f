import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../../agent/drivers/fast/endpoint.ts';
import { encodeRequest } from '../../../../agent/drivers/fast/message.ts';
import { UdpSockets } from '../../../../agent/drivers/fast/udp.ts';
import { systemClock } from '../../../../runtime/clock.ts';

const REQUEST = { version: '2c', pdu: 0xa0, first: 0, second: 0, oids: ['1.3.6.1.2.1.1.3.0'] } as const;

/** Gives back what it is sent, as an answer. */
async function echo() {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const answer = Uint8Array.from(bytes);
    answer[answer.indexOf(0xa0)] = 0xa2;
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, end: () => socket.close() };
}

describe('a socket that cannot be opened', () => {
  it('refuses what waits for it, and is tried again with the next request', async () => {
    const { port, end } = await echo();
    const sockets = new UdpSockets(systemClock);
    const ask = (endpoint: Endpoint): Promise<string> =>
      new Promise((resolve) => {
        const request = encodeRequest({ ...REQUEST, community: Buffer.from('public') });
        sockets.send(endpoint, request, 2000, {
          answer: () => {
            resolve('answered');
            return 'taken';
          },
          expire: () => resolve('expired'),
          refuse: (error) => resolve(`refused: ${error.message}`),
        });
      });
    const address = { address: '127.0.0.1', canonical: '127.0.0.1', family: 4 } as const;
    const endpoint: Endpoint = { address, port, onFault: () => {} };
    sockets.add(endpoint);
    // As it is where no descriptor is free: bind says so by an event.
    const bind = vi.spyOn(Socket.prototype, 'bind').mockImplementationOnce(function (this: Socket) {
      queueMicrotask(() => this.emit('error', new Error('bind EMFILE 0.0.0.0')));
      return this;
    });
    const refused = 'refused: bind EMFILE 0.0.0.0';
    expect(await Promise.all([ask(endpoint), ask(endpoint)])).toEqual([refused, refused]);
    bind.mockRestore();
    expect(await ask(endpoint)).toBe('answered');
    sockets.remove(endpoint);
    end();
  });
});
