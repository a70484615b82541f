import { createHash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import { readable, type SchoolFacts, type TenantId } from '../access/access.ts';
import { principalMay } from '../access/principal.ts';
import type { StateDb } from '../state/database.ts';
import type { MetricStore } from '../storage/storage.ts';
import { accessOf, principalOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { type Asset, type ConsoleAssets, loadConsoleAssets } from './console-assets.ts';
import { countDevices, readDevices } from './console-devices.ts';
import { type Looked, type OverviewSchool, overviewOf, readSchoolPart } from './console-overview.ts';
import { pollingList, readPolling } from './console-polling.ts';
import { readSeries, seriesQuery } from './console-series.ts';
import { deviceListReply, overviewReply, seriesReply } from './schema/page-schema.ts';
import { POLLING_QUERY, pollingQuery, pollingReply } from './schema/polling-schema.ts';
import { SharedReads } from './shared-reads.ts';

export interface ConsoleDeps {
  readonly db: StateDb;
  readonly store: MetricStore;
  /** The schools as configured now: a reload may change them. */
  readonly schools: () => readonly OverviewSchool[];
  readonly clock: Clock;
  /** What decides who may look into a school; without it only the operator may. */
  readonly facts?: (school: string) => SchoolFacts | undefined;
}

/** Answers are shared between viewers for this long, so that ten open pages cost what one does. */
const SHARED_MS = 1_000;
const COUNTS_SHARED_MS = 2_000;
/** How long the overview waits for a store that does not answer before it shows the alerts without device counts. */
const COUNTS_WAIT_MS = 1_500;

const PAGE = api({ access: 'anyone', summary: 'The page', replies: { 200: 'text/html', 304: null }, hidden: true });
const FILES = api({ access: 'anyone', summary: 'Its files', replies: { 200: '*/*', 304: null }, hidden: true });

/** The page at `/`, its files, and the JSON it is drawn from (core/page-api.ts). */
export function consoleRoutes(deps: ConsoleDeps): FastifyPluginAsync {
  return async (app) => {
    const assets = await loadConsoleAssets();
    app.get('/', PAGE, (request, reply) => sendPage(assets, request, reply));
    app.get<{ Params: { version: string; '*': string } }>('/assets/:version/*', FILES, (request, reply) => {
      const file = `/assets/${request.params.version}` === assets.base && assets.files.get(request.params['*']);
      if (!file) return notFound(reply, 'no such file');
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return sendAsset(file, request, reply);
    });
    await app.register(apiRoutes(deps));
  };
}

const OVERVIEW = api({
  access: 'somebody',
  summary: 'What is open at your schools',
  replies: { 200: overviewReply, 304: null },
});
const DEVICES = api({
  access: 'read',
  summary: 'Devices with their last values',
  replies: { 200: deviceListReply, 304: null },
});
const POLLING = api({
  access: 'read',
  summary: 'Which devices are polled slowly, late or not at all, and why',
  query: pollingQuery,
  replies: { 200: pollingReply },
});
const SERIES = api({
  access: 'read',
  summary: 'One field over time',
  query: seriesQuery,
  replies: { 200: seriesReply },
});

type OfSchool = { Params: { school: string } };

function apiRoutes({ db, store, schools, clock, facts = () => undefined }: ConsoleDeps): FastifyPluginAsync {
  return async (app) => {
    const reads = new SharedReads(clock);
    const devices = (tenant: TenantId) =>
      reads.getSoon(`counts ${tenant}`, COUNTS_SHARED_MS, COUNTS_WAIT_MS, () =>
        countDevices(store, tenant, clock.now()),
      );
    const known = (school: string): boolean => schools().some((s) => s.school === school);

    app.addHook('onRequest', async (_request, reply) => {
      reply.header('bellwether-now', clock.now()).header('cache-control', 'private, no-cache');
    });
    app.setErrorHandler((error, request, reply) => sendError(error, request, reply));

    app.get('/api/overview', OVERVIEW, async (request, reply) => {
      const principal = principalOf(request);
      const may = principalMay(principal, 'read');
      if (!may.ok) return reply.code(403).send({ error: `not allowed: ${may.reason}` });
      const mine = readable(principal, schools(), facts, clock.now());
      const looked = mine.map(async ({ of, access: { tenant } }): Promise<Looked> => {
        const part = await reads.get(`school ${tenant}`, SHARED_MS, () =>
          readSchoolPart({ db, devices }, of, tenant, clock.now()),
        );
        return { part, party: principal.party, school: facts(tenant)?.agreed };
      });
      return sendTagged(overviewOf(await Promise.all(looked)), request, reply);
    });
    app.get<OfSchool>('/api/schools/:school/devices', DEVICES, async (request, reply) => {
      const { tenant } = accessOf(request);
      if (!known(tenant)) return notFound(reply, 'no such school');
      const list = await reads.get(`devices ${tenant}`, SHARED_MS, () => readDevices(store, tenant, clock.now()));
      return sendTagged({ school: tenant, devices: list }, request, reply);
    });
    app.get<OfSchool>('/api/schools/:school/polling', POLLING, async (request, reply) => {
      const { tenant } = accessOf(request);
      if (!known(tenant)) return notFound(reply, 'no such school');
      const query = pollingQuery.safeParse(request.query);
      if (!query.success) return reply.code(400).send({ error: `expected ${POLLING_QUERY}` });
      const rows = await reads.get(`polling ${tenant}`, SHARED_MS, () => readPolling(store, tenant, clock.now()));
      return pollingList(tenant, rows, query.data);
    });
    app.get<OfSchool>('/api/schools/:school/series', SERIES, async (request, reply) => {
      const { tenant } = accessOf(request);
      if (!known(tenant)) return notFound(reply, 'no such school');
      const query = seriesQuery.safeParse(request.query);
      if (!query.success) return reply.code(400).send({ error: problemsOf(query.error) });
      return readSeries(store, tenant, query.data);
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
