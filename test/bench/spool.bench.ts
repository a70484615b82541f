/**
 * Cost of spooling, in microseconds of CPU (user and system) per poll of a 48+4-port switch, all 15 columns and their rates as text (32 kB). Prints one JSON object:
 * `npm run --silent bench:spool [-- --polls N]`. Records of four polls, as the agent makes them; each eight are peeked and acknowledged, as in normal running.
 * `spool_mb_per_device_day`: what waits for a collector that is away, in files, for records of one poll (20 devices at 60 s) and of four (1,000 devices).
 *
 * `npm run --silent bench:spool -- --live [--devices N] [--interval MS] [--seconds S] [--outage S]` runs the real agent against ../shared/bench/snmpfarm.c: values a second, what
 * is in the spool at most, that everything polled was delivered and right, and what a device-day takes while the collector is away.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { Compressor } from '../../agent/spool/compressor.ts';
import { SqliteSpool } from '../../agent/spool/sqlite-spool.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { live } from './spool-live.ts';

const PORTS = 52;
const POLLS_PER_RECORD = 4;
const RECORDS_PER_BATCH = 8;
const POLLS_A_DAY = 1440;

/** What poll `n` of device `d` looks like: every number that counts up has another value each time. */
function poll(d: number, n: number): string {
  const time = 1_795_543_763_354 + n * 60_000;
  const head = `agent_host=10.20.0.${d},source=10.20.0.${d},device=sw-${d},role=switch,domain=switching`;
  const lines = [
    `snmp,${head} uptime=${86_400 + n * 60}.88,poll_duration_ms=${(n % 90) / 7},poll_outcome="ok" ${time}`,
  ];
  for (let i = 1; i <= PORTS; i++) {
    const rate = i % 10 === 9 ? 0 : (((31 * d + 17 * i) % 1000) + 1) * 12_500;
    const octets = 17_179_869_184 * (i % 4) + 1e6 * d + 1000 * i + rate * n * 60;
    const packets = octets / 500;
    const alias = i % 2 === 1 ? `,ifAlias=desk\\ ${i}` : '';
    lines.push(
      `interface,${head},ifIndex=${i},ifName=Gi1/0/${i}${alias} ifAdminStatus=1i,ifHighSpeed=1000i,ifOperStatus=${rate === 0 ? 2 : 1}i,ifInDiscards=0i,ifInErrors=${i % 8 === 0 ? n * 6 : 0}i,ifOutDiscards=${i % 16 === 0 ? n * 12 : 0}i,ifOutErrors=0i,ifHCInOctets=${octets}i,ifHCInUcastPkts=${Math.floor(packets)}i,ifHCInMulticastPkts=${i * n * 60}i,ifHCInBroadcastPkts=${(i % 7) * n * 60}i,ifHCOutOctets=${Math.floor(octets * 1.3)}i,ifHCOutUcastPkts=${Math.floor(packets * 1.3)}i,in_bps=${rate * 8 + ((n * i) % 97)},out_bps=${Math.floor(rate * 10.4)},in_ucast_pps=${rate / 500},out_ucast_pps=${(rate / 400).toFixed(2)},in_util_pct=${((rate * 8) / 1e7).toFixed(3)},out_util_pct=${((rate * 10.4) / 1e7).toFixed(3)} ${time}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU of `run` over all records, per poll. */
function costOf(records: readonly Buffer[], run: (record: Buffer) => void): number {
  const from = cpuUs();
  for (const record of records) run(record);
  return (cpuUs() - from) / (records.length * POLLS_PER_RECORD);
}

function openSpool(dir: string, name: string): SqliteSpool {
  const spool = new SqliteSpool({
    path: join(dir, name),
    maxBytes: 512 * 1024 ** 2,
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    clock: systemClock,
    log: createLogger('bench', 'silent'),
    metrics: new SelfMetrics(),
  });
  spool.start();
  return spool;
}

/** Megabytes in files for a device-day, when nothing is taken out. */
function deviceDay(dir: string, records: readonly Buffer[], pollsPerRecord: number): number {
  const spool = openSpool(dir, `day-${pollsPerRecord}.db`);
  const before = spool.stats().bytes;
  const polls = 4 * POLLS_A_DAY;
  for (let n = 0; n < polls / pollsPerRecord; n++)
    spool.append(records[n % records.length]!, { lines: (PORTS + 1) * pollsPerRecord, time: n });
  const { bytes } = spool.stats();
  spool.stop();
  return Math.round(((bytes - before) / polls) * (POLLS_A_DAY / 1e5)) / 10;
}

function stages(polls: number): Record<string, unknown> {
  const dir = mkdtempSync(join(tmpdir(), 'spool-bench-'));
  try {
    const single = Array.from({ length: 400 }, (_, k) => Buffer.from(poll(k % 50, Math.floor(k / 50) + 1)));
    const records = Array.from({ length: 100 }, (_, k) => Buffer.concat(single.slice(k * 4, k * 4 + 4)));
    const kept = new Compressor();
    const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };
    const once = (record: Buffer): void => void zstdCompressSync(record, { params, pledgedSrcSize: record.length });
    const spool = openSpool(dir, 'spool.db');
    let waiting = 0;
    const pass = (record: Buffer): void => {
      spool.append(record, { lines: (PORTS + 1) * POLLS_PER_RECORD, time: 1 });
      if (++waiting < RECORDS_PER_BATCH) return;
      spool.ack(spool.peek({ maxBytes: 2 * RECORDS_PER_BATCH * records[0]!.length })!);
      waiting = 0;
    };
    const costs = {
      compressor_per_record: [] as number[],
      compressor_kept: [] as number[],
      whole_spool: [] as number[],
    };
    // Turn by turn, so that what else the machine does falls on all of them; the first round warms up.
    for (let round = 0; round <= Math.ceil(polls / 400); round++) {
      const measured = [
        costOf(records, once),
        costOf(records, (record) => void kept.compress(record)),
        costOf(records, pass),
      ];
      if (round === 0) continue;
      for (const [k, list] of Object.values(costs).entries()) list.push(measured[k]!);
    }
    spool.stop();
    const median = (list: number[]): number =>
      Math.round((list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0) * 10) / 10;
    const frames = records.reduce((sum, record) => sum + kept.compress(record).length, 0);
    return {
      text_bytes_per_poll: Math.round(records.reduce((sum, { length }) => sum + length, 0) / 400),
      frame_bytes_per_poll: Math.round(frames / 400),
      cpu_us_per_poll: {
        compressor_per_record: median(costs.compressor_per_record),
        compressor_kept: median(costs.compressor_kept),
        whole_spool: median(costs.whole_spool),
      },
      spool_mb_per_device_day: {
        records_of_1_poll: deviceDay(dir, single, 1),
        records_of_4_polls: deviceDay(dir, records, POLLS_PER_RECORD),
      },
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const { values: options } = parseArgs({
  options: {
    polls: { type: 'string', default: '8000' },
    live: { type: 'boolean', default: false },
    devices: { type: 'string', default: '1000' },
    interval: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '300' },
    outage: { type: 'string' },
  },
});
const intervalMs = Number(options.interval);
const result = options.live
  ? await live({
      devices: Number(options.devices),
      intervalMs,
      seconds: Number(options.seconds),
      outageSeconds: Number(options.outage ?? (intervalMs * 2) / 1000),
    })
  : stages(Number(options.polls));
process.stdout.write(`${JSON.stringify(result)}\n`);
