import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { until } from './process.ts';

/** Listens, and takes nothing until it is told to by a line: its event loop hangs in a read. */
const PROGRAM = `
const server = require('node:net').createServer((socket) => socket.on('error', () => {}));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, server.address().port + '\\n');
  require('node:fs').readSync(0, Buffer.alloc(1));
});
`;

/** A port of 127.0.0.1 to which a connection gets no answer, as behind a firewall that drops it: the queue of those to be taken is full. */
export class StuckListener {
  readonly #child: ChildProcess = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #queued: Socket[] = [];
  #port = 0;

  async start(): Promise<number> {
    const [line] = await once(this.#child.stdout!, 'data');
    this.#port = Number(String(line));
    // Linux queues one more than the backlog.
    for (let i = 0; i < 2; i++) {
      const socket = connect(this.#port, '127.0.0.1').on('error', () => {});
      this.#queued.push(socket);
      await once(socket, 'connect');
    }
    return this.#port;
  }

  /** Waits until somebody's connection hangs, then takes what comes: it stands when Linux sends its SYN again, after a second. */
  async release(): Promise<void> {
    const remote = `0100007F:${this.#port.toString(16).toUpperCase().padStart(4, '0')}`;
    // Column 3 is the other end, column 4 the state: 02 is SYN_SENT.
    await until('a connection that hangs', 5_000, () =>
      readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .some((line) => line.includes(` ${remote} 02 `)),
    );
    this.#child.stdin!.write('\n');
  }

  stop(): void {
    for (const socket of this.#queued) socket.destroy();
    this.#child.kill('SIGKILL');
  }
}
