import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../../agent/push/reply.ts';
import { Sender, type SenderOptions } from '../../../agent/push/sender.ts';
import { HttpTransport, type Transport } from '../../../agent/push/transport.ts';
import type { SqliteSpool } from '../../../agent/spool/sqlite-spool.ts';
import { BellwetherError } from '../../../core/errors.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { recordingLogger, startedSpool, type TempDir, tempDir } from '../spool/fixture.ts';
import { StandIn, status } from './stand-in.ts';

let dir: TempDir;
let spool: SqliteSpool;
let clock: FakeClock;
let metrics: SelfMetrics;
let abort: AbortController;
let running: Promise<void> | undefined;

beforeEach(() => {
  dir = tempDir();
  clock = new FakeClock();
  metrics = new SelfMetrics();
  abort = new AbortController();
  running = undefined;
});

afterEach(async () => {
  abort.abort();
  await clock.advance(60_000);
  await running;
  spool?.stop();
  dir.remove();
});

/** A transport that asks `answer` with the lines of each batch, and keeps when each came. */
class Scripted implements Transport {
  readonly batches: string[][] = [];
  readonly times: number[] = [];
  encodings = 2;
  answer: (lines: string[], signal: AbortSignal) => Reply | number | Promise<Reply | number>;

  constructor(answer: Scripted['answer'] = () => 204) {
    this.answer = answer;
  }

  async post(frames: readonly Uint8Array[], _rawBytes: number, signal: AbortSignal): Promise<Reply> {
    const text = frames.map((f) => zstdDecompressSync(f).toString('utf8')).join('');
    const lines = text.trimEnd().split('\n');
    this.batches.push(lines);
    this.times.push(clock.now());
    const reply = await this.answer(lines, signal);
    return typeof reply === 'number' ? { status: reply, headers: {}, body: '' } : reply;
  }

  changeEncoding(): boolean {
    this.encodings--;
    return this.encodings > 0;
  }
}

function add(...names: string[]): void {
  for (const name of names) spool.append(`${name}\n`, { lines: 1, time: clock.now() });
}

function run(transport: Transport, options: Partial<SenderOptions> = {}): ReturnType<typeof recordingLogger> {
  const recorder = recordingLogger();
  const sender = new Sender({
    spool,
    transport,
    clock,
    log: recorder.log,
    metrics,
    batchBytes: 1024,
    random: () => 0,
    ...options,
  });
  running = sender.run(abort.signal);
  return recorder;
}

