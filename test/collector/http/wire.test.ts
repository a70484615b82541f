import { type Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Batch } from '../../../collector/http/ingest.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { listen, rawConnection, type TestServer, type TestServerOptions, testServer } from './test-server.ts';

let server: TestServer;
let port: number;
let url: string;

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await testServer({ clock: systemClock, ...options });
  ({ port, url } = await listen(server.app));
}
afterEach(() => server.close());

const GOOD = 'm v=1 1790000000000000000\n';

function head(length: string, token = server.north): string {
  return `POST /api/v2/write HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n${length}\r\n\r\n`;
}

const idle = async () => (await server.metric('bellwether_collector_ingest_in_flight')) === 0;

describe('a body that comes slowly', () => {
  it('is answered 503 at the deadline, not 408, and holds no place after', async () => {
    await start({ settings: { writeTimeoutMs: 200 } });
    const { socket, received } = await rawConnection(port);
    socket.write(`${head('Content-Length: 1000')}m v=1`);
    await expect.poll(received).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5[\s\S]*not stored within 200 ms/);
    await expect.poll(idle).toBe(true);
    expect(server.batches).toEqual([]);
    socket.destroy();
  });

  it('does not keep the server from stopping', async () => {
    await start();
    const { socket, closed } = await rawConnection(port);
    socket.write(`${head('Content-Length: 1000')}m v=1`);
    await expect.poll(idle).toBe(false);
    await server.app.close();
    await closed;
    expect(server.batches).toEqual([]);
  });
});

describe('a client that goes away', () => {
  it('in the middle of the body leaves nothing behind', async () => {
    await start();
    const { socket } = await rawConnection(port);
    socket.write(`${head('Content-Length: 1000')}${GOOD}`);
    await expect.poll(idle).toBe(false);
    socket.destroy();
    await expect.poll(idle).toBe(true);
    expect(server.batches).toEqual([]);
    expect(await server.metric('bellwether_collector_ingest_batches_total', { result: 'gone' })).toBe(1);
    expect((await server.write(GOOD)).status).toBe(204);
  });

  it('while its batch is being stored is told to the store', async () => {
    const seen: AbortSignal[] = [];
    await start({
      ingest: (batch: Batch, signal: AbortSignal) =>
        new Promise((resolve) => {
          seen.push(signal);
          signal.addEventListener('abort', () => resolve({ written: batch.samples.length, rejected: [] }));
        }),
    });
    const { socket } = await rawConnection(port);
    socket.write(`${head(`Content-Length: ${GOOD.length}`)}${GOOD}`);
    await expect.poll(() => seen.length).toBe(1);
    expect(seen[0]?.aborted).toBe(false);
    socket.destroy();
    await expect.poll(() => seen[0]?.aborted).toBe(true);
    await expect.poll(idle).toBe(true);
  });
});

describe('a body over the limit', () => {
  it('announced by its length: 413 is readable though the client sends all of it, and the connection goes on', async () => {
    await start({ settings: { bodyLimit: 1_000 } });
    const big = 'x'.repeat(5_000_000);
    const { socket, received } = await rawConnection(port);
    socket.write(head(`Content-Length: ${big.length}`));
    socket.write(big);
    await expect.poll(received, { timeout: 10_000 }).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"request too large"/);
    socket.write(`${head(`Content-Length: ${GOOD.length}`)}${GOOD}`);
    await expect.poll(received, { timeout: 10_000 }).toMatch(/HTTP\/1\.1 204 /);
    socket.destroy();
  });

  it('in chunks of unknown length', async () => {
    await start({ settings: { bodyLimit: 1_000 } });
    const { socket, received } = await rawConnection(port);
    socket.write(head('Transfer-Encoding: chunked'));
    for (let i = 0; i < 20; i++) socket.write(`64\r\n${'x'.repeat(100)}\r\n`);
    await expect.poll(received).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('is not read at all for a wrong token', async () => {
    await start();
    const { socket, received } = await rawConnection(port);
    socket.write(head('Content-Length: 1000000', 'bw_wrong'));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 401 /);
    expect(await server.metric('bellwether_collector_ingest_bytes_total')).toBe(0);
    socket.destroy();
  });
});

