import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase32, totpCode } from '../../../collector/access/totp.ts';
import { SESSION_COOKIE } from '../../../collector/http/auth.ts';
import { changePassword, disableAccount, setTotp } from '../../../collector/state/accounts.ts';
import { chainRows } from '../../../collector/state/audit.ts';
import { AccessWorld, PASSWORD } from './access-world.ts';

let world: AccessWorld;

beforeEach(async () => {
  world = await new AccessWorld().start();
});
afterEach(() => world.stop());

const login = (payload: object, cookie = '') => world.ask('POST', '/login', cookie ? { cookie } : {}, payload);
const cookieOf = (reply: Awaited<ReturnType<typeof login>>): string =>
  `${SESSION_COOKIE}=${reply.cookies.find(({ name }) => name === SESSION_COOKIE)!.value}`;
const me = async (headers: Record<string, string>) => {
  const reply = await world.ask('GET', '/api/me', headers);
  return reply.statusCode === 200 ? reply.json<object>() : reply.statusCode;
};
const installation = async () =>
  (await chainRows(world.server.db, '', { after: 0, limit: 1_000 })).map((r) => [r.actor, r.via, r.action]);

describe('an account', () => {
  it('logs in with name and password, and is who it is', async () => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const reply = await login({ login: ' Kim ', password: PASSWORD });
    expect([reply.statusCode, reply.body]).toEqual([204, '']);
    expect(await me({ cookie: cookieOf(reply) })).toEqual({
      kind: 'account',
      name: 'kim',
      role: 'specialist',
      party: 'internal',
      schools: ['north'],
      permissions: null,
    });
    expect(await installation()).toContainEqual(['account:kim', 'session', 'login']);
  });

  it.each([
    [{ login: 'kim', password: 'wrong' }],
    [{ login: 'nobody', password: PASSWORD }],
    [{ login: 'kim' }],
    [{ login: 'kim', password: { $ne: '' } }],
    [{ login: 'kim', password: 'x'.repeat(500) }],
  ])('is refused with %j, in the same words', async (payload) => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const reply = await login(payload);
    expect([reply.statusCode, reply.json()]).toEqual([
      401,
      { error: 'name and password, or the admin token, are not valid' },
    ]);
    expect(await installation()).toContainEqual(['unknown', 'session', 'login.refused']);
  });

  it('gets a new session with each login, and the one before is over', async () => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const first = cookieOf(await login({ login: 'kim', password: PASSWORD }));
    const second = cookieOf(await login({ login: 'kim', password: PASSWORD }, first));
    expect(second).not.toBe(first);
    expect([await me({ cookie: first }), await me({ cookie: second })]).toEqual([401, expect.any(Object)]);
  });

  it.each([
    ['disabled', () => disableAccount(world.server.db, 'kim', world.clock.now())],
    ['given another password', () => changePassword(world.server.db, 'kim', '$none', world.clock.now())],
  ])('that is %s is out at once', async (_what, change) => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const cookie = cookieOf(await login({ login: 'kim', password: PASSWORD }));
    expect(await change()).toBe(true);
    expect(await me({ cookie })).toBe(401);
    expect((await login({ login: 'kim', password: PASSWORD })).statusCode).toBe(401);
  });

  it('is not tried for ever: after fifty wrong passwords nothing is taken for a quarter of an hour', async () => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const from = (address: string, password: string) =>
      world.server.app.inject({
        method: 'POST',
        url: '/login',
        remoteAddress: address,
        payload: { login: 'kim', password },
      });
    for (let i = 0; i < 50; i++) expect((await from(`127.0.1.${i}`, 'wrong')).statusCode).toBe(401);
    const shut = await from('127.0.2.1', PASSWORD);
    expect([shut.statusCode, shut.headers['retry-after']]).toEqual([429, '900']);
    expect((await installation()).filter(([, , action]) => action === 'login.refused')).toHaveLength(50);
    await world.clock.advance(15 * 60_000);
    expect((await from('127.0.2.1', PASSWORD)).statusCode).toBe(204);
  });

  it('and failed logins by the thousand leave a bounded number of rows', async () => {
    for (let i = 0; i < 300; i++)
      await world.server.app.inject({
        method: 'POST',
        url: '/login',
        remoteAddress: `127.1.${i % 50}.${i}`,
        payload: { token: `wrong ${i}` },
      });
    const refused = async () =>
      (await chainRows(world.server.db, '', { after: 0, limit: 1_000 })).filter((r) => r.action === 'login.refused');
    expect(await refused()).toHaveLength(120);
    await world.clock.advance(3_600_000);
    await login({ token: 'wrong' });
    expect((await refused()).at(-1)!.detail).toMatchObject({ before: 180 });
  });

  it('acts for its own party, in its own name, and may not claim another', async () => {
    const kim = await world.session('specialist', 'internal', ['north'], 'kim');
    const url = `/api/schools/north/alerts/${world.alert}/actions`;
    const wrong = await world.ask('POST', url, kim, { action: 'ack', party: 'provider', by: 'kim' });
    expect([wrong.statusCode, wrong.json()]).toEqual([
      403,
      { error: 'not allowed: you act for internal, not for "provider"' },
    ]);
    expect((await world.ask('POST', url, kim, { action: 'ack', by: 'Lee' })).statusCode).toBe(403);
    const done = await world.ask('POST', url, kim, { action: 'ack' });
    expect(done.statusCode).toBe(200);
    expect(done.json()).toMatchObject({ alert: { ackedBy: 'internal' } });
    expect(done.json<{ timeline: object[] }>().timeline.at(-1)).toMatchObject({
      type: 'acked',
      detail: { party: 'internal', by: 'kim' },
    });
  });

  it('of no party acts for none; the operator says for whom', async () => {
    const url = `/api/schools/north/alerts/${world.alert}/actions`;
    const { authorization } = await world.token({ role: null, permissions: ['alert.act', 'read'], party: null });
    expect((await world.ask('POST', url, { authorization }, { action: 'ack' })).statusCode).toBe(403);
    const admin = { authorization: `Bearer ${world.server.token}` };
    expect((await world.ask('POST', url, admin, { action: 'ack' })).statusCode).toBe(400);
    const said = await world.ask('POST', url, admin, { action: 'ack', party: 'provider', by: 'Lee Park' });
    expect(said.json()).toMatchObject({ alert: { ackedBy: 'provider' } });
  });
});

