import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reply } from '../../../agent/push/reply.ts';
import { Sender } from '../../../agent/push/sender.ts';
import type { Transport } from '../../../agent/push/transport.ts';
import type { RecordClass } from '../../../agent/spool/spool.ts';
import type { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startedSpool, type TempDir, tempDir } from '../spool/fixture.ts';

const DEVICES = 20;
const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;
/** Lines of one poll: the device and three interfaces. */
const LINES = 4;
/** How long the collector takes for a request. */
const ANSWER_MS = 1_000;
/** Some twenty polls: the day is some 1,440 requests. */
const BATCH_BYTES = 7 * 1024;

interface Delivered {
  readonly device: string;
  readonly time: number;
  readonly event: boolean;
  /** Number of the request that brought it, and when it came. */
  readonly request: number;
  readonly at: number;
}

/** A collector that can be out of reach, and keeps what it took. */
class Collector implements Transport {
  readonly delivered: Delivered[] = [];
  readonly clock: FakeClock;
  isUp = true;
  requests = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  async post(frames: readonly Uint8Array[]): Promise<Reply> {
    if (!this.isUp) throw new BellwetherError('BW_PUSH_RETRY', 'connect ECONNREFUSED', { retryable: true });
    const request = ++this.requests;
    await this.clock.sleep(ANSWER_MS);
    for (const frame of frames) {
      const lines = zstdDecompressSync(frame).toString().trimEnd().split('\n');
      for (const line of lines) {
        const [, measurement, device, time] = /^(\w+),device=(\S+?)(?:,ifIndex=\d+)? \S+ (\d+)$/.exec(line)!;
        const event = measurement === 'event';
        this.delivered.push({ device: device!, time: Number(time), event, request, at: this.clock.now() });
      }
    }
    return { status: 204, headers: {}, body: '' };
  }

  changeEncoding(): boolean {
    return false;
  }
}

let dir: TempDir;
let clock: FakeClock;
let collector: Collector;
let spool: SqliteSpool;
let stop: () => Promise<void>;
let appended: { metrics: number; events: number };

beforeEach(() => {
  dir = tempDir();
  clock = new FakeClock();
  collector = new Collector(clock);
  appended = { metrics: 0, events: 0 };
});

afterEach(async () => {
  await stop();
  dir.remove();
});

function start(options: { maxBytes?: number; maxAgeMs?: number } = {}): void {
  spool = startedSpool(dir, { clock, ...options });
  const abort = new AbortController();
  const sender = new Sender({
    spool,
    transport: collector,
    clock,
    log: createLogger('test', 'silent'),
    metrics: new SelfMetrics(),
    batchBytes: BATCH_BYTES,
    random: () => 0.5,
  });
  const running = sender.run(abort.signal);
  stop = async () => {
    abort.abort();
    await clock.advance(10_000);
    await running;
    spool.stop();
  };
}

function append(text: string, lines: number, kind: RecordClass): void {
  spool.append(text, { lines, time: clock.now(), class: kind });
  appended[kind === 'event' ? 'events' : 'metrics'] += lines;
}

/** Polls of all devices, spread over each minute; `events` of them also report an event every hour. */
async function run(minutes: number, events = 0, each: () => void = () => {}): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    for (let d = 0; d < DEVICES; d++) {
      const time = clock.now();
      const octets = (d + 1) * time;
      append(
        `snmp,device=sw${d} uptime=${time / 1000} ${time}\n${Array.from({ length: LINES - 1 }, (_, i) => `interface,device=sw${d},ifIndex=${i} ifHCInOctets=${octets * (i + 3)}i,ifHCOutOctets=${octets * (i + 7)}i ${time}\n`).join('')}`,
        LINES,
        'metric',
      );
      if (minute % 60 === 30 && d < events) append(`event,device=sw${d} state="down" ${time}\n`, 1, 'event');
      await clock.advance(MINUTE / DEVICES);
    }
    each();
  }
}

/** Times of a device's samples in the order in which they came, each once for the lines of one poll. */
function timesOf(device: string, which: (one: Delivered) => boolean): number[] {
  const times: number[] = [];
  for (const one of collector.delivered)
    if (one.device === device && !one.event && which(one) && times.at(-1) !== one.time) times.push(one.time);
  return times;
}

const inOrder = (times: readonly number[]): boolean => times.every((time, k) => k === 0 || time > times[k - 1]!);

