import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { HandoverRitual } from '../notify/handover-ritual.ts';
import type { Router } from '../notify/router.ts';

const acceptBody = z.strictObject({ party: z.string().min(1), by: z.string().trim().min(1).max(200) });

/** `GET /api/schools/:school/handovers`: the boundaries ahead; `POST .../handovers/:id/accept` {party, by}. */
export function handoverRoutes(deps: { readonly ritual: HandoverRitual; readonly router: Router }): FastifyPluginAsync {
  const { ritual, router } = deps;
  return async (app) => {
    app.addHook('onRequest', app.requireSession);
    app.get<{ Params: { school: string } }>('/api/schools/:school/handovers', async ({ params }, reply) => {
      if (!router.school(params.school)) return reply.code(404).send({ error: 'no such school' });
      return { school: params.school, handovers: await ritual.list(params.school) };
    });
    app.post<{ Params: { school: string; id: string } }>(
      '/api/schools/:school/handovers/:id/accept',
      async ({ params, body }, reply) => {
        if (!router.school(params.school)) return reply.code(404).send({ error: 'no such school' });
        const read = acceptBody.safeParse(body);
        if (!read.success) return reply.code(400).send({ error: 'expected {"party": "...", "by": "..."}' });
        const refused = await ritual.accept(params.school, params.id, read.data.party, read.data.by);
        return refused === undefined ? reply.code(204).send() : reply.code(409).send({ error: refused });
      },
    );
  };
}