describe('a second factor', () => {
  it('is asked for after the right password, and each code is good once', async () => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const secret = toBase32(Buffer.alloc(20, 7));
    expect(await setTotp(world.server.db, 'kim', secret, world.clock.now())).toBe(true);
    const code = () => totpCode(secret, Math.floor(world.clock.now() / 30_000));
    const wrong = await login({ login: 'kim', password: 'wrong', code: code() });
    expect([wrong.statusCode, wrong.json<{ code?: string }>().code]).toEqual([401, undefined]);
    const asked = await login({ login: 'kim', password: PASSWORD });
    expect([asked.statusCode, asked.json()]).toEqual([
      401,
      { error: 'a code of your authenticator app is needed', code: 'needed' },
    ]);
    expect((await login({ login: 'kim', password: PASSWORD, code: '000000' })).statusCode).toBe(401);
    expect((await login({ login: 'kim', password: PASSWORD, code: code() })).statusCode).toBe(204);
    expect((await login({ login: 'kim', password: PASSWORD, code: code() })).statusCode).toBe(401);
    await world.clock.advance(30_000);
    expect((await login({ login: 'kim', password: PASSWORD, code: code() })).statusCode).toBe(204);
    await setTotp(world.server.db, 'kim', null, world.clock.now());
    expect((await login({ login: 'kim', password: PASSWORD })).statusCode).toBe(204);
    expect((await installation()).map(([, , action]) => action)).toContain('account.second_factor_removed');
  });
});

describe('break-glass', () => {
  const url = '/api/schools/north/engagements';
  const engagement = {
    id: 'wing',
    kind: 'adhoc',
    from: '2026-10-06',
    until: '2026-10-20',
    grants: [{ owner: 'provider', scope: { zone: 'wing-b/*' } }],
  };
  it('is for who may approve: a specialist may only propose', async () => {
    const kim = await world.session('specialist', 'internal', ['north'], 'kim');
    const urgent = { engagement, break_glass: true, reason: 'the roof is open' };
    const refused = await world.ask('POST', url, kim, urgent);
    expect([refused.statusCode, refused.body]).toEqual([403, expect.stringContaining('by its director')]);
    const head = await world.session('director', 'internal', ['north'], 'head');
    expect((await world.ask('POST', url, head, urgent)).statusCode).toBe(201);
    const approve = `${url}/wing/approve`;
    const lead = await world.session('provider_lead', 'provider', ['north'], 'lead');
    expect((await world.ask('POST', approve, kim, {})).statusCode).toBe(403);
    expect((await world.ask('POST', approve, lead, {})).statusCode).toBeLessThan(500);
  });
});

