import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { decideAccess, type SchoolAccess, type SchoolFacts } from '../access/access.ts';
import { withActor } from '../access/acting.ts';
import { type Principal, principalMay } from '../access/principal.ts';
import { inTheNameOf } from '../audit/cause.ts';
import { isPermissionAccess } from './api-route.ts';
import type { Authenticated } from './auth.ts';
import { isSameOrigin } from './origin.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null where no login is needed. */
    principal: Principal | null;
    /** What they may do with the school of the address; null where it names none. */
    access: SchoolAccess | null;
    via: Authenticated['via'] | null;
  }
}

export interface GuardDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Counts requests that were told to come back later, by door. */
  readonly limited: ReturnType<typeof limitedCounter>;
  readonly publicUrl: string | undefined;
  /** Requests of one principal a minute, over all routes of the API. */
  readonly requestsPerMinute: number;
  authenticate(request: FastifyRequest): Promise<Authenticated | undefined>;
  /** What decides who may look into a school; undefined: it is not configured. */
  facts(school: string): SchoolFacts | undefined;
  /** Hears of each route as it is added. */
  onRoute(route: RouteOptions): void;
}

export function limitedCounter(metrics: SelfMetrics) {
  const help = 'Requests that were told to come back later.';
  return metrics.counter('bellwether_collector_rate_limited_total', help, ['door']);
}

/**
 * Refuses to start with a route that does not say who may use it. Call before anything is registered: what was added before is not seen.
 * @throws Error from `register`, with the route
 */
export function requireSpecs(app: FastifyInstance, deps: GuardDeps): void {
  app.addHook('onRoute', (route) => {
    if (!route.config?.api)
      throw new Error(`${route.method} ${route.url} does not say who may use it: add api({...}) to its options`);
    deps.onRoute(route);
    const { rateLimit } = route.config as { rateLimit?: object };
    if (rateLimit) Object.assign(rateLimit, { onExceeded: () => deps.limited.inc({ door: doorOf(route.url) }) });
  });
}

function doorOf(url: string): string {
  return url === '/login' ? 'login' : 'link';
}

const OPERATOR_TIMES = 10;

/** Checks each request before its handler: who it is, that no other site's page sent it, what they may do with the school of the address. */
export function registerGuard(app: FastifyInstance, deps: GuardDeps): void {
  app.decorateRequest('principal', null).decorateRequest('access', null).decorateRequest('via', null);
  const own = deps.requestsPerMinute;
  // Scripts of the operator may ask more often; whoever cannot say who they are may not.
  const max = ({ principal }: FastifyRequest): number => (principal?.kind === 'operator' ? OPERATOR_TIMES * own : own);
  const timeWindow = '1 minute';
  // Several people may have the operator's token.
  const keyGenerator = ({ principal, ip }: FastifyRequest): string =>
    !principal || principal.kind === 'operator' ? `operator ${ip}` : principal.id;
  // One number for all routes; and one for whoever cannot say who they are, by address.
  const limits = {
    known: app.createRateLimit({ max, timeWindow, keyGenerator }),
    unknown: app.createRateLimit({ max: own, timeWindow }),
  };
  app.addHook('onRequest', (request, reply) => guard(request, reply, deps, limits));
  app.addHook('preHandler', async (request, reply) => {
    if (!request.routeOptions.config.api?.acts || !request.principal) return;
    const acted = withActor(request.principal, request.body);
    if ('reason' in acted) return reply.code(403).send({ error: acted.reason });
    request.body = acted.body;
    return undefined;
  });
  // After the body was read: what a stream's events call would not be in anybody's name.
  app.addHook('preHandler', (request, _reply, done) => {
    const { principal, via } = request;
    if (principal && via) inTheNameOf({ actor: principal.id, via }, done);
    else done();
  });
}

type Limit = ReturnType<FastifyInstance['createRateLimit']>;

async function guard(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: GuardDeps,
  limits: { readonly known: Limit; readonly unknown: Limit },
): Promise<FastifyReply | undefined> {
  const spec = request.routeOptions.config.api;
  if (request.is404 || !spec) return undefined;
  const { access } = spec;
  if (access !== 'somebody' && !isPermissionAccess(access)) return undefined;
  if (changes(request) && !isSameOrigin(request.headers, deps.publicUrl)) return refuseOrigin(reply);
  const who = await deps.authenticate(request);
  if (!who)
    return (await tooMany(limits.unknown, request, reply, deps)) ?? reply.code(401).send({ error: 'login needed' });
  request.principal = who.principal;
  request.via = who.via;
  const over = await tooMany(limits.known, request, reply, deps);
  if (over) return over;
  if (access === 'somebody') return undefined;
  const { school } = request.params as { readonly school?: string };
  if (school === undefined) {
    const may = principalMay(who.principal, access);
    return may.ok ? undefined : reply.code(403).send({ error: `not allowed: ${may.reason}` });
  }
  const now = deps.clock.now();
  const decision = decideAccess(who.principal, access, school, deps.facts(school), now, spec.agreements === true);
  if ('access' in decision) {
    request.access = decision.access;
    return undefined;
  }
  deps.log.debug({ principal: who.principal.id, school, reason: decision.reason }, 'a school was refused');
  // A school that is not theirs is answered as one that is not there.
  return reply.code(decision.status).send({ error: decision.status === 404 ? 'no such school' : decision.reason });
}

async function tooMany(
  limit: Limit,
  request: FastifyRequest,
  reply: FastifyReply,
  { limited }: GuardDeps,
): Promise<FastifyReply | undefined> {
  const state = await limit(request);
  if (state.isAllowed || !state.isExceeded) return undefined;
  limited.inc({ door: 'api' });
  const after = Math.max(1, Math.ceil(state.ttlInSeconds));
  return reply
    .code(429)
    .header('retry-after', after)
    .send({ error: `too many requests, come back in ${after} s` });
}

/** The access that the check found. @throws Error in a route that names no school */
export function accessOf(request: FastifyRequest): SchoolAccess {
  if (request.access === null) throw new Error(`${request.routeOptions.url} names no school`);
  return request.access;
}

/** Who asks. @throws Error in a route without a login */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error(`${request.routeOptions.url} asks for no login`);
  return request.principal;
}

export function refuseOrigin(reply: FastifyReply): FastifyReply {
  return reply.code(403).send({ error: 'the request comes from another site' });
}

function changes(request: FastifyRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}
