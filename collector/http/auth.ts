import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { OPERATOR, type Principal } from '../access/principal.ts';
import { totpStep } from '../access/totp.ts';
import { accountForLogin, takeTotpStep } from '../state/accounts.ts';
import { useApiToken } from '../state/api-tokens.ts';
import type { StateDb } from '../state/database.ts';
import { isPassword, PASSWORD_LENGTH, PasswordsBusy } from '../state/password.ts';
import type { RandomBytes } from '../state/secret.ts';
import { closeSession, isAdminToken, openSession, SESSION_MS, sessionPrincipal } from '../state/sessions.ts';
import { principalOf, refuseOrigin } from './access-guard.ts';
import { api } from './api-route.ts';
import type { AuthFailures } from './auth-failures.ts';
import { FailedLogins } from './failed-logins.ts';
import { isSameOrigin } from './origin.ts';
import { whoamiReply } from './schema/access-schema.ts';

export const SESSION_COOKIE = 'bellwether_session';

export interface AuthDeps {
  readonly db: StateDb;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly failures: AuthFailures;
  /** The address people use, when a proxy is in front: decides Secure cookies and the origin that may post. */
  readonly publicUrl: string | undefined;
}

const LOGINS_PER_MINUTE = 10;
const LOGIN_BODY_LIMIT = 1024;
const PER_ADDRESS = { rateLimit: { max: LOGINS_PER_MINUTE, timeWindow: '1 minute' } };
const BUSY_RETRY_S = 5;

const loginBody = z.union([
  z.object({ token: z.string().max(200).describe('the admin token') }),
  z.object({
    login: z.string().max(100),
    password: z.string().max(PASSWORD_LENGTH.max),
    code: z.string().max(20).optional().describe('of an authenticator app, where the account has one'),
  }),
]);

export interface Authenticated {
  readonly principal: Principal;
  readonly via: 'session' | 'token';
}

/** `POST /login` {login, password} or {token} opens a session (cookie), `POST /logout` ends it, `GET /api/me` tells whose it is. */
export function registerAuth(app: FastifyInstance, deps: AuthDeps): void {
  const failed = new FailedLogins(deps.db, deps.clock);
  const bodyLimit = LOGIN_BODY_LIMIT;
  // In a scope that loads after the rate limit has been put in place.
  app.register(async (scope) => {
    const loginSpec = api(
      { access: 'anyone', summary: 'Log in', body: loginBody, replies: { 204: null } },
      PER_ADDRESS,
    );
    scope.post('/login', { bodyLimit, ...loginSpec }, (request, reply) => login(request, reply, deps, failed));
    const logoutSpec = api({ access: 'anyone', summary: 'Log out', replies: { 204: null } });
    scope.post('/logout', { bodyLimit, ...logoutSpec }, (request, reply) => logout(request, reply, deps));
    const meSpec = api({ access: 'somebody', summary: 'Who is logged in', replies: { 200: whoamiReply } });
    scope.get('/api/me', meSpec, async (request, reply) => {
      reply.header('cache-control', 'private, no-store');
      const { kind, name, role, party, schools, permissions } = principalOf(request);
      return { kind, name, role, party, schools: kind === 'operator' ? null : schools, permissions };
    });
  });
}

/** Who makes a request: by a Bearer (the admin token, or a token of the API), else by the session's cookie. */
export async function authenticate(
  request: FastifyRequest,
  { db, clock, failures }: Pick<AuthDeps, 'db' | 'clock' | 'failures'>,
): Promise<Authenticated | undefined> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    const principal = bearer === undefined ? undefined : await bearerPrincipal(db, bearer, clock.now());
    if (!principal) failures.record('api', request.ip, 'wrong');
    return principal && { principal, via: 'token' };
  }
  const cookie = request.cookies[SESSION_COOKIE];
  const principal = cookie === undefined ? undefined : await sessionPrincipal(db, cookie, clock.now());
  return principal && { principal, via: 'session' };
}

async function bearerPrincipal(db: StateDb, token: string, now: number): Promise<Principal | undefined> {
  if (await isAdminToken(db, token)) return OPERATOR;
  return useApiToken(db, token, now);
}

async function login(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: AuthDeps,
  failed: FailedLogins,
): Promise<FastifyReply> {
  if (!isSameOrigin(request.headers, deps.publicUrl)) return refuseOrigin(reply);
  const read = loginBody.safeParse(request.body);
  const tried = read.success && 'login' in read.data ? read.data.login.trim().toLowerCase() : null;
  if (tried !== null && failed.isShut(tried)) {
    const error = 'too many wrong passwords for this name, try again later';
    return reply.code(429).header('retry-after', FailedLogins.SHUT_S).send({ error });
  }
  let account: string | null | undefined | typeof CODE_NEEDED;
  try {
    account = read.success ? await accountOf(read.data, deps) : undefined;
  } catch (error) {
    if (!(error instanceof PasswordsBusy)) throw error;
    return reply.code(503).header('retry-after', BUSY_RETRY_S).send({ error: error.message });
  }
  if (account === CODE_NEEDED)
    return reply.code(401).send({ error: 'a code of your authenticator app is needed', code: 'needed' });
  if (account === undefined) {
    deps.failures.record('login', request.ip, read.success ? 'wrong' : 'missing');
    await failed.record(tried, request.ip);
    return reply.code(401).send({ error: 'name and password, or the admin token, are not valid' });
  }
  const { db, clock, randomBytes } = deps;
  const value = await openSession(db, clock, randomBytes, { account, replaces: request.cookies[SESSION_COOKIE] });
  return reply
    .setCookie(SESSION_COOKIE, value, { ...cookieFlags(request, deps), maxAge: SESSION_MS / 1000 })
    .code(204)
    .send();
}

const CODE_NEEDED = Symbol('the password is right, and a code is asked for');

/** The login of the account, null for the operator, undefined when it is wrong. */
async function accountOf(
  tried: z.output<typeof loginBody>,
  { db, clock }: AuthDeps,
): Promise<string | null | undefined | typeof CODE_NEEDED> {
  if ('token' in tried) return (await isAdminToken(db, tried.token.trim())) ? null : undefined;
  const found = await accountForLogin(db, tried.login.trim().toLowerCase());
  const right = await isPassword(tried.password, found?.password ?? null);
  if (!right || !found) return undefined;
  const { login } = found.account;
  if (found.totp === null) return login;
  if (tried.code === undefined) return CODE_NEEDED;
  const step = totpStep(found.totp, tried.code.replaceAll(' ', ''), clock.now(), found.totpStep);
  return step !== undefined && (await takeTotpStep(db, login, step)) ? login : undefined;
}

async function logout(request: FastifyRequest, reply: FastifyReply, deps: AuthDeps): Promise<FastifyReply> {
  if (!isSameOrigin(request.headers, deps.publicUrl)) return refuseOrigin(reply);
  const cookie = request.cookies[SESSION_COOKIE];
  if (cookie !== undefined) await closeSession(deps.db, cookie);
  return reply.clearCookie(SESSION_COOKIE, cookieFlags(request, deps)).code(204).send();
}

function cookieFlags(request: FastifyRequest, { publicUrl }: AuthDeps) {
  const secure = request.protocol === 'https' || (publicUrl?.startsWith('https:') ?? false);
  return { path: '/', httpOnly: true, sameSite: 'strict', secure } as const;
}