async function metric(name: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((l) => l.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

const noAnswer = (): never => {
  throw new BellwetherError('BW_PUSH_RETRY', 'connect ECONNREFUSED', { retryable: true });
};

describe('with a collector that answers', () => {
  it('gathers for 200 ms after the first record, then sends all in one request', async () => {
    spool = startedSpool(dir, { clock });
    const transport = new Scripted();
    run(transport);
    await clock.advance(10_000);
    add('a');
    await clock.advance(150);
    add('b', 'c');
    expect(transport.batches).toEqual([]);
    await clock.advance(50);
    expect(transport.batches).toEqual([['a', 'b', 'c']]);
    expect(spool.stats().records).toBe(0);
    expect(await metric('bellwether_agent_push_lines_total{result="stored"}')).toBe(3);
  });

  it('does not wait between batches when there is more', async () => {
    spool = startedSpool(dir, { clock });
    add(...Array.from({ length: 40 }, (_, i) => `m${i}`.padEnd(99, 'x')));
    const transport = new Scripted();
    run(transport);
    await clock.advance(0);
    expect(transport.batches.map((b) => b.length)).toEqual([10, 10, 10, 10]);
  });

  it('passes on which devices the collector wants pinged now, from answers to what it took', async () => {
    spool = startedSpool(dir, { clock });
    const headers = { 'bellwether-probe': 'core1,fw1' };
    const answers = [{ status: 503, headers, body: '' }, { status: 204, headers, body: '' }, 204];
    const wanted: string[][] = [];
    run(new Scripted(() => answers.shift()!), { onProbe: (names) => void wanted.push([...names]) });
    add('a');
    await clock.advance(10_000);
    add('b');
    await clock.advance(10_000);
    expect(wanted).toEqual([['core1', 'fw1']]);
  });

  it('counts a partial write and does not send it again', async () => {
    spool = startedSpool(dir, { clock });
    const transport = new Scripted(() => ({
      status: 400,
      headers: {},
      body: '{"code":"invalid","message":"partial write: 2 lines dropped: line 2: no field"}',
    }));
    const { messages } = run(transport);
    add('a', 'b', 'c');
    await clock.advance(200);
    add('d', 'e', 'f');
    await clock.advance(60_000);
    expect(transport.batches).toHaveLength(2);
    expect(spool.stats().records).toBe(0);
    expect(await metric('bellwether_agent_push_lines_total{result="stored"}')).toBe(2);
    expect(await metric('bellwether_agent_push_lines_total{result="rejected"}')).toBe(4);
    expect(messages().filter((m) => m.includes('refused lines'))).toHaveLength(1);
  });

  it('finds the one record that is refused, drops it alone, and delivers every other once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(), fc.nat(), async (n, first, second) => {
        const own = tempDir();
        const bad = new Set([`m${first % n}`, `m${second % n}`]);
        const stop = new AbortController();
        clock = new FakeClock();
        const store = startedSpool(own, { clock });
        const stored: string[] = [];
        const transport = new Scripted((lines) => {
          if (lines.some((line) => bad.has(line))) return 422;
          stored.push(...lines);
          return 204;
        });
        for (let i = 0; i < n; i++) store.append(`m${i}\n`, { lines: 1, time: clock.now() });
        const { log } = recordingLogger();
        const sender = new Sender({
          spool: store,
          transport,
          clock,
          log,
          metrics: new SelfMetrics(),
          batchBytes: 4096,
        });
        const done = sender.run(stop.signal);
        await clock.advance(120_000);
        stop.abort();
        await done;
        expect(stored).toEqual(Array.from({ length: n }, (_, i) => `m${i}`).filter((m) => !bad.has(m)));
        expect(store.stats().records).toBe(0);
        store.stop();
        own.remove();
      }),
      { numRuns: 15 },
    );
  });

  it('slows down when every record is refused, so that a broken collector does not empty the spool', async () => {
    spool = startedSpool(dir, { clock });
    add(...Array.from({ length: 100 }, (_, i) => `m${i}`));
    const transport = new Scripted(() => 400);
    run(transport);
    await clock.advance(600_000);
    expect(spool.stats().records).toBeGreaterThan(70);
    const gaps = transport.times.map((t, i) => t - (transport.times[i - 1] ?? t));
    expect(gaps.at(-1)).toBe(30_000);
  });

  it('makes smaller batches after 413, and drops a single record that is too large', async () => {
    spool = startedSpool(dir, { clock });
    const big = 'x'.repeat(300);
    add(...Array.from({ length: 16 }, (_, i) => `m${i}`.padEnd(49, 'x')), big, 'end');
    const transport = new Scripted((lines) => (lines.join('\n').length > 250 ? 413 : 204));
    const { messages } = run(transport);
    await clock.advance(60_000);
    const stored = transport.batches.filter((lines) => lines.join('\n').length <= 250).flat();
    expect(stored.map((l) => l.replace(/x+$/, ''))).toEqual([...Array.from({ length: 16 }, (_, i) => `m${i}`), 'end']);
    expect(spool.stats().records).toBe(0);
    expect(await metric('bellwether_agent_push_lines_total{result="rejected"}')).toBe(1);
    expect(messages().some((m) => m.includes('smaller'))).toBe(true);
  });

  it('sends again at once in another encoding after 415, and keeps the batch when there is none', async () => {
    spool = startedSpool(dir, { clock });
    add('a');
    const transport = new Scripted(() => 415);
    const { entries } = run(transport);
    await clock.advance(1_000);
    expect(transport.batches).toHaveLength(2);
    expect(spool.stats().records).toBe(1);
    expect(entries.some((e) => e.level === 50 && String(e.reason).includes('encoding'))).toBe(true);
  });
});

