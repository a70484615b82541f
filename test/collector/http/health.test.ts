import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { api } from '../../../collector/http/api-route.ts';
import { createAdminToken } from '../../../collector/state/sessions.ts';
import { testServer } from './test-server.ts';

describe('health', () => {
  it('passes when everything does', async () => {
    const server = await testServer({ checks: [{ name: 'store', check: async () => {} }] });
    expect((await server.app.inject({ url: '/livez' })).statusCode).toBe(200);
    expect((await server.app.inject({ url: '/readyz' })).json()).toEqual({
      status: 'pass',
      checks: [
        { name: 'store', status: 'pass' },
        { name: 'writes', status: 'pass' },
      ],
    });
    const health = await server.app.inject({ url: '/health' });
    expect([health.statusCode, health.json()]).toEqual([
      200,
      {
        name: 'bellwether',
        message: 'ready for writes',
        status: 'pass',
        checks: [
          { name: 'store', status: 'pass' },
          { name: 'writes', status: 'pass' },
        ],
        version: '9.9.9',
      },
    ]);
    await server.close();
  });

  it('names what fails or hangs, tells why only the log, and stays alive', async () => {
    const server = await testServer({
      checks: [
        { name: 'store', check: async () => Promise.reject(new Error('connect to 10.9.8.7 refused')) },
        { name: 'state', check: () => new Promise(() => {}) },
        { name: 'other', check: async () => {} },
      ],
    });
    const pending = server.app.inject({ url: '/health' });
    await server.app.ready();
    await server.clock.advance(2_000);
    const health = await pending;
    expect(health.statusCode).toBe(503);
    expect(health.json()).toMatchObject({ status: 'fail', message: 'not available: store, state' });
    expect(health.body).not.toContain('10.9.8.7');
    expect(server.logged.join('')).toContain('10.9.8.7');
    expect((await server.app.inject({ url: '/livez' })).statusCode).toBe(200);
    await server.close();
  });

  it('asks once a second, however many ask', async () => {
    let asked = 0;
    const server = await testServer({
      checks: [
        {
          name: 'store',
          check: async () => {
            asked++;
          },
        },
      ],
    });
    await Promise.all(Array.from({ length: 20 }, () => server.app.inject({ url: '/readyz' })));
    expect(asked).toBe(1);
    await server.clock.advance(1_000);
    await server.app.inject({ url: '/health' });
    expect(asked).toBe(2);
    await server.close();
  });
});

describe('metrics', () => {
  it('are for this machine, and for the admin from elsewhere; they hold nothing of a tenant', async () => {
    const server = await testServer();
    const admin = await createAdminToken(server.db, randomBytes);
    await server.write('secretmeasurement,device=secretdevice v=1');
    const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
      server.app.inject({ url: '/metrics', remoteAddress, headers });
    const local = await from('127.0.0.1');
    expect([local.statusCode, local.headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(local.body).toContain('bellwether_collector_ingest_lines_total{result="stored"} 1');
    for (const secret of ['north', 'main', 'secret', server.north]) expect(local.body).not.toContain(secret);
    expect((await from('::1')).statusCode).toBe(200);
    expect((await from('::ffff:127.0.0.1')).statusCode).toBe(200);
    expect((await from('10.0.0.1')).statusCode).toBe(401);
    expect((await from('127.0.0.1', { 'x-forwarded-for': '10.0.0.1' })).statusCode).toBe(401);
    expect((await from('10.0.0.1', { authorization: `Bearer ${server.north}` })).statusCode).toBe(401);
    expect((await from('10.0.0.1', { authorization: `Bearer ${admin}` })).statusCode).toBe(200);
    await server.close();
  });
});

describe('every reply', () => {
  it('carries the security headers, and errors no stack', async () => {
    const server = await testServer({
      routes: [
        async (app) => {
          app.get('/broken', api({ access: 'anyone', summary: 'Broken', replies: {} }), async () => {
            throw new Error('at /srv/secret');
          });
        },
      ],
    });
    for (const [url, status] of [
      ['/livez', 200],
      ['/nowhere?p=bw_secret', 404],
      ['/broken', 500],
    ] as const) {
      const reply = await server.app.inject({ url });
      expect([url, reply.statusCode]).toEqual([url, status]);
      expect(reply.headers['content-security-policy']).toMatch(/^default-src 'none'/);
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
      expect(reply.headers['content-type']).toContain('application/json');
      expect(reply.body).not.toMatch(/srv|stack|bw_secret/);
    }
    const unreadable = await server.app.inject({ url: '/%ff?p=bw_secret' });
    expect([unreadable.statusCode, unreadable.body]).toEqual([400, '{"error":"not a valid URL"}']);
    expect(server.logged.join('')).toContain('/srv/secret');
    expect(server.logged.join('')).not.toContain('bw_secret');
    await server.close();
  });
});
