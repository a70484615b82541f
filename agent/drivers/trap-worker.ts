import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage } from '../../core/errors.ts';
import { systemClock } from '../../runtime/clock.ts';
import { engineIdOf, ownEngine } from '../trap/engine-times.ts';
import { Inbox } from '../trap/inbox.ts';
import { RateLimit } from '../trap/rate-limit.ts';
import { TrapReceiving } from '../trap/receive.ts';
import { canonicalAddress } from './resolve.ts';
import type { FromTrapWorker, ToTrapWorker, TrapWorkerSettings } from './trap-channel.ts';

/**
 * Entry of the receiver's thread: a UDP socket, and what is said of each datagram. Nothing that arrives here runs on the main thread before it was decoded
 * and its sender's right checked; whatever goes wrong here ends this thread alone, and trap-receiver.ts starts another.
 */

/** Bytes that the system may keep for us while we are busy: some thousand traps. */
const SOCKET_BUFFER = 1024 * 1024;
const REPORT_EVERY_MS = 1_000;

const clock = systemClock;
const settings = workerData as TrapWorkerSettings;
const port = parentPort!;
const send = (message: FromTrapWorker): void => port.postMessage(message);

const now = clock.monotonic();
const receiving = new TrapReceiving(
  { communities: settings.communities, users: settings.users },
  ownEngine(engineIdOf(settings.engine), clock.now(), now),
);
const limit = new RateLimit(now);
const inbox = new Inbox({ receiving, limit, known: settings.known, capacity: settings.queue ?? 1_000 });

/** True while the main thread has a report that it has not dealt with. */
let waiting = false;

function report(): void {
  if (waiting) return;
  waiting = true;
  send({ kind: 'report', ...inbox.report() });
}

function open(): Socket {
  const v6 = isIPv6(settings.host);
  const socket = createSocket({ type: v6 ? 'udp6' : 'udp4' });
  socket.on('error', (error) => {
    send({ kind: 'failed', reason: error.message });
    process.exit(1);
  });
  socket.on('message', (bytes, from) => {
    try {
      const source = canonicalAddress(from.address);
      const reply = inbox.take(bytes, source, clock.monotonic(), Math.round(clock.now()));
      if (reply) socket.send(reply, from.port, from.address, () => {});
    } catch (error) {
      inbox.failed(errorMessage(error));
    }
    if (inbox.waiting > 0) report();
  });
  socket.bind(settings.port, settings.host, () => {
    try {
      socket.setRecvBufferSize(SOCKET_BUFFER);
    } catch {
      // The system's limit is smaller: what it gives is enough.
    }
    const bound = socket.address();
    send({ kind: 'listening', host: bound.address, port: bound.port });
  });
  return socket;
}

async function beat(): Promise<void> {
  for (;;) {
    await clock.sleep(REPORT_EVERY_MS);
    report();
  }
}

open();
port.on('message', (message: ToTrapWorker) => {
  if (message.kind === 'known') inbox.known = message.addresses;
  else {
    waiting = false;
    if (inbox.waiting > 0) report();
  }
});
void beat();