/** 200 MiB of zeros in one frame, made without ever holding them. */
async function bombOf(compressor: Duplex): Promise<Buffer> {
  const mebibyte = Buffer.alloc(1024 ** 2);
  Readable.from(Array.from({ length: 200 }, () => mebibyte)).pipe(compressor);
  return buffer(compressor);
}

describe('a decompression bomb', () => {
  it.each([
    ['gzip', () => createGzip()],
    ['zstd', () => createZstdCompress()],
  ])('of %s is stopped at the limit, in memory, too', async (encoding, create) => {
    await start({ settings: { inflatedLimit: 4 * 1024 ** 2 } });
    const bomb = await bombOf(create());
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    }, 1);
    const reply = await fetch(`${url}/api/v2/write`, {
      method: 'POST',
      headers: { authorization: `Token ${server.north}`, 'content-encoding': encoding },
      body: new Uint8Array(bomb),
    });
    clearInterval(watch);
    expect(reply.status).toBe(413);
    expect(await server.metric('bellwether_collector_ingest_bytes_total', { form: 'plain' })).toBe(0);
    expect(peak - before).toBeLessThan(64 * 1024 ** 2);
  });
});

describe('whatever arrives', () => {
  const encodings = fc.constantFrom(undefined, 'gzip', 'zstd', 'identity', 'br', '');
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    fc.string({ unit: 'binary', maxLength: 300 }).map((s) => Buffer.from(s)),
    fc
      .array(
        fc.constantFrom(
          'm',
          ',',
          '=',
          ' ',
          '"',
          '\\',
          '\n',
          'school',
          'v',
          '1',
          'i',
          'u',
          '-',
          '__proto__',
          '9999999999999999999',
          't',
          '#',
          '\0',
        ),
        {
          maxLength: 60,
        },
      )
      .map((parts) => Buffer.from(parts.join(''))),
  );
  const packed = fc.tuple(body, fc.constantFrom('none', 'gzip', 'zstd'), fc.nat(40)).map(([raw, how, cut]) => {
    const whole = how === 'gzip' ? gzipSync(raw) : how === 'zstd' ? zstdCompressSync(raw) : raw;
    return cut < 30 ? whole : whole.subarray(0, Math.max(0, whole.length - cut));
  });

  it("as a body is answered 204, 400 or 415, and what is stored is the token's own", async () => {
    await start();
    await fc.assert(
      fc.asyncProperty(
        packed,
        encodings,
        fc.constantFrom('/write', '/api/v2/write?precision=s', '/write?precision=h'),
        async (payload, encoding, path) => {
          const reply = await server.write(payload, {
            url: path,
            headers: encoding === undefined ? {} : { 'content-encoding': encoding },
          });
          expect([204, 400, 415]).toContain(reply.status);
          for (const { samples } of server.batches.splice(0)) {
            for (const { tags, fields, time } of samples) {
              expect(tags).toMatchObject({ school: 'north', site: 'main' });
              expect(Object.keys(fields)).not.toContain('school');
              expect(Number.isSafeInteger(time)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(server.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it('on the connection leaves the server up', async () => {
    await start();
    const request = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
      fc
        .tuple(
          fc.constantFrom('POST', 'GET', 'PUT', 'HEAD', 'OPTIONS', 'X'),
          fc.webPath(),
          fc.uint8Array({ maxLength: 60 }),
        )
        .map(([method, path, bytes]) =>
          Buffer.concat([Buffer.from(`${method} ${path || '/write'} HTTP/1.1\r\nHost: x\r\n`), Buffer.from(bytes)]),
        ),
      fc.string().map((s) => Buffer.from(`${head('Content-Length: 5')}${s}`)),
      fc.nat(99_999).map((n) => Buffer.from(`POST /write HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(n)}\r\n\r\n`)),
    );
    await fc.assert(
      fc.asyncProperty(request, async (bytes) => {
        const { socket, received, closed } = await rawConnection(port);
        socket.end(bytes);
        await closed;
        const statuses = [...received().matchAll(/HTTP\/1\.1 (\d+) /g)].map((m) => Number(m[1]));
        for (const status of statuses) expect([200, 204, 400, 401, 404, 413, 415, 431, 503]).toContain(status);
        expect((await server.app.inject({ url: '/livez' })).statusCode).toBe(200);
      }),
      { numRuns: 60 },
    );
    expect(await idle()).toBe(true);
  });
});
