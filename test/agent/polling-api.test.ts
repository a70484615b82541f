import { afterEach, beforeEach, expect, it } from 'vitest';
import { PollBook } from '../../agent/poll/poll-book.ts';
import { answerPolling } from '../../agent/polling-api.ts';
import { Lifecycle } from '../../runtime/lifecycle.ts';
import { createLogger } from '../../runtime/logger.ts';
import { serveMetrics } from '../../runtime/metrics-server.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { poll, START, silence } from './poll/poll-fixture.ts';

let life: Lifecycle;
beforeEach(() => {
  life = new Lifecycle(createLogger('test', 'silent'), new FakeClock());
});
afterEach(() => life.stop('test'));

/** A slow, a good and a silent device, and as many good ones more. */
function bookOf(more = 0): PollBook {
  const book = new PollBook();
  const names = ['good', 'slow', 'gone', ...Array.from({ length: more }, (_, i) => `more${i}`)];
  book.begin(names.map((name) => ({ name, intervalMs: 60_000, snmp: {} })));
  for (const name of names) {
    const one = name === 'gone' ? silence(START) : poll(START, name === 'slow' ? { durationMs: 30_000 } : {});
    book.of(name).polled(one, one.time + one.durationMs);
  }
  book.of('slow').askedAnew('max-repetitions reduced to 10', START + 1);
  return book;
}

interface Answer {
  readonly error: string;
  readonly devices: number;
  readonly verdicts: Record<string, number>;
  readonly slowest: readonly Record<string, unknown>[];
}

function ask(query: string, book = bookOf()): { status: number; body: Answer } {
  return answerPolling(book, new URLSearchParams(query), START + 1_000) as { status: number; body: Answer };
}

it('tells of each device how it is polled and why so, the slowest first', () => {
  const { status, body } = ask('');
  expect([status, body.devices, body.verdicts]).toEqual([
    200,
    3,
    { failing: 0, late: 0, lossy: 0, slow: 1, silent: 1, ok: 1 },
  ]);
  expect(body.slowest.map(({ device }) => device)).toEqual(['slow', 'gone', 'good']);
  expect(body.slowest[0]).toEqual({
    ...{ device: 'slow', verdict: 'slow', cause: 'max-repetitions reduced to 10; 12 requests take 30.0 s' },
    ...{ time: START, meanMs: 30_000, maxMs: 30_000, sharePercent: 50, intervalS: null, wantedIntervalS: 60 },
    ...{ polls: 1, failed: 0, skipped: 0, requests: 12, retries: 0, timeouts: 0 },
    last: { outcome: 'ok', durationMs: 30_000, intervalS: null },
    adaptation: { text: 'max-repetitions reduced to 10', at: START + 1 },
    stranger: null,
    total: {
      polls: { ok: 1 },
      ...{ requests: 12, retries: 0, timeouts: 0, adaptations: 1, skipped: 0 },
      faults: { malformed: 0, wrong_source: 0, late: 0 },
    },
  });
  expect(body.slowest[1]).toMatchObject({ total: { polls: { ok: 0, BW_SNMP_TIMEOUT: 1 }, timeouts: 2 } });
});

it.each([
  ['slowest=1', ['slow']],
  ['slowest=1000', ['slow', 'gone', 'good']],
  ['device=good', ['good']],
])('%s', (query, devices) => {
  const { body } = ask(query);
  expect([body.devices, body.slowest.map(({ device }) => device)]).toEqual([3, devices]);
});

it.each(['slowest=0', 'slowest=1001', 'slowest=', 'slowest=x', 'slowest=-1', 'slowest=1&slowest=2', 'fastest=3', '=1'])(
  '%s is refused with what is expected',
  (query) => {
    expect(ask(query)).toEqual({
      status: 400,
      body: { error: expect.stringContaining('expected `slowest` (1 to 1000)') },
    });
  },
);

it('a device that is not polled is not found', () => {
  expect(ask('device=nobodys').status).toBe(404);
});

it('an answer has a thousand devices at most, and says how many there are', () => {
  const { body } = ask('', bookOf(1_500));
  expect([body.devices, body.slowest.length]).toEqual([1_503, 1_000]);
});

it('is served beside the metrics', async () => {
  const book = bookOf();
  const routes = { '/api/v1/polling': (query: URLSearchParams) => answerPolling(book, query, START) };
  const url = await serveMetrics(life, new SelfMetrics(), { host: '127.0.0.1', port: 0 }, routes);
  const reply = await fetch(new URL('/api/v1/polling?slowest=2', url));
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(((await reply.json()) as Answer).slowest.map(({ device }) => device)).toEqual(['slow', 'gone']);
  expect((await fetch(new URL('/api/v1/polling?slowest=no', url))).status).toBe(400);
});
