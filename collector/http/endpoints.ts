import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { EndpointWatch } from '../notify/endpoint-watch.ts';
import type { Router } from '../notify/router.ts';

const TESTS_PER_MINUTE = 10;
const testBody = z.strictObject({ by: z.string().trim().min(1).max(200) });

type OfEndpoint = { Params: { school: string; contact: string; channel: string } };

/** `GET /api/schools/:school/endpoints`: how each way to reach somebody does; `POST .../endpoints/:contact/:channel/test` {by}: tries one. */
export function endpointRoutes(deps: {
  readonly endpoints: Pick<EndpointWatch, 'list' | 'test'>;
  readonly router: Pick<Router, 'school'>;
}): FastifyPluginAsync {
  const { endpoints, router } = deps;
  return async (app) => {
    app.addHook('onRequest', app.requireSession);
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));

    app.get<{ Params: { school: string } }>('/api/schools/:school/endpoints', async ({ params }, reply) => {
      if (!router.school(params.school)) return reply.code(404).send({ error: 'no such school' });
      return { school: params.school, endpoints: await endpoints.list(params.school) };
    });

    app.post<OfEndpoint>(
      '/api/schools/:school/endpoints/:contact/:channel/test',
      { config: { rateLimit: { max: TESTS_PER_MINUTE, timeWindow: '1 minute' } } },
      async ({ params, body }, reply) => {
        if (!router.school(params.school)) return reply.code(404).send({ error: 'no such school' });
        const read = testBody.safeParse(body);
        if (!read.success) return reply.code(400).send({ error: 'expected {"by": "..."}' });
        const test = await endpoints.test({ ...params, by: read.data.by });
        return test ?? reply.code(404).send({ error: 'no such contact or channel' });
      },
    );
  };
}
