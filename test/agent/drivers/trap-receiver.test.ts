import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { TrapWorkerSettings } from '../../../agent/drivers/trap-channel.ts';
import { TrapReceiver, type TrapReceiverOptions } from '../../../agent/drivers/trap-receiver.ts';
import type { Clock } from '../../../core/clock.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { until } from '../../support/process.ts';
import { v2cMessage } from '../../support/trap-message.ts';

/** Waits a hundredth: the pauses before a restart are counted, not waited for. */
const hasty: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

function receive(more: Partial<TrapReceiverOptions>, settings: Partial<TrapWorkerSettings> = {}) {
  const stop = new AbortController();
  const logged: string[] = [];
  const log = createLogger('test', 'error', { write: (line) => void logged.push(line) });
  const seen = { restarts: 0, reports: 0, ports: [] as number[], logged };
  const receiver = new TrapReceiver({
    settings: {
      ...{ host: '127.0.0.1', port: 0, communities: ['c'], users: [], engine: 'tests', known: [] },
      ...settings,
    },
    clock: hasty,
    log,
    onReport: () => void seen.reports++,
    onListening: (port) => void seen.ports.push(port),
    onRestart: () => void seen.restarts++,
    ...more,
  });
  const running = receiver.run(stop.signal);
  return {
    seen,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

const entry = new URL('./trap-workers.ts', import.meta.url);

it.each([
  ['that throws', 1, 'a defect'],
  ['that hangs', 2, 'it did not report for'],
  ['that eats memory', 3, 'out of memory'],
])('a thread %s is started again and again, and counted', async (_name, queue, reason) => {
  const { seen, end } = receive({ entry, silentAfterMs: queue === 2 ? 300 : 1e9 }, { queue });
  await until('two restarts', 20_000, () => seen.restarts >= 2);
  await end();
  expect(seen.logged[0]).toContain(reason);
});

it('a port that is taken is tried again until it is free', async () => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  const { seen, end } = receive({}, { port });
  await until('a restart', 10_000, () => seen.restarts >= 1);
  expect(seen.logged[0]).toContain('EADDRINUSE');
  taken.close();
  await until('the port', 10_000, () => seen.ports.includes(port));
  await end();
});

it('what the main thread makes a mistake with does not stop what comes after it', async () => {
  const reports: number[] = [];
  const { seen, end } = receive({
    onReport: ({ deliveries }) => {
      reports.push(deliveries.length);
      if (deliveries.length > 0) throw new Error('our mistake');
    },
  });
  const [port] = await until('the port', 10_000, () => (seen.ports.length > 0 ? seen.ports : undefined));
  const socket = createSocket('udp4');
  for (let i = 1; i <= 2; i++) {
    socket.send(v2cMessage('c', '1.3.6.1.6.3.1.1.5.1', []), port!, '127.0.0.1');
    await until(`report ${i}`, 10_000, () => reports.filter((n) => n > 0).length === i);
  }
  socket.close();
  await end();
  expect(seen).toMatchObject({ restarts: 0 });
  expect(seen.logged.join()).toContain('our mistake');
});
