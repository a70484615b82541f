import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorMessage } from '../../core/errors.ts';
import type { Imported } from '../alertmanager/import.ts';
import { type Notification, readNotification } from '../alertmanager/notification.ts';
import type { TokenVerifier } from '../state/token-verifier.ts';
import type { Tenant } from '../state/tokens.ts';
import { api } from './api-route.ts';
import { presentedToken } from './credentials.ts';
import { type Cluster, forwardWrite } from './forward.ts';
import { InFlight } from './in-flight.ts';
import { WriteError } from './write-error.ts';

export interface AlertmanagerDeps {
  readonly tokens: Pick<TokenVerifier, 'verify'>;
  readonly import: { take(of: Tenant, notification: Notification): Promise<Imported> };
  /** Undefined: this collector answers for every school. */
  readonly cluster?: Cluster | undefined;
  /** Notifications at once, over all senders. Default 16. */
  readonly atOnce?: number;
}

/** Of a few thousand alerts. */
const BODY_LIMIT = 4 * 1024 * 1024;
const AT_ONCE = 16;
const RETRY_AFTER_S = 5;
const PROBLEMS_NAMED = 5;
const NOTIFY = api({
  access: 'agent',
  summary: 'The webhook of a Prometheus Alertmanager (version 4)',
  replies: { 200: z.record(z.string(), z.number()) },
});

/**
 * `POST /ingest/alertmanager`: the webhook of a Prometheus Alertmanager, with the token of a site (`Authorization: Bearer` or Basic, any user). 200
 * only once all of it is on disk. It repeats on 5xx and on no answer; every other status it drops, so only what can never be taken gets one.
 * No agent is noted as heard: an Alertmanager with nothing to tell is silent, and well.
 */
export function alertmanagerRoutes(deps: AlertmanagerDeps): FastifyPluginAsync {
  return async (app) => {
    const inFlight = new InFlight({ batches: deps.atOnce ?? AT_ONCE, bytes: Number.POSITIVE_INFINITY });
    const senders = new WeakMap<FastifyRequest, Tenant>();
    app.post(
      '/ingest/alertmanager',
      {
        ...NOTIFY,
        bodyLimit: BODY_LIMIT,
        // Before the body is read: nobody who is not known gets that far.
        onRequest: async (request, reply) => {
          const sender = await authenticate(request, reply, deps);
          if (!sender) return reply;
          const slot = enter(inFlight, sender);
          if (!slot) return later(reply, 'too many notifications at once, try later');
          reply.raw.once('close', slot.leave);
          senders.set(request, sender);
          return undefined;
        },
      },
      async (request, reply) => {
        const sender = senders.get(request)!;
        const { cluster } = deps;
        if (cluster && !cluster.holds(sender.school)) return passOn(cluster, sender.school, request, reply);
        const notification = readNotification(request.body);
        if (typeof notification === 'string') return reply.code(400).send({ error: notification });
        try {
          const result = await deps.import.take(sender, notification);
          if (notification.problems.length === 0) return reply.send(result);
          return reply.code(400).send({ ...result, error: partial(notification) });
        } catch (error) {
          request.log.error({ err: errorMessage(error) }, 'a notification of an Alertmanager could not be stored');
          return later(reply, 'the notification could not be stored now, try later');
        }
      },
    );
  };
}

async function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  { tokens }: AlertmanagerDeps,
): Promise<Tenant | undefined> {
  const token = presentedToken(request.headers.authorization, {});
  let tenant: Tenant | undefined;
  try {
    tenant = token === undefined ? undefined : await tokens.verify(token);
  } catch (error) {
    request.log.error({ err: errorMessage(error) }, 'tokens cannot be looked up');
    later(reply, 'the token cannot be checked now, try later');
    return undefined;
  }
  if (tenant) return tenant;
  request.server.authFailures.record('ingest', request.ip, token === undefined ? 'missing' : 'wrong');
  reply
    .code(401)
    .header('www-authenticate', 'Bearer, Basic realm="bellwether"')
    .send({ error: token === undefined ? 'a token is needed' : 'the token is unknown or revoked' });
  return undefined;
}

/** To the collector that answers for the school. */
async function passOn(
  cluster: Cluster,
  school: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  try {
    const body = Buffer.from(JSON.stringify(request.body));
    const answer = await forwardWrite(cluster, school, request, body, gone.signal);
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  } catch (error) {
    if (error instanceof WriteError) return later(reply, error.message);
    throw error;
  }
}

function enter(inFlight: InFlight, { tokenId }: Tenant): ReturnType<InFlight['enter']> | undefined {
  try {
    return inFlight.enter(tokenId);
  } catch (error) {
    if (error instanceof WriteError) return undefined;
    throw error;
  }
}

function later(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(503).header('retry-after', RETRY_AFTER_S).send({ error });
}

/** The rest is taken; what cannot be read would not be readable the next time either. */
function partial({ problems }: Notification): string {
  const more = problems.length > PROBLEMS_NAMED ? `; and ${problems.length - PROBLEMS_NAMED} more` : '';
  return `${problems.length} not taken: ${problems.slice(0, PROBLEMS_NAMED).join('; ')}${more}`;
}