describe('with a collector that does not take it', () => {
  it('backs off with jitter between half and all of 1, 2, 4 ... 60 s, and says so once', async () => {
    spool = startedSpool(dir, { clock });
    add('a');
    const transport = new Scripted(noAnswer);
    const { entries } = run(transport, { random: () => 0.5 });
    await clock.advance(200_000);
    const gaps = transport.times.map((t, i) => t - (transport.times[i - 1] ?? t)).slice(1);
    expect(gaps).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000, 45_000]);
    expect(entries.filter((e) => Number(e.level) >= 40)).toHaveLength(1);
    expect(await metric('bellwether_agent_push_up')).toBe(0);
  });

  it('honours Retry-After', async () => {
    spool = startedSpool(dir, { clock });
    add('a');
    const transport = new Scripted(() => ({ status: 429, headers: { 'retry-after': '100' }, body: '' }));
    run(transport);
    await clock.advance(99_999);
    expect(transport.batches).toHaveLength(1);
    await clock.advance(1);
    expect(transport.batches).toHaveLength(2);
  });

  it.each([401, 403, 404, 302])('keeps everything under %i, retries slowly, says so as an error', async (code) => {
    spool = startedSpool(dir, { clock });
    add('a', 'b');
    const transport = new Scripted(() => code);
    const { entries } = run(transport);
    await clock.advance(3_600_000);
    expect(spool.stats().records).toBe(2);
    expect(transport.batches.length).toBeLessThan(30);
    expect(entries.filter((e) => Number(e.level) >= 40)).toMatchObject([{ level: 50 }]);
    transport.answer = () => 204;
    await clock.advance(300_000);
    expect(spool.stats().records).toBe(0);
  });

  it('after an outage sends fresh records beside the backlog, each side in order, and says when it is back', async () => {
    spool = startedSpool(dir, { clock });
    const transport = new Scripted(noAnswer);
    const { messages } = run(transport, { batchBytes: 30 });
    add('a');
    await clock.advance(7_200_000);
    add(...Array.from({ length: 30 }, (_, i) => `old${String(i).padStart(2, '0')}xxxx`));
    let fresh = 0;
    transport.batches.length = 0;
    transport.answer = () => {
      if (fresh < 20) add(`new${String(fresh++).padStart(2, '0')}xxxx`);
      return 204;
    };
    await clock.advance(60_000);
    abort.abort();
    await running;
    const sent = transport.batches.flat();
    expect(sent.filter((l) => l.startsWith('old'))).toEqual(
      Array.from({ length: 30 }, (_, i) => `old${String(i).padStart(2, '0')}xxxx`),
    );
    // What came during the request that ended the outage is still backlog.
    const news = sent.filter((l) => l.startsWith('new') && l !== 'new00xxxx');
    expect(news).toHaveLength(19);
    expect(news).toEqual([...news].sort());
    // The first fresh record goes long before the last of the backlog.
    expect(sent.indexOf('new01xxxx')).toBeLessThan(10);
    expect(messages().some((m) => /again after 2h/.test(m))).toBe(true);
  });

  it('takes what an earlier run left as backlog', async () => {
    spool = startedSpool(dir, { clock });
    add(...Array.from({ length: 9 }, (_, i) => `old${i}xxxxx`));
    const transport = new Scripted(async (lines) => {
      if (lines[0] === 'old0xxxxx') add('new');
      return 204;
    });
    run(transport, { batchBytes: 30 });
    await clock.advance(1_000);
    expect(transport.batches.map((b) => b[0])).toEqual(['old0xxxxx', 'new', 'old3xxxxx', 'old6xxxxx']);
  });
});

