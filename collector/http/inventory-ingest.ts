import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BellwetherError } from '../../core/errors.ts';
import type { InventoryLine, InventoryReply } from '../../core/inventory-api.ts';
import type { Tenant } from '../state/tokens.ts';
import { api } from './api-route.ts';
import { readBody } from './body.ts';
import { replyDeadline, untilAborted } from './deadline.ts';
import { type Cluster, forwardWrite } from './forward.ts';
import { InFlight } from './in-flight.ts';
import { ACCEPT_ENCODING, inflate } from './inflate.ts';
import { readInventoryLines } from './inventory-lines.ts';
import { deviceLine, inventoryReply, rosterLine } from './schema/inventory-line-schema.ts';
import { DEFAULT_SETTINGS, type ServerSettings } from './settings.ts';
import { errorReply, WriteError } from './write-error.ts';
import { authenticateWriter, type WriterAuthDeps } from './writer-auth.ts';

export interface InventoryIngestDeps extends Omit<WriterAuthDeps, 'failures'> {
  readonly inventory: { take(tenant: Tenant, lines: readonly InventoryLine[]): Promise<InventoryReply> };
  readonly settings?: Partial<Pick<ServerSettings, 'bodyLimit' | 'inflatedLimit' | 'writeTimeoutMs'>>;
  /** Undefined: this collector answers for every school. */
  readonly cluster?: Cluster | undefined;
}

/** Requests at once; what is not taken now comes again. */
const AT_ONCE = { batches: 16, bytes: 64 * 1024 ** 2 };

const PUSH = api({
  access: 'agent',
  summary: 'What devices are and are made of: JSON, a line each (application/x-ndjson); gzip or zstd',
  body: z.union([deviceLine, rosterLine]),
  replies: { 200: inventoryReply },
});

/** `POST /api/v1/inventory`: inventory documents of an agent (core/inventory-api.ts), with its token. Answers as `/api/v2/write` where it takes nothing. */
export function inventoryIngest(deps: InventoryIngestDeps): FastifyPluginAsync {
  const settings = { ...DEFAULT_SETTINGS, ...deps.settings };
  const inFlight = new InFlight(AT_ONCE);
  const stopping = new AbortController();
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const deadline = replyDeadline(reply.raw, deps.clock, settings.writeTimeoutMs, (why) =>
      why === 'late'
        ? new WriteError('unavailable', `not stored within ${settings.writeTimeoutMs} ms, try later`)
        : new WriteError('gone', 'the client went away before the reply'),
    );
    const signal = AbortSignal.any([deadline.signal, stopping.signal]);
    reply.header('accept-encoding', ACCEPT_ENCODING);
    try {
      return await untilAborted(take(request, reply, { ...deps, settings, inFlight }, signal), signal);
    } catch (error) {
      const { status, headers, body } = errorReply('v2', asWriteError(error, deps));
      return reply.code(status).headers(headers).send(body);
    } finally {
      deadline.clear();
    }
  };
  return async (app) => {
    // The body is read off the wire by the handler, once the sender is known, whatever it says it is.
    app.removeAllContentTypeParsers();
    app.addHook('preClose', async () =>
      stopping.abort(new WriteError('unavailable', 'the collector stops, try again')),
    );
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    app.post('/api/v1/inventory', { helmet: false, ...PUSH }, handle);
  };
}

type TakeDeps = InventoryIngestDeps & { readonly settings: ServerSettings; readonly inFlight: InFlight };

async function take(
  request: FastifyRequest,
  reply: FastifyReply,
  { inventory, settings, inFlight, cluster, ...auth }: TakeDeps,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const tenant = await authenticateWriter(request, { ...auth, failures: request.server.authFailures });
  const { reserve, leave } = inFlight.enter(tenant.tokenId);
  try {
    const wire = await readBody(request.raw, { limit: settings.bodyLimit, reserve, signal });
    if (cluster && !cluster.holds(tenant.school)) {
      const answer = await forwardWrite(cluster, tenant.school, request, wire, signal);
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    }
    const body = await inflate(wire, request.headers['content-encoding'], { limit: settings.inflatedLimit, reserve });
    const { lines, refused } = readInventoryLines(body);
    signal.throwIfAborted();
    const answer = lines.length === 0 ? { wanted: [], refused: [] } : await inventory.take(tenant, lines);
    return reply.send({ wanted: answer.wanted, refused: [...refused, ...answer.refused] });
  } finally {
    leave();
  }
}

function asWriteError(error: unknown, { log }: Pick<InventoryIngestDeps, 'log'>): WriteError {
  if (error instanceof WriteError) return error;
  if (error instanceof BellwetherError && error.code === 'BW_LEASE')
    return new WriteError('unavailable', 'another collector answers for this school now, try again', error);
  log.error({ err: error }, 'an inventory could not be stored; its agent will try again');
  return new WriteError('unavailable', 'the inventory could not be stored now, try later', error);
}
