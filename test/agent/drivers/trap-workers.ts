import { parentPort, workerData } from 'node:worker_threads';

/** Stand-ins for the receiver's thread: `queue` of its settings says how it fails. */
const { queue } = workerData as { queue?: number };

parentPort!.postMessage({ kind: 'listening', host: '127.0.0.1', port: 1 });
if (queue === 1) throw new Error('a defect');
if (queue === 2) for (;;) Math.random();
if (queue === 3) {
  const held: number[][] = [];
  for (;;) held.push(new Array<number>(100_000).fill(0.5));
}
