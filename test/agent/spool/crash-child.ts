/** Appends records `m v=<n>i` from `from` on until killed, and writes each number to stdout once its append has returned; now and then acknowledges one. */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { textOf } from './fixture.ts';

const spool = new SqliteSpool({
  path: process.argv[2]!,
  // So small that the log turns, and what is in it moves to the database, every twenty records.
  maxBytes: 2 * 1024 ** 2,
  maxAgeMs: 3_600_000,
  clock: systemClock,
  log: createLogger('child', 'silent'),
  metrics: new SelfMetrics(),
});
spool.start();
for (let n = Number(process.argv[3]); ; n++) {
  const line = (): string => `m v=${n}i,x="${randomBytes(75).toString('hex')}"\n`;
  spool.append(Array.from({ length: 1 + (n % 50) }, line).join(''), { lines: 1 + (n % 50), time: systemClock.now() });
  // One write(2) per line: what the parent reads has happened, whenever the kill comes.
  writeSync(1, `+${n}\n`);
  if (n % 2 === 0) {
    const batch = spool.peek({ maxBytes: 1 })!;
    const first = /v=(\d+)i/.exec(textOf(batch))![1];
    writeSync(1, `?${first}\n`);
    spool.ack(batch);
    writeSync(1, `-${first}\n`);
  }
}
