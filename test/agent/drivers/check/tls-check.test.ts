import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TlsCheck } from '../../../../agent/services/service.ts';
import { freePort } from '../../../../sim/free-port.ts';
import { type Certificates, makeCertificates, makeExpired } from '../../../support/certificates.ts';
import { attemptAt, Servers } from './fixture.ts';

const NAME = 'DNS:www.school.test,IP:127.0.0.1';
const DAY_MS = 86_400_000;

let dir: string;
let good: Certificates;
let expired: Pick<Certificates, 'cert' | 'key'>;
let ca: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-tls-check-'));
  good = makeCertificates(dir, NAME);
  expired = makeExpired(dir, NAME);
  ca = readFileSync(good.ca, 'utf8');
});
afterAll(() => rmSync(dir, { recursive: true }));

const servers = new Servers();
afterEach(() => servers.stop());

const serve = (files: Pick<Certificates, 'cert' | 'key'>): Promise<number> =>
  servers.start(createTlsServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }));

const tls = (port: number, more: Partial<TlsCheck> = {}): TlsCheck => ({
  type: 'tls',
  host: '127.0.0.1',
  port,
  serverName: 'www.school.test',
  verify: true,
  ca,
  ...more,
});

describe('TCP', () => {
  it('connects, and says how long that took', async () => {
    const port = await servers.start(createServer());
    const attempt = await attemptAt({ type: 'tcp', host: '127.0.0.1', port });
    expect(attempt).toEqual({
      type: 'tcp',
      totalMs: expect.any(Number),
      nameMs: expect.any(Number),
      connectMs: expect.any(Number),
    });
  });

  it('is refused', async () => {
    const port = await freePort();
    const { fault, connectMs } = await attemptAt({ type: 'tcp', host: '127.0.0.1', port });
    expect(fault).toMatchObject({ step: 'connect', kind: 'refused', text: expect.stringContaining('ECONNREFUSED') });
    expect(connectMs).toBeUndefined();
  });
});

describe('a certificate', () => {
  it('that is good: whose it is, until when, and no fault', async () => {
    const { certificate, fault, tlsMs } = await attemptAt(tls(await serve(good)));
    expect(fault).toBeUndefined();
    expect(tlsMs).toBeGreaterThan(0);
    expect(certificate).toEqual({
      commonName: 'Test collector',
      issuer: 'Test authority',
      serial: expect.stringMatching(/^[0-9A-F]+$/),
      validFrom: expect.any(Number),
      validTo: expect.any(Number),
      chainError: undefined,
      nameError: undefined,
    });
    expect(certificate!.validTo - certificate!.validFrom).toBe(2 * DAY_MS);
  });

  it('that is good for an address', async () => {
    const { certificate } = await attemptAt(tls(await serve(good), { serverName: '127.0.0.1' }));
    expect(certificate).toMatchObject({ chainError: undefined, nameError: undefined });
  });

  it('for another name', async () => {
    const { certificate } = await attemptAt(tls(await serve(good), { serverName: 'mail.school.test' }));
    expect(certificate?.chainError).toBeUndefined();
    expect(certificate?.nameError).toContain('mail.school.test');
  });

  it('that ran out, of which the name is still told', async () => {
    const { certificate, fault } = await attemptAt(tls(await serve(expired), { serverName: 'mail.school.test' }));
    expect(fault).toBeUndefined();
    expect(certificate?.chainError).toBe('CERT_HAS_EXPIRED');
    expect(certificate?.nameError).toContain('mail.school.test');
  });

  it('that nobody known has signed', async () => {
    const port = await serve(good);
    expect((await attemptAt(tls(port, { ca: undefined }))).certificate?.chainError).toMatch(/UNABLE_TO/);
    const own = await serve({ cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key') });
    expect((await attemptAt(tls(own, { ca: undefined }))).certificate?.chainError).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});

describe('a handshake', () => {
  it('with what speaks no TLS', async () => {
    const port = await servers.start(createServer((socket) => socket.end('220 mail.school.test ESMTP\r\n')));
    const { fault, connectMs, certificate } = await attemptAt(tls(port));
    expect(fault).toMatchObject({ step: 'tls', kind: 'broken' });
    expect(connectMs).toBeGreaterThan(0);
    expect(certificate).toBeUndefined();
  });

  it('that is cut off', async () => {
    const port = await servers.start(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect((await attemptAt(tls(port))).fault).toMatchObject({ step: 'tls', kind: 'broken' });
  });

  it('that never ends', async () => {
    const port = await servers.start(createServer());
    const { fault } = await attemptAt(tls(port), 200);
    expect(fault).toEqual({ step: 'tls', kind: 'timeout', text: 'no end of the TLS handshake within 200ms' });
  });

  it('that is no longer wanted', async () => {
    const stop = new AbortController();
    const port = await servers.start(createServer((socket) => socket.once('data', () => stop.abort())));
    expect((await attemptAt(tls(port), 60_000, [], stop.signal)).fault?.step).toBe('tls');
  });
});
