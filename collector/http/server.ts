import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { SchoolFacts } from '../access/access.ts';
import { principalMay } from '../access/principal.ts';
import type { AgentRegistry } from '../state/agents.ts';
import type { StateDb } from '../state/database.ts';
import type { RandomBytes } from '../state/secret.ts';
import type { TokenVerifier } from '../state/token-verifier.ts';
import { limitedCounter, registerGuard, requireSpecs } from './access-guard.ts';
import { ApiDocument, apiDocumentRoute } from './api-document.ts';
import { authenticate, registerAuth } from './auth.ts';
import { AuthFailures } from './auth-failures.ts';
import type { Cluster } from './forward.ts';
import { type HealthCheck, registerHealth } from './health.ts';
import { registerInfluxCompat } from './influx-compat.ts';
import { type Ingest, registerIngest } from './ingest.ts';
import type { ProbeSource } from './probe-header.ts';
import { DEFAULT_SETTINGS, type ServerSettings } from './settings.ts';
import { StoreOutage } from './store-outage.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Where `routes` with credentials of their own count those they refuse. */
    readonly authFailures: AuthFailures;
  }
}

export interface ServerDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: SelfMetrics;
  readonly db: StateDb;
  readonly tokens: TokenVerifier;
  readonly agents: AgentRegistry;
  readonly ingest: Ingest;
  readonly probes?: ProbeSource;
  /** Undefined: this collector answers for every school. */
  readonly cluster?: Cluster;
  /** What must work for the collector to be ready: the state database, the store. */
  readonly checks: readonly HealthCheck[];
  /** Version of the product, told by `/health`. */
  readonly version: string;
  readonly settings?: Partial<ServerSettings>;
  /** Further routes (the page and its API), registered last; each says by `api({...})` who may use it. */
  readonly routes?: readonly FastifyPluginAsync[];
  /** What decides who may look into a school; undefined: it is not configured. Without it nobody but the operator may. */
  readonly facts?: (school: string) => SchoolFacts | undefined;
  readonly randomBytes?: RandomBytes;
}

/** Receiving a whole request takes at most this long; a write has its own, shorter limit and gets a reply. */
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_CHECK_MS = 5_000;

/** For every reply that sets none of its own: it is no page and may load nothing. The page sends its own policy. */
const POLICY = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** Builds the collector's HTTP server; the caller listens (tests use `inject`) and closes it. */
export function buildServer(deps: ServerDeps): FastifyInstance {
  const settings: ServerSettings = { ...DEFAULT_SETTINGS, ...deps.settings };
  const { db, clock, log, metrics } = deps;
  const app = createApp(log, settings);
  const failures = new AuthFailures(log, clock, metrics);
  app.decorate('authFailures', failures);
  const outage = new StoreOutage(clock, log);
  const checks = [...deps.checks, { name: 'writes', check: async () => outage.check() }];
  const document = new ApiDocument(deps.version);
  const guard = {
    clock,
    log,
    limited: limitedCounter(metrics),
    publicUrl: settings.publicUrl,
    requestsPerMinute: settings.requestsPerMinute,
    facts: deps.facts ?? (() => undefined),
    authenticate: (request: FastifyRequest) => authenticate(request, { db, clock, failures }),
    onRoute: (route: RouteOptions) => document.add(route),
  };
  app.decorate('apiDocument', document);
  requireSpecs(app, guard);
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, log));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));
  app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    hsts: settings.tls !== undefined,
  });
  app.register(cookie);
  app.register(rateLimit, { global: false });
  // After the cookies have been read.
  app.after(() => registerGuard(app, guard));
  registerAuth(app, {
    db,
    clock,
    failures,
    publicUrl: settings.publicUrl,
    randomBytes: deps.randomBytes ?? randomBytes,
  });
  const mayReadMetrics = async (request: FastifyRequest): Promise<boolean> => {
    const who = await guard.authenticate(request);
    return who !== undefined && principalMay(who.principal, 'metrics.read').ok;
  };
  app.register(async (scope) => {
    registerHealth(scope, { ...deps, checks, failures, mayReadMetrics });
    registerInfluxCompat(scope, { ...deps, failures });
    registerIngest(scope, { ...deps, failures, settings, outage });
  });
  app.register(apiDocumentRoute(document));
  for (const routes of deps.routes ?? []) app.register(routes);
  return app;
}

function createApp(log: Logger, settings: ServerSettings): FastifyInstance {
  const options = {
    // A URL may carry a token (`?p=`), so Fastify's own log lines get the path only; requests are not logged, they are counted.
    loggerInstance: log.child({}, { serializers: { req: describeRequest } }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: settings.trustProxy,
    requestTimeout: REQUEST_TIMEOUT_MS,
    bodyLimit: 64 * 1024,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      reply.code(error.statusCode ?? 400).send({ error: 'not a valid URL' }),
  };
  const http = { connectionsCheckingInterval: CONNECTION_CHECK_MS };
  if (!settings.tls) return fastify({ ...options, http });
  const https = { ...http, ...settings.tls, minVersion: 'TLSv1.2' as const };
  return fastify({ ...options, https }) as unknown as FastifyInstance;
}

function describeRequest(request: { method?: string; url?: string }): Record<string, unknown> {
  return { method: request.method, path: request.url?.split('?')[0] };
}

/** Clients learn what they did wrong; what went wrong here is for the log. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status < 500) return reply.code(status).send({ error: error.message });
  log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
  return reply.code(status).send({ error: 'internal error, see the collector log' });
}

/** Bytes that are no HTTP request, or one that never ends. The latter gets no 4xx: a slow line is no reason for a sender to drop its data. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const silent = error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  if (silent || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = '{"error":"not a valid HTTP request"}';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
