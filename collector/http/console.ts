import { createHash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { StateDb } from '../state/database.ts';
import type { MetricStore } from '../storage/storage.ts';
import { type Asset, type ConsoleAssets, loadConsoleAssets } from './console-assets.ts';
import { countDevices, readDevices } from './console-devices.ts';
import { type OverviewSchool, readOverview } from './console-overview.ts';
import { readSeries, seriesQuery } from './console-series.ts';
import { SharedReads } from './shared-reads.ts';

export interface ConsoleDeps {
  readonly db: StateDb;
  readonly store: MetricStore;
  /** The schools as configured now: a reload may change them. */
  readonly schools: () => readonly OverviewSchool[];
  readonly clock: Clock;
}

/** Answers are shared between viewers for this long, so that ten open pages cost what one does. */
const SHARED_MS = 1_000;
const COUNTS_SHARED_MS = 2_000;
/** How long the overview waits for a store that does not answer before it shows the alerts without device counts. */
const COUNTS_WAIT_MS = 1_500;

/** The page at `/`, its files, and the JSON it is drawn from (core/page-api.ts). */
export function consoleRoutes(deps: ConsoleDeps): FastifyPluginAsync {
  return async (app) => {
    const assets = await loadConsoleAssets();
    app.get('/', (request, reply) => sendPage(assets, request, reply));
    app.get<{ Params: { version: string; '*': string } }>('/assets/:version/*', (request, reply) => {
      const file = `/assets/${request.params.version}` === assets.base && assets.files.get(request.params['*']);
      if (!file) return notFound(reply, 'no such file');
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return sendAsset(file, request, reply);
    });
    await app.register(apiRoutes(deps));
  };
}

function apiRoutes({ db, store, schools, clock }: ConsoleDeps): FastifyPluginAsync {
  return async (app) => {
    const reads = new SharedReads(clock);
    const counts = (school: string) =>
      reads.getSoon(`counts ${school}`, COUNTS_SHARED_MS, COUNTS_WAIT_MS, () =>
        countDevices(store, school, clock.now()),
      );
    const known = (school: string): boolean => schools().some((s) => s.school === school);

    app.addHook('onRequest', app.requireSession);
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('bellwether-now', clock.now()).header('cache-control', 'private, no-cache');
    });
    app.setErrorHandler((error, request, reply) => sendError(error, request, reply));

    app.get('/api/overview', async (request, reply) => {
      const overview = await reads.get('overview', SHARED_MS, () =>
        readOverview({ db, schools: schools(), devices: counts }, clock.now()),
      );
      return sendTagged(overview, request, reply);
    });
    app.get<{ Params: { school: string } }>('/api/schools/:school/devices', async (request, reply) => {
      const { school } = request.params;
      if (!known(school)) return notFound(reply, 'no such school');
      const devices = await reads.get(`devices ${school}`, SHARED_MS, () => readDevices(store, school, clock.now()));
      return sendTagged({ school, devices }, request, reply);
    });
    app.get<{ Params: { school: string } }>('/api/schools/:school/series', async (request, reply) => {
      const { school } = request.params;
      if (!known(school)) return notFound(reply, 'no such school');
      const query = seriesQuery.safeParse(request.query);
      if (!query.success) return reply.code(400).send({ error: problemsOf(query.error) });
      return readSeries(store, school, query.data);
    });
  };
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`).join('; ');
}

function sendPage(assets: ConsoleAssets, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('content-security-policy', assets.contentSecurityPolicy);
  reply.header('cache-control', 'no-cache');
  return sendAsset(assets.page, request, reply);
}

function sendAsset(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('etag', asset.etag).header('vary', 'accept-encoding').type(asset.type);
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(asset.body);
  return reply.header('content-encoding', 'gzip').send(asset.gzipped);
}

/** 304 when the viewer has this already: an idle page costs a hash, not a transfer. */
function sendTagged(body: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(text);
}

function notFound(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(404).send({ error: message });
}

/** The server's own handler answers everything else. */
function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof BellwetherError && error.retryable) {
    request.log.warn({ err: error.message, code: error.code }, 'the page could not be answered');
    return reply.code(503).header('retry-after', 5).send({ error: error.message });
  }
  throw error;
}
