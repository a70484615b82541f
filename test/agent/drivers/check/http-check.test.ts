import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAX_BODY } from '../../../../agent/drivers/check/http-exchange.ts';
import type { HttpCheck } from '../../../../agent/services/service.ts';
import { type Certificates, makeCertificates } from '../../../support/certificates.ts';
import { attemptAt, httpCheck, Servers } from './fixture.ts';

const servers = new Servers();
afterEach(() => servers.stop());

async function ask(answer: RequestListener, more: Partial<HttpCheck> = {}, timeoutMs = 5_000) {
  const port = await servers.start(createServer(answer));
  return attemptAt(httpCheck(`http://127.0.0.1:${port}/status?x=1`, more), timeoutMs);
}

describe('an answer', () => {
  it('has a status, a length and the times of its steps', async () => {
    const seen: unknown[] = [];
    const attempt = await ask((request, response) => {
      const { host, ...headers } = request.headers;
      seen.push(request.method, request.url, headers);
      response.writeHead(503, { 'content-length': 5 }).end('hello');
    });
    expect(attempt).toEqual({
      type: 'http',
      totalMs: expect.any(Number),
      nameMs: expect.any(Number),
      connectMs: expect.any(Number),
      firstByteMs: expect.any(Number),
      answer: { status: 503, length: 5, text: undefined, location: undefined },
    });
    const agent = expect.stringMatching(/^bellwether-agent\//);
    expect(seen).toEqual(['GET', '/status?x=1', { 'user-agent': agent, accept: '*/*', connection: 'close' }]);
  });

  it('to HEAD has no body', async () => {
    const { answer } = await ask((_, response) => response.writeHead(200, { 'content-length': 9 }).end(), {
      method: 'HEAD',
    });
    expect(answer).toMatchObject({ status: 200, length: 9 });
  });

  it('is read where a text is looked for', async () => {
    const { answer } = await ask((_, response) => response.end('all systems normal'), { expectText: 'normal' });
    expect(answer).toMatchObject({ length: 18, text: 'all systems normal' });
  });

  it('without end is read to the first MiB', async () => {
    const { answer, fault } = await ask(
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      },
      { expectText: 'y' },
    );
    expect(fault).toBeUndefined();
    expect(answer!.text).toHaveLength(MAX_BODY);
  });
});

describe('no answer:', () => {
  it.each<[what: string, answer: RequestListener, fault: object]>([
    ['none comes', () => {}, { step: 'request', kind: 'timeout', text: 'no answer to the request within 300ms' }],
    [
      'the body does not end',
      (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('slow'),
      { step: 'body', kind: 'timeout', text: 'no end of the body within 300ms' },
    ],
    [
      'the connection is cut within the body',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
      },
      { step: 'body', kind: 'broken' },
    ],
    ['the connection is cut before', (request) => request.socket.destroy(), { step: 'request', kind: 'broken' }],
    [
      'the head is longer than 16 KiB',
      (_, response) => void response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(),
      { step: 'request', kind: 'broken' },
    ],
  ])('%s', async (_what, answer, fault) => {
    expect((await ask(answer, {}, 300)).fault).toMatchObject(fault);
  });

  it('what comes is no HTTP', async () => {
    const port = await servers.start(createTcpServer((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')));
    expect((await attemptAt(httpCheck(`http://127.0.0.1:${port}/`))).fault).toMatchObject({
      step: 'request',
      kind: 'broken',
    });
  });
});

describe('a redirect', () => {
  /** `/0` sends on to `/1`, and so on, and `/7` is the page. */
  const chain: RequestListener = (request, response) => {
    const at = Number(request.url!.slice(1));
    if (at === 7) response.end('page');
    else response.writeHead(302, { location: `/${at + 1}` }).end();
  };
  const from = async (path: string, listener: RequestListener, more: Partial<HttpCheck> = {}) => {
    const port = await servers.start(createServer(listener));
    return attemptAt(httpCheck(`http://127.0.0.1:${port}${path}`, { followRedirects: true, ...more }));
  };

  it('is the answer unless it is to be followed', async () => {
    const { answer } = await from(
      '/2',
      (_, response) => void response.writeHead(302, { location: '/in?token=1' }).end(),
      {
        followRedirects: false,
      },
    );
    expect(answer).toMatchObject({ status: 302, location: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/in$/) });
  });

  it('is followed five times', async () => {
    expect((await from('/2', chain)).answer).toMatchObject({ status: 200, length: 4, location: undefined });
    const { fault, answer } = await from('/1', chain);
    expect(fault).toMatchObject({ step: 'request', kind: 'broken' });
    expect(fault!.text).toMatch(/^more than 5 redirects, the last to http:\/\/127\.0\.0\.1:\d+\/7$/);
    expect(answer).toBeUndefined();
  });

  it.each(['http://127.0.0.2:9/', 'ftp://127.0.0.1/', '//elsewhere.test/', 'http://:99999/'])(
    'to "%s" is the answer, not a way',
    async (location) => {
      const { answer, fault } = await from('/', (_, response) => void response.writeHead(301, { location }).end());
      expect(fault).toBeUndefined();
      expect(answer?.status).toBe(301);
    },
  );

  it('that goes round in circles ends', async () => {
    const { fault } = await from('/', (_, response) => void response.writeHead(307, { location: '/' }).end());
    expect(fault?.text).toContain('more than 5 redirects');
  });
});

describe('over TLS', () => {
  let dir: string;
  let tls: Certificates;
  let ca: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'bw-https-check-'));
    tls = makeCertificates(dir);
    ca = readFileSync(tls.ca, 'utf8');
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const serve = async (listener: RequestListener): Promise<number> =>
    servers.start(createHttpsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, listener));

  it('there is a certificate beside the answer', async () => {
    const port = await serve((_, response) => void response.end('ok'));
    const attempt = await attemptAt(httpCheck(`https://127.0.0.1:${port}/`, { ca }));
    expect(attempt).toMatchObject({ answer: { status: 200 }, certificate: { commonName: 'Test collector' } });
    expect(attempt.tlsMs).toBeGreaterThan(0);
  });

  it('nothing is asked of a server that is not trusted, unless that does not matter', async () => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const url = `https://127.0.0.1:${port}/`;
    const attempt = await attemptAt(httpCheck(url));
    expect([attempt.certificate?.chainError, attempt.answer, attempt.fault, asked]).toEqual([
      expect.stringContaining('UNABLE_TO'),
      undefined,
      undefined,
      0,
    ]);
    expect((await attemptAt(httpCheck(url, { verify: false }))).answer?.status).toBe(200);
  });

  it('a redirect leads to TLS, and never away from it', async () => {
    const secured = await serve((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
      else response.end('safe');
    });
    const open = await servers.start(
      createServer((_, response) => void response.writeHead(301, { location: `https://127.0.0.1:${secured}/` }).end()),
    );
    const follow = { ca, followRedirects: true };
    const there = await attemptAt(httpCheck(`http://127.0.0.1:${open}/`, follow));
    expect(there).toMatchObject({ answer: { status: 200, length: 4 }, certificate: { nameError: undefined } });
    const away = await attemptAt(httpCheck(`https://127.0.0.1:${secured}/away`, follow));
    expect(away.answer).toMatchObject({ status: 302, location: 'http://127.0.0.1:9/' });
  });
});
