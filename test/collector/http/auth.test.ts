import { randomBytes } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { api } from '../../../collector/http/api-route.ts';
import { createAdminToken, replaceAdminToken, SESSION_MS } from '../../../collector/state/sessions.ts';
import { type TestServer, testServer } from './test-server.ts';

const thing = api({ access: 'read', summary: 'A thing', replies: { 200: z.object({}) } });

/** Routes as another part of the product would add them. */
const guarded: FastifyPluginAsync = async (app) => {
  app.get('/api/thing', thing, async () => ({ secret: 'thing' }));
  app.post('/api/thing', thing, async () => ({ changed: true }));
};

let server: TestServer;
let admin: string;

beforeEach(async () => {
  server = await testServer({ routes: [guarded] });
  admin = (await createAdminToken(server.db, randomBytes))!;
});
afterEach(() => server.close());

const login = (token: unknown, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'POST', url: '/login', headers, payload: { token } });

async function cookieOf(
  reply: ReturnType<typeof login>,
): Promise<{ name: string; value: string; [flag: string]: unknown }> {
  return (await reply).cookies[0]!;
}

async function get(cookie?: { name: string; value: string }) {
  return server.app.inject({ url: '/api/thing', cookies: cookie ? { [cookie.name]: cookie.value } : {} });
}

describe('login', () => {
  it('gives a cookie that scripts and other sites cannot use, for twelve hours', async () => {
    const reply = await login(admin);
    expect([reply.statusCode, reply.body]).toEqual([204, '']);
    const cookie = reply.cookies[0]!;
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', maxAge: SESSION_MS / 1000 });
    expect(cookie).not.toHaveProperty('secure');
    expect((await get(cookie)).json()).toEqual({ secret: 'thing' });
    await server.clock.advance(SESSION_MS);
    expect((await get(cookie)).statusCode).toBe(401);
  });

  it('marks the cookie Secure where people come by https', async () => {
    const behindProxy = await testServer({ settings: { publicUrl: 'https://bellwether.example.org' } });
    const token = await createAdminToken(behindProxy.db, randomBytes);
    const reply = await behindProxy.app.inject({
      method: 'POST',
      url: '/login',
      headers: { origin: 'https://bellwether.example.org', host: '127.0.0.1:8086' },
      payload: { token },
    });
    expect(reply.cookies[0]).toMatchObject({ secure: true });
    await behindProxy.close();
  });

  it.each([['wrong'], [''], [undefined], [17], [{ $ne: 1 }], ['bwa_']])('is refused with %j', async (token) => {
    const reply = await login(token);
    expect([reply.statusCode, reply.cookies]).toEqual([401, []]);
    expect(await server.metric('bellwether_collector_auth_failures_total', { door: 'login' })).toBe(1);
  });

  it('is refused with bodies that are no JSON object, and never with 500', async () => {
    for (const payload of ['', 'null', '[]', '"x"', '{', 'token=x', `{"token":"${'x'.repeat(2_000)}"}`]) {
      const reply = await server.app.inject({
        method: 'POST',
        url: '/login',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      expect([payload.slice(0, 10), reply.statusCode]).toEqual([
        payload.slice(0, 10),
        expect.toSatisfy((s) => s >= 400 && s < 500),
      ]);
    }
  });

  it('may be tried ten times a minute by one address', async () => {
    for (let i = 0; i < 10; i++) expect((await login('wrong')).statusCode).toBe(401);
    const reply = await login(admin);
    expect(reply.statusCode).toBe(429);
    expect(reply.headers['retry-after']).toBeDefined();
    expect((await server.write('m v=1')).status).toBe(204);
  });

  it('leaves neither token nor cookie in log or database', async () => {
    const cookie = await cookieOf(login(admin));
    await login(`${admin}x`);
    const tables = await Promise.all(
      (['meta', 'session'] as const).map((t) => server.db.selectFrom(t).selectAll().execute()),
    );
    for (const secret of [admin, cookie.value])
      expect(server.logged.join('') + JSON.stringify(tables)).not.toContain(secret);
  });

  it("takes part in nothing an agent does, nor an agent's token in it", async () => {
    expect((await login(server.north)).statusCode).toBe(401);
    expect((await server.write('m v=1', { token: admin })).status).toBe(401);
    expect(
      (await server.app.inject({ url: '/api/thing', headers: { authorization: `Token ${server.north}` } })).statusCode,
    ).toBe(401);
  });
});

describe('a session', () => {
  it('is needed', async () => {
    const reply = await get();
    expect([reply.statusCode, reply.json()]).toEqual([401, { error: 'login needed' }]);
    expect((await get({ name: 'bellwether_session', value: 'made-up' })).statusCode).toBe(401);
  });

  it('ends at logout, and when the admin token is replaced', async () => {
    const first = await cookieOf(login(admin));
    const second = await cookieOf(login(admin));
    const reply = await server.app.inject({ method: 'POST', url: '/logout', cookies: { [first.name]: first.value } });
    expect([reply.statusCode, reply.cookies[0]?.value]).toEqual([204, '']);
    expect([(await get(first)).statusCode, (await get(second)).statusCode]).toEqual([401, 200]);
    await replaceAdminToken(server.db, randomBytes, server.clock.now());
    expect((await get(second)).statusCode).toBe(401);
  });
});

describe('a change', () => {
  const table: [string, Record<string, string>, number][] = [
    ['our page', { origin: 'http://127.0.0.1:8086', host: '127.0.0.1:8086' }, 200],
    ['our page, says the browser', { 'sec-fetch-site': 'same-origin', host: 'localhost' }, 200],
    ['a script', {}, 200],
    ['another site', { origin: 'https://evil.example', host: '127.0.0.1:8086' }, 403],
    ['another port of this host', { origin: 'http://127.0.0.1:9999', host: '127.0.0.1:8086' }, 403],
    [
      'another site, says the browser',
      { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:8086', host: '127.0.0.1:8086' },
      403,
    ],
    ['a sandboxed frame', { origin: 'null', host: '127.0.0.1:8086' }, 403],
  ];
  it.each(table)('from %s', async (_who, headers, status) => {
    const cookie = await cookieOf(login(admin));
    const cookies = { [cookie.name]: cookie.value };
    expect((await server.app.inject({ method: 'POST', url: '/api/thing', headers, cookies })).statusCode).toBe(status);
    expect((await login(admin, headers)).statusCode).toBe(status === 200 ? 204 : 403);
    expect((await server.app.inject({ url: '/api/thing', headers, cookies })).statusCode).toBe(200);
    const out = await server.app.inject({ method: 'POST', url: '/logout', headers, cookies });
    expect(out.statusCode).toBe(status === 200 ? 204 : 403);
  });
});
