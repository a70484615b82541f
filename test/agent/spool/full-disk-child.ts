/** Run under `ulimit -f`: appends until the kernel refuses, lifts the limit, goes on; prints what happened as JSON. */
import { execFileSync } from 'node:child_process';
import { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { drain, noise, recordingLogger } from './fixture.ts';

const { log, messages } = recordingLogger();
const spool = new SqliteSpool({
  path: process.argv[2]!,
  maxBytes: 64 * 1024 ** 2,
  maxAgeMs: 3_600_000,
  clock: systemClock,
  log,
  metrics: new SelfMetrics(),
});
spool.start();
let [errors, stored] = [0, 0];
const codes = new Set<string>();
for (let i = 0; i < 200; i++) {
  try {
    spool.append(noise(9_000, 1, i), { lines: 1, time: systemClock.now() });
    stored++;
  } catch (error) {
    errors++;
    codes.add(error instanceof BellwetherError ? error.code : String(error));
  }
}
const readable = spool.peek({ maxBytes: 1 }) !== undefined;
const logged = messages().filter((m) => m.includes('cannot be written')).length;
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
spool.append('again v=1\n', { lines: 1, time: systemClock.now() });
stored++;
const text = drain(spool);
process.stdout.write(
  JSON.stringify({
    errors,
    stored,
    delivered: text.split('\n').length - 1,
    codes: [...codes],
    droppedLines: spool.stats().dropped.disk,
    logged,
    readable,
    recovered: text.endsWith('again v=1\n'),
  }),
);