describe('stopping', () => {
  it('waits for the answer to the request under way, and takes it', async () => {
    spool = startedSpool(dir, { clock });
    add('a');
    let answer: (status: number) => void = () => {};
    run(new Scripted(() => new Promise<number>((resolve) => (answer = resolve))));
    await clock.advance(0);
    abort.abort();
    await clock.advance(3_000);
    answer(204);
    await running;
    expect(spool.stats().records).toBe(0);
  });

  it('gives up after 4.5 s and keeps the batch', async () => {
    spool = startedSpool(dir, { clock });
    add('a');
    const { entries } = run(
      new Scripted(
        (_lines, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    );
    await clock.advance(0);
    abort.abort();
    await clock.advance(4_500);
    await running;
    expect(spool.stats().records).toBe(1);
    expect(entries).toEqual([]);
  });

  it('ends at once when idle or backing off', async () => {
    spool = startedSpool(dir, { clock });
    run(new Scripted());
    await clock.advance(0);
    abort.abort();
    await running;
    abort = new AbortController();
    metrics = new SelfMetrics();
    add('a');
    run(new Scripted(noAnswer));
    await clock.advance(100);
    abort.abort();
    await running;
    expect(spool.stats().records).toBe(1);
  });
});

it('does not spin when the spool cannot be cleared: the batch comes again, slowly', async () => {
  spool = startedSpool(dir, { clock });
  add('a');
  const ack = spool.ack.bind(spool);
  let broken = true;
  spool.ack = (batch) => {
    if (broken) throw new BellwetherError('BW_SPOOL', 'cannot write the spool', { retryable: true });
    ack(batch);
  };
  const transport = new Scripted();
  run(transport);
  await clock.advance(60_000);
  expect(transport.batches.length).toBeLessThan(10);
  broken = false;
  await clock.advance(60_000);
  expect(spool.stats().records).toBe(0);
});

it('over real HTTP: a collector that fails in every way, goes down and comes back gets every line', async () => {
  const collector = await new StandIn().start();
  spool = startedSpool(dir, { clock: systemClock });
  const stored: string[] = [];
  collector.otherwise = (request, response) => {
    stored.push(...request.text.trimEnd().split('\n'));
    response.writeHead(204).end();
  };
  collector.answers.push(
    status(503, '', { 'retry-after': '0' }),
    () => {},
    (_request, response) => void response.destroy(),
    status(415),
    status(429, '', { 'retry-after': '0' }),
  );
  const transport = new HttpTransport({ url: collector.url, token: 't', timeoutMs: 300, clock: systemClock });
  transport.start();
  // The back-off of seconds is another test's matter.
  const hasty = { ...systemClock, sleep: (ms: number, s?: AbortSignal) => systemClock.sleep(Math.min(ms, 20), s) };
  const { messages } = run(transport, { clock: hasty, batchBytes: 200 });
  const all = Array.from({ length: 100 }, (_, i) => `m v=${i}i`);
  for (const line of all.slice(0, 40)) spool.append(`${line}\n`, { lines: 1, time: systemClock.now() });
  await collector.until(() => stored.length >= 40);
  await collector.stop();
  for (const line of all.slice(40)) spool.append(`${line}\n`, { lines: 1, time: systemClock.now() });
  await collector.start();
  await collector.until(() => new Set(stored).size >= 100);
  abort.abort();
  await running;
  await transport.stop();
  await collector.stop();
  expect([...new Set(stored)].sort()).toEqual([...all].sort());
  expect(spool.stats().records).toBe(0);
  expect(collector.received.at(-1)?.headers['content-encoding']).toBe('gzip');
  expect(messages().filter((m) => m.includes('do not get through')).length).toBeGreaterThan(0);
});
