import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announcesZstd } from '../../../agent/push/encoding.ts';
import { HttpTransport, type TransportOptions } from '../../../agent/push/transport.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { type Answer, StandIn, status } from './stand-in.ts';

const TEXTS = ['a v=1 1\n', 'b v=2 2\nc v=3 3\n', 'd v=4 4\n'];
const FRAMES = TEXTS.map((text) => zstdCompressSync(text));
const RAW_BYTES = TEXTS.join('').length;

let collector: StandIn;
let transports: HttpTransport[] = [];

beforeEach(async () => {
  collector = await new StandIn().start();
});

afterEach(async () => {
  for (const t of transports) await t.stop();
  transports = [];
  await collector.stop();
});

function started(options: Partial<TransportOptions> = {}): HttpTransport {
  const transport = new HttpTransport({
    url: collector.url,
    token: 'secret-token',
    timeoutMs: 5_000,
    clock: systemClock,
    ...options,
  });
  transport.start();
  transports.push(transport);
  return transport;
}

const post = (transport: HttpTransport, signal = new AbortController().signal) =>
  transport.post(FRAMES, RAW_BYTES, signal);

describe('the request', () => {
  it('is a v2 write in zstd to a collector that announces it', async () => {
    expect(await post(started())).toMatchObject({ status: 204, body: '' });
    const [request] = collector.received;
    expect(request?.url).toBe('/api/v2/write?precision=ms');
    expect(request?.headers).toMatchObject({
      authorization: 'Token secret-token',
      'content-type': 'text/plain; charset=utf-8',
      'content-encoding': 'zstd',
    });
    expect(request?.raw).toEqual(Buffer.concat(FRAMES));
    expect(request?.text).toBe(TEXTS.join(''));
    expect(collector.pings).toHaveLength(1);
    expect(collector.pings[0]?.headers.authorization).toBeUndefined();
  });

  it('is in gzip to anything else, and asks only once', async () => {
    collector.announce = undefined;
    const transport = started();
    await post(transport);
    await post(transport);
    expect(collector.received.map((r) => r.headers['content-encoding'])).toEqual(['gzip', 'gzip']);
    expect(collector.received[1]?.text).toBe(TEXTS.join(''));
    expect(collector.pings).toHaveLength(1);
  });

  it('changes to zstd when a write reply announces it, and for good to gzip when it was refused', async () => {
    collector.announce = 'gzip';
    const transport = started();
    await post(transport);
    collector.announce = 'zstd';
    await post(transport);
    await post(transport);
    expect(transport.changeEncoding()).toBe(true);
    expect(transport.changeEncoding()).toBe(false);
    await post(transport);
    await post(transport);
    expect(collector.received.map((r) => r.headers['content-encoding'])).toEqual([
      'gzip',
      'gzip',
      'zstd',
      'gzip',
      'gzip',
    ]);
  });

  it('keeps a path prefix and query parameters of the base URL', async () => {
    await post(started({ url: `${collector.url}/monitoring/?org=o&bucket=b` }));
    expect(collector.received[0]?.url).toBe('/monitoring/api/v2/write?org=o&bucket=b&precision=ms');
  });

  it('reads Accept-Encoding as HTTP means it', () => {
    expect(announcesZstd('gzip, ZSTD;q=0.5')).toBe(true);
    expect(announcesZstd('gzip, zstd;q=0')).toBe(false);
    expect(announcesZstd('xzstd')).toBe(false);
    expect(announcesZstd(undefined)).toBe(false);
  });
});

describe('the answer', () => {
  it('comes back as it is, with headers in lower case', async () => {
    collector.otherwise = status(429, '{"message":"slow"}', { 'Retry-After': '3' });
    expect(await post(started())).toMatchObject({
      status: 429,
      body: '{"message":"slow"}',
      headers: { 'retry-after': '3' },
    });
  });

  it('is read to 64 KiB at most', async () => {
    collector.otherwise = status(400, 'x'.repeat(5_000_000));
    const transport = started();
    expect((await post(transport)).body).toHaveLength(64 * 1024);
    collector.otherwise = status(204);
    expect((await post(transport)).status).toBe(204);
  });

  it('redirects are not followed', async () => {
    collector.otherwise = status(307, '', { location: `${collector.url}/elsewhere` });
    expect((await post(started())).status).toBe(307);
    expect(collector.received).toHaveLength(1);
  });
});

describe('no answer is BW_PUSH_RETRY, without the token in its text', () => {
  const cases: readonly [name: string, answer: Answer | undefined, message: RegExp][] = [
    ['nobody listens', undefined, /ECONNREFUSED/],
    ['it hangs', () => {}, /no complete answer within 300 ms/],
    [
      'it begins an answer and never ends it',
      (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('par'),
      /no complete answer within 300 ms/,
    ],
    ['it resets', (_request, response) => void response.destroy(), /socket hang up|ECONNRESET/],
    [
      'it closes in the middle of its body',
      (_request, response) => {
        response.writeHead(400, { 'content-length': '100' });
        response.write('par', () => response.destroy());
      },
      /ECONNRESET|aborted/,
    ],
  ];
  for (const [name, answer, message] of cases)
    it(name, async () => {
      if (answer) collector.otherwise = answer;
      else await collector.stop();
      const error = await post(started({ timeoutMs: 300 })).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'BW_PUSH_RETRY', retryable: true, message: expect.stringMatching(message) });
      expect(String((error as Error).stack)).not.toContain('secret-token');
    });

  it('the caller gives up', async () => {
    collector.otherwise = () => {};
    const giveUp = new AbortController();
    const pending = post(started(), giveUp.signal).catch((e: unknown) => e);
    await collector.until(() => collector.received.length === 1);
    giveUp.abort(new Error('stopping'));
    expect(await pending).toMatchObject({ code: 'BW_PUSH_RETRY', message: 'stopping' });
  });
});
