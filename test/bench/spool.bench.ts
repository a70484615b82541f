/**
 * Cost of one append: a poll of a 48+4-port switch, 52 lines of line protocol (19 kB), each text different.
 * Prints JSON, microseconds per append: `node test/bench/spool.bench.ts [rounds]`. Every 50 appends the records are read and acknowledged, as in normal running.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { SqliteSpool } from '../../agent/spool/sqlite-spool.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';

const LINES = 52;

function poll(n: number): string {
  const lines: string[] = [];
  for (let i = 1; i <= LINES; i++) {
    const octets = BigInt(n) * 7_919_123n + BigInt(i) * 1_234_567_891n;
    lines.push(
      `interface,agent_host=10.20.0.11,device=sw-library-1,ifAlias=room\\ ${100 + i},ifDescr=GigabitEthernet1/0/${i},ifIndex=${i},ifName=Gi1/0/${i},role=switch,source=10.20.0.11 ` +
        `ifHCInOctets=${octets}i,ifHCOutOctets=${octets * 3n}i,ifInErrors=${n % 7}i,ifOutErrors=0i,ifInDiscards=0i,ifOutDiscards=${i}i,ifOperStatus=1i,ifAdminStatus=1i,ifHighSpeed=1000i,in_bps=${(n * 13.37 + i).toFixed(3)},out_bps=${(n * 31.7 + i).toFixed(3)},in_util_pct=${((n + i) % 97) / 3},out_util_pct=${((n + i) % 89) / 7} ${1_760_000_000_000 + n * 60_000}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const rounds = Number(process.argv[2] ?? 5000);
const dir = mkdtempSync(join(tmpdir(), 'spool-bench-'));
try {
  const texts = Array.from({ length: 200 }, (_, n) => poll(n));
  const spool = new SqliteSpool({
    path: join(dir, 'spool.db'),
    maxBytes: 512 * 1024 ** 2,
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    clock: systemClock,
    log: createLogger('bench', 'silent'),
    metrics: new SelfMetrics(),
  });
  spool.start();
  const times: number[] = [];
  let takeUs = 0;
  const cpuBefore = process.cpuUsage();
  for (let n = 0; n < rounds; n++) {
    const text = texts[n % texts.length]!;
    const from = process.hrtime.bigint();
    spool.append(text, { lines: LINES, time: n });
    times.push(Number(process.hrtime.bigint() - from) / 1000);
    if (n % 50 === 49) {
      const takeFrom = process.hrtime.bigint();
      for (let batch = spool.peek({ maxBytes: 1024 ** 2 }); batch; batch = spool.peek({ maxBytes: 1024 ** 2 }))
        spool.ack(batch);
      takeUs += Number(process.hrtime.bigint() - takeFrom) / 1000;
    }
  }
  const cpu = process.cpuUsage(cpuBefore);
  spool.stop();
  const frame = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };
  const from = process.hrtime.bigint();
  let frameBytes = 0;
  for (const text of texts) frameBytes += zstdCompressSync(text, frame).length;
  const compressUs = Number(process.hrtime.bigint() - from) / 1000 / texts.length;
  times.sort((a, b) => a - b);
  const at = (q: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(q * times.length))]!);
  process.stdout.write(
    `${JSON.stringify({
      rounds,
      textBytes: Buffer.byteLength(texts[0]!),
      frameBytes: Math.round(frameBytes / texts.length),
      appendUs: {
        mean: Math.round(times.reduce((a, b) => a + b, 0) / rounds),
        p50: at(0.5),
        p99: at(0.99),
        max: at(1),
      },
      ofWhichCompressUs: Math.round(compressUs),
      peekAckUsPerRecord: Math.round(takeUs / rounds),
      cpuUsPerRecord: Math.round((cpu.user + cpu.system) / rounds),
    })}\n`,
  );
} finally {
  rmSync(dir, { recursive: true });
}