it('delivers a day of outage beside what is fresh: nothing lost, nothing twice, nothing fresh that waits', {
  timeout: 120_000,
}, async () => {
  start();
  await run(10);
  collector.isUp = false;
  await run(DAY_MINUTES / 2);
  // The agent restarts in the middle of it.
  await stop();
  start();
  await run(DAY_MINUTES / 2);
  const backlog = spool.stats().records;
  expect(backlog).toBeGreaterThanOrEqual(DAY_MINUTES * DEVICES);

  collector.isUp = true;
  const before = collector.requests;
  const [back, backAt] = [collector.delivered.length, clock.now()];
  let drainedAt: number | undefined;
  await run(90, 0, () => {
    // Of one minute: what is fresh.
    if (spool.stats().records < DEVICES) drainedAt ??= clock.now();
  });
  const after = collector.delivered.slice(back);
  const isFresh = ({ time }: Delivered): boolean => time > firstAnswer;
  const firstAnswer = after[0]!.at;

  // Fresh first: what came after the first answer takes its turn with each second request.
  const fresh = after.filter(isFresh);
  expect(fresh.length).toBeGreaterThan(80 * DEVICES * LINES);
  for (const one of fresh) expect(one.at - one.time).toBeLessThanOrEqual(4 * ANSWER_MS);
  // The backlog alongside: the requests it takes, as many for fresh ones, and those that end the outage.
  expect(firstAnswer - backAt).toBeLessThanOrEqual(62_000);
  expect(drainedAt).toBeDefined();
  const requests = Math.ceil((backlog * LINES) / ((after.length - fresh.length) / requestsOf(after, isFresh).backlog));
  expect(drainedAt! - backAt).toBeLessThanOrEqual(62_000 + 2 * requests * ANSWER_MS + 2 * MINUTE);
  expect(collector.requests - before).toBeLessThan(5_000);

  await clock.advance(10_000);
  for (let d = 0; d < DEVICES; d++) {
    expect(inOrder(timesOf(`sw${d}`, isFresh))).toBe(true);
    expect(inOrder(timesOf(`sw${d}`, (one) => !isFresh(one)))).toBe(true);
  }
  const keys = new Map<string, number>();
  for (const { device, time } of collector.delivered)
    keys.set(`${device} ${time}`, (keys.get(`${device} ${time}`) ?? 0) + 1);
  expect([...keys.values()].every((lines) => lines === LINES)).toBe(true);
  expect(keys.size * LINES).toBe(appended.metrics);
  expect(spool.stats()).toMatchObject({ records: 0, lines: 0, dropped: { full: 0, age: 0, disk: 0, corrupt: 0 } });
});

/** How many requests brought backlog, and how many brought fresh records. */
function requestsOf(delivered: readonly Delivered[], isFresh: (one: Delivered) => boolean) {
  const of = (which: boolean): number =>
    new Set(delivered.filter((one) => isFresh(one) === which).map(({ request }) => request)).size;
  return { backlog: of(false), fresh: of(true) };
}

it('with a spool too small for the day drops the oldest metrics and no event, and counts each line', {
  timeout: 120_000,
}, async () => {
  start({ maxBytes: 1024 ** 2 });
  collector.isUp = false;
  await run(DAY_MINUTES, 5);
  collector.isUp = true;
  await run(20, 5);
  await clock.advance(10_000);

  const { dropped, records } = spool.stats();
  expect(records).toBe(0);
  expect(appended.events).toBe(24 * 5);
  expect(collector.delivered.filter(({ event }) => event)).toHaveLength(appended.events);
  const metrics = collector.delivered.filter(({ event }) => !event);
  expect(dropped).toEqual({ full: appended.metrics - metrics.length, age: 0, disk: 0, corrupt: 0 });
  expect(dropped.full).toBeGreaterThan(appended.metrics / 2);
  expect(metrics.length).toBeGreaterThan(appended.metrics / 20);
  // What is left of each device is its newest samples, without a gap.
  for (let d = 0; d < DEVICES; d++) {
    const times = timesOf(`sw${d}`, () => true).sort((a, b) => a - b);
    for (const [k, time] of times.entries()) if (k > 0) expect(time - times[k - 1]!).toBe(MINUTE);
    expect(clock.now() - times.at(-1)!).toBeLessThan(2 * MINUTE);
  }
});

it('drops what is past its age during the outage, and says how much', { timeout: 120_000 }, async () => {
  const hours = 6;
  start({ maxAgeMs: hours * 60 * MINUTE });
  collector.isUp = false;
  await run(12 * 60);
  collector.isUp = true;
  await run(30);
  await clock.advance(10_000);
  const { dropped, records } = spool.stats();
  expect(records).toBe(0);
  expect(dropped).toEqual({ full: 0, age: appended.metrics - collector.delivered.length, disk: 0, corrupt: 0 });
  // Six of the twelve hours, and what aged while it waited its turn.
  expect(dropped.age).toBeGreaterThan((appended.metrics * 5.5) / 12.5);
  expect(dropped.age).toBeLessThan((appended.metrics * 7) / 12.5);
});
