import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { EndpointWatch } from '../notify/endpoint-watch.ts';
import type { Router } from '../notify/router.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { endpointListReply, endpointTestReply } from './schema/reach-schema.ts';

const TESTS_PER_MINUTE = 10;
/** `party` as with everything that people do; it is not needed here. */
const testBody = z.strictObject({ party: z.string().max(200).optional(), by: z.string().trim().min(1).max(200) });
const LIST = api({
  access: 'read',
  summary: 'How people are reached, and how that goes',
  replies: { 200: endpointListReply },
});
const TEST = api(
  {
    access: 'alert.act',
    summary: 'A test message over one channel of a contact',
    acts: true,
    body: testBody,
    replies: { 200: endpointTestReply },
  },
  { rateLimit: { max: TESTS_PER_MINUTE, timeWindow: '1 minute' } },
);

type OfEndpoint = { Params: { school: string; contact: string; channel: string } };

export interface EndpointRouteDeps {
  readonly endpoints: Pick<EndpointWatch, 'list' | 'test'>;
  readonly router: Pick<Router, 'school'>;
}

/** `GET /api/schools/:school/endpoints`: how each way to reach somebody does; `POST .../endpoints/:contact/:channel/test` {by}: tries one. */
export function endpointRoutes({ endpoints, router }: EndpointRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));

    app.get('/api/schools/:school/endpoints', LIST, async (request, reply) => {
      const { tenant } = accessOf(request);
      if (!router.school(tenant)) return reply.code(404).send({ error: 'no such school' });
      return { school: tenant, endpoints: await endpoints.list(tenant) };
    });

    app.post<OfEndpoint>('/api/schools/:school/endpoints/:contact/:channel/test', TEST, async (request, reply) => {
      const { tenant } = accessOf(request);
      const { contact, channel } = request.params;
      if (!router.school(tenant)) return reply.code(404).send({ error: 'no such school' });
      const read = testBody.safeParse(request.body);
      if (!read.success) return reply.code(400).send({ error: 'expected {"by": "..."}' });
      const test = await endpoints.test({ school: tenant, contact, channel, by: read.data.by });
      return test ?? reply.code(404).send({ error: 'no such contact or channel' });
    });
  };
}