describe('a party whose approval is waited for', () => {
  it('reads and approves what is asked of it, and nothing else, until it is in force', async () => {
    const lead = await world.session('provider_lead', 'cabler', ['north'], 'cab-lead');
    const url = '/api/schools/north/engagements';
    expect((await world.ask('GET', url, lead)).statusCode).toBe(404);
    const engagement = { id: 'cables', kind: 'domain', grants: [{ owner: 'cabler', scope: { domain: 'cabling' } }] };
    const head = await world.session('director', 'internal', ['north'], 'head');
    expect((await world.ask('POST', url, head, { engagement })).statusCode).toBe(201);
    const seen = (await world.ask('GET', url, lead)).json<{ engagements: { id: string }[] }>();
    expect(seen.engagements.map(({ id }) => id)).toEqual(['cables']);
    const devices = await world.ask('GET', '/api/schools/north/devices', lead);
    expect([devices.statusCode, devices.json()]).toEqual([
      403,
      { error: 'not yet: engagement cables waits for approval' },
    ]);
    expect((await world.ask('POST', `${url}/wifi/end`, lead, {})).statusCode).toBe(404);
    for (const who of [lead, head])
      expect((await world.ask('POST', `${url}/cables/approve`, who, {})).statusCode).toBe(200);
    expect((await world.ask('GET', '/api/schools/north/devices', lead)).statusCode).toBe(200);
    expect((await world.ask('POST', `${url}/cables/end`, lead, {})).statusCode).toBe(200);
    expect((await world.ask('GET', '/api/schools/north/devices', lead)).statusCode).toBe(404);
  });
});

describe('tokens', () => {
  it('are listed without secrets, know when they were used, and end', async () => {
    const admin = { authorization: `Bearer ${world.server.token}` };
    const { id, authorization } = await world.token({ note: 'grafana' });
    expect(await me({ authorization })).toMatchObject({ kind: 'token', name: 'grafana', role: 'director' });
    const list = await world.ask('GET', '/api/tokens', admin);
    expect(list.json<{ tokens: object[] }>().tokens).toEqual([
      expect.objectContaining({ id, note: 'grafana', lastUsedAt: world.clock.now(), revokedAt: null }),
    ]);
    expect(list.body).not.toContain(authorization.slice(7));
    expect((await world.ask('DELETE', `/api/tokens/${id}`, admin)).statusCode).toBe(204);
    expect((await world.ask('DELETE', `/api/tokens/${id}`, admin)).statusCode).toBe(404);
    expect(await me({ authorization })).toBe(401);
    expect((await installation()).slice(-2)).toEqual([
      ['collector', 'clock', 'token.created'],
      ['operator', 'token', 'token.revoked'],
    ]);
  });

  it('of one that is kept nothing but its hash', async () => {
    const { authorization } = await world.token();
    const rows = await world.server.db.selectFrom('api_token').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(authorization.slice(11));
  });

  it.each([[0], [-1], [365 * 86_400_000 + 1]])('do not last %d ms', async (lasts) => {
    await expect(async () => world.token({ expiresAt: world.clock.now() + lasts })).rejects.toThrow(RangeError);
  });

  it('with a list of permissions do that and nothing else', async () => {
    const { authorization } = await world.permitted(['read']);
    expect((await world.ask('GET', '/api/schools/north/devices', { authorization })).statusCode).toBe(200);
    const refused = await world.ask('GET', '/api/schools/north/audit', { authorization });
    expect([refused.statusCode, refused.json()]).toEqual([403, { error: 'not allowed: this token is for read only' }]);
  });

  it('for the metrics reads them from another machine', async () => {
    const { authorization } = await world.permitted(['metrics.read'], []);
    const from = (headers: Record<string, string>) =>
      world.server.app.inject({ url: '/metrics', remoteAddress: '192.0.2.7', headers });
    const director = await world.token();
    expect((await from({ authorization })).statusCode).toBe(200);
    expect((await from({ authorization: director.authorization })).statusCode).toBe(401);
  });
});

describe('accounts', () => {
  it('are listed for the operator without passwords, and can be ended', async () => {
    await world.person('kim', 'specialist', 'internal', ['north']);
    const admin = { authorization: `Bearer ${world.server.token}` };
    const list = await world.ask('GET', '/api/accounts', admin);
    expect(list.json()).toMatchObject({ accounts: [{ login: 'kim', role: 'specialist', disabledAt: null }] });
    expect(list.body).not.toContain('argon2');
    expect((await world.ask('POST', '/api/accounts/kim/disable', admin)).statusCode).toBe(204);
    expect((await login({ login: 'kim', password: PASSWORD })).statusCode).toBe(401);
  });
});
