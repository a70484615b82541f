import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTHING_KNOWN } from '../../../collector/calendar/feed.ts';
import { fetchFeed } from '../../../collector/calendar/feed-fetch.ts';
import { MAX_CALENDAR_BYTES } from '../../../collector/engagement/calendar/ical.ts';
import type { GuardedClient } from '../../../collector/outbound/guarded-request.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { GOOGLE } from '../engagement/calendar/ical-texts.ts';
import { FeedServer, serve } from './feed-server.ts';

let server: FeedServer;
let other: FeedServer;
beforeEach(async () => {
  server = await new FeedServer().start();
  other = await new FeedServer().start();
});
afterEach(async () => {
  await server.stop();
  await other.stop();
});

const LOCAL: GuardedClient = {
  clock: systemClock,
  policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }),
  timeoutMs: 5_000,
};
const never = new AbortController().signal;
const fetch = (address = server.url, client: Partial<GuardedClient> = {}, known = NOTHING_KNOWN, signal = never) =>
  fetchFeed(address, known, { ...LOCAL, ...client }, signal);
const failed = (reason: string) => ({ kind: 'failed', reason: expect.stringContaining(reason) });

describe('a feed', () => {
  it('comes with what its server calls it, and is asked for by that the next time', async () => {
    server.answer = (res, req) => {
      if (
        req.headers['if-none-match'] === 'W/"a"' &&
        req.headers['if-modified-since'] === 'Mon, 01 Mar 2027 08:00:00 GMT'
      )
        return void res.writeHead(304).end();
      res.writeHead(200, { etag: 'W/"a"', 'last-modified': 'Mon, 01 Mar 2027 08:00:00 GMT' }).end(GOOGLE);
    };
    const first = await fetch();
    const known = { etag: 'W/"a"', lastModified: 'Mon, 01 Mar 2027 08:00:00 GMT' };
    expect(first).toEqual({ kind: 'text', text: GOOGLE, ...known });
    expect(await fetch(server.url, {}, known)).toEqual({ kind: 'unchanged' });
    expect(server.requests[0]!.headers['if-none-match']).toBeUndefined();
    expect(server.requests[0]!.url).toBe('/district.ics?key=secret');
  });

  it.each(['gzip', 'br', 'deflate'] as const)('may be packed (%s)', async (encoding) => {
    const { gzipSync: gzip, brotliCompressSync: br, deflateSync: deflate } = await import('node:zlib');
    const body = { gzip, br, deflate }[encoding](GOOGLE);
    server.answer = (res) => void res.writeHead(200, { 'content-encoding': encoding }).end(body);
    expect(await fetch()).toMatchObject({ kind: 'text', text: GOOGLE });
  });

  it('may be in the letters of old programs', async () => {
    server.answer = (res) =>
      void res.writeHead(200, { 'content-type': 'text/calendar; charset="ISO-8859-1"' }).end(Buffer.from([0x45, 0xe9]));
    expect(await fetch()).toMatchObject({ text: 'Eé' });
    server.answer = (res) => void res.writeHead(200, { 'content-type': 'text/calendar; charset=klingon' }).end('é');
    expect(await fetch()).toMatchObject({ text: 'é' });
  });

  it('webcal: means https', async () => {
    expect(await fetch(server.url.replace('http:', 'webcal:'))).toEqual(failed('127.0.0.1:'));
    expect(server.requests).toEqual([]);
  });
});

describe('redirects', () => {
  it('are followed three times, to another server too, with what is known', async () => {
    const to = (n: number) => (n === 3 ? other.url : `/hop${n + 1}`);
    server.answer = (res, req) => void res.writeHead(n(req.url!) % 2 ? 301 : 307, { location: to(n(req.url!)) }).end();
    const n = (url: string) => Number(/hop(\d)/.exec(url)?.[1] ?? 0);
    other.answer = serve(GOOGLE, '"a"');
    expect(await fetch(`http://127.0.0.1:${server.port}/hop1`)).toMatchObject({ kind: 'text', text: GOOGLE });
    const known = { etag: '"a"', lastModified: null };
    expect(await fetch(`http://127.0.0.1:${server.port}/hop1`, {}, known)).toEqual({ kind: 'unchanged' });
    expect(await fetch(`http://127.0.0.1:${server.port}/hop0`)).toEqual(failed('more than 3 redirects'));
  });

  it('pass the guard, each', async () => {
    other.answer = serve(GOOGLE);
    server.answer = (res) => void res.writeHead(302, { location: `http://127.0.0.2:${other.port}/` }).end();
    const policy = () => ({ allow: ['127.0.0.1/32'], ports: [] });
    expect(await fetch(server.url, { policy })).toEqual(failed('address refused: 127.0.0.2 is not public (loopback)'));
    server.answer = (res) => void res.writeHead(302, { location: 'file:///etc/passwd' }).end();
    expect(await fetch()).toEqual(failed('address refused: scheme file, not https'));
    server.answer = (res) => void res.writeHead(302, { location: 'http://[' }).end();
    expect(await fetch()).toEqual(failed('redirected to what is no URL'));
    server.answer = (res) => void res.writeHead(302).end();
    expect(await fetch()).toEqual(failed('status 302'));
    expect(other.requests).toEqual([]);
  });
});

