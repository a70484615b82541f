import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Makes an answer of a question, both as datagrams; undefined: none comes. */
export type Answerer = (question: Buffer, answered: number) => Buffer | undefined;

/** A name server that does what no real one can be told to do. Over UDP on a free port of 127.0.0.1. */
export class NameServer {
  readonly #socket: Socket = createSocket('udp4');
  questions = 0;

  async start(answer: Answerer): Promise<number> {
    this.#socket.on('message', (question, from) => {
      const reply = answer(question, this.questions++);
      if (reply) this.#socket.send(reply, from.port, from.address);
    });
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  stop(): void {
    this.#socket.close();
  }
}

/** The question as an answer with that response code and no records (RFC 1035, section 4.1.1). */
export function refuse(question: Buffer, rcode: number): Buffer {
  const reply = Buffer.from(question);
  reply[2] = reply[2]! | 0x80;
  reply[3] = (reply[3]! & 0xf0) | rcode;
  return reply;
}
