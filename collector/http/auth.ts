import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { StateDb } from '../state/database.ts';
import type { RandomBytes } from '../state/secret.ts';
import { closeSession, isAdminToken, isSession, openSession, SESSION_MS } from '../state/sessions.ts';
import type { AuthFailures } from './auth-failures.ts';
import { isSameOrigin } from './origin.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** For `onRequest` of routes that need a login: answers 401 (403 when a change comes from another site's page) instead of the handler. */
    requireSession(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  }
}

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

/** `POST /login` {token} opens a session (cookie), `POST /logout` ends it; `app.requireSession` guards routes. */
export function registerAuth(app: FastifyInstance, deps: AuthDeps): void {
  app.decorate('requireSession', async (request, reply) => {
    if (changes(request) && !isSameOrigin(request.headers, deps.publicUrl)) return refuseOrigin(reply);
    if (await isAdmin(request, deps)) return undefined;
    return reply.code(401).send({ error: 'login needed' });
  });
  // In a scope that loads after the rate limit has been put in place.
  app.register(async (scope) => {
    scope.post(
      '/login',
      { bodyLimit: LOGIN_BODY_LIMIT, config: { rateLimit: { max: LOGINS_PER_MINUTE, timeWindow: '1 minute' } } },
      (request, reply) => login(request, reply, deps),
    );
    scope.post('/logout', { bodyLimit: LOGIN_BODY_LIMIT }, (request, reply) => logout(request, reply, deps));
  });
}

/** True for a session's cookie, or for the admin token itself as a Bearer (scripts, Prometheus). */
export async function isAdmin(request: FastifyRequest, deps: Pick<AuthDeps, 'db' | 'clock'>): Promise<boolean> {
  const bearer = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isAdminToken(deps.db, bearer);
  return hasSession(request, deps);
}

async function hasSession(request: FastifyRequest, { db, clock }: Pick<AuthDeps, 'db' | 'clock'>): Promise<boolean> {
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie !== undefined && (await isSession(db, cookie, clock.now()));
}

async function login(request: FastifyRequest, reply: FastifyReply, deps: AuthDeps): Promise<FastifyReply> {
  if (!isSameOrigin(request.headers, deps.publicUrl)) return refuseOrigin(reply);
  const { token } = (request.body ?? {}) as { readonly token?: unknown };
  if (typeof token !== 'string' || !(await isAdminToken(deps.db, token.trim()))) {
    deps.failures.record('login', request.ip, typeof token === 'string' ? 'wrong' : 'missing');
    return reply.code(401).send({ error: 'this is not the admin token' });
  }
  const value = await openSession(deps.db, deps.clock, deps.randomBytes);
  return reply
    .setCookie(SESSION_COOKIE, value, { ...cookieFlags(request, deps), maxAge: SESSION_MS / 1000 })
    .code(204)
    .send();
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

function changes(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

function refuseOrigin(reply: FastifyReply): FastifyReply {
  return reply.code(403).send({ error: 'the request comes from another site' });
}