describe('a feed that cannot be fetched', () => {
  it.each([204, 401, 403, 404, 410, 500, 503])('status %i', async (status) => {
    server.answer = (res) => void res.writeHead(status).end();
    expect(await fetch()).toEqual(failed(`status ${status}`));
  });

  it('unchanged, though nothing was known', async () => {
    server.answer = (res) => void res.writeHead(304).end();
    expect(await fetch()).toEqual(failed('unchanged'));
  });

  it('an address that the guard refuses, before any connection', async () => {
    const closed = { policy: () => ({ allow: [], ports: [] }) };
    expect(await fetch(server.url, closed)).toEqual(failed('address refused: 127.0.0.1 is not public (loopback)'));
    const resolve = async () => ['10.0.0.1'];
    expect(await fetch('https://calendar.example/x', { ...closed, resolve })).toEqual(failed('10.0.0.1 is not public'));
    expect(await fetch('ftp://calendar.example/x')).toEqual(failed('scheme ftp'));
    expect(await fetch('nonsense')).toEqual(failed('not a URL'));
    expect(server.requests).toEqual([]);
  });

  it('a name that cannot be resolved', async () => {
    const resolve = async () => Promise.reject(new Error('ENOTFOUND'));
    expect(await fetch('https://calendar.example/x', { resolve })).toEqual(
      failed('calendar.example cannot be resolved: ENOTFOUND'),
    );
  });

  it('no answer in time; the reason does not tell the path, which may be a secret', async () => {
    server.answer = () => {};
    const reason = `127.0.0.1:${server.port}: no answer within 100 ms`;
    expect(await fetch(server.url, { timeoutMs: 100 })).toEqual({ kind: 'failed', reason });
  });

  it('an answer that does not end in time, or breaks off', async () => {
    server.answer = (res) => void res.writeHead(200, { 'content-length': 1000 }).write('BEGIN:VCALENDAR');
    expect(await fetch(server.url, { timeoutMs: 100 })).toEqual(failed('took longer than 100 ms'));
    server.answer = (res) => {
      res.writeHead(200, { 'content-length': 1000 }).write('BEGIN:VCALENDAR', () => res.destroy());
    };
    expect(await fetch()).toEqual(failed('the answer broke off'));
  });

  it('nobody listens', async () => {
    const { url } = server;
    await server.stop();
    expect(await fetch(url)).toEqual(failed('ECONNREFUSED'));
    await server.start();
  });

  it('the process stops', async () => {
    const stop = new AbortController();
    server.answer = () => stop.abort();
    expect(await fetch(server.url, {}, NOTHING_KNOWN, stop.signal)).toMatchObject({ kind: 'failed' });
  });

  it('more than 5 MB, as it comes or unpacked', async () => {
    const big = Buffer.alloc(MAX_CALENDAR_BYTES + 1, 'x');
    server.answer = (res) => void res.writeHead(200).end(big);
    expect(await fetch()).toEqual(failed('larger than 5 MB'));
    server.answer = (res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big));
    expect(await fetch()).toEqual(failed('larger than 5 MB'));
    server.answer = (res) => void res.writeHead(200).end(big.subarray(1));
    expect(await fetch()).toMatchObject({ kind: 'text' });
  });

  it('packed in a way that nobody knows, or badly', async () => {
    server.answer = (res) => void res.writeHead(200, { 'content-encoding': 'lzma' }).end('x');
    expect(await fetch()).toEqual(failed('content encoding "lzma" is not known here'));
    server.answer = (res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    expect(await fetch()).toEqual(failed('cannot be decompressed'));
  });
});
