import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { HandoverView } from '../../core/page-api.ts';
import type { TenantId } from '../access/access.ts';
import type { Router } from '../notify/router.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { handoverListReply } from './schema/page-schema.ts';

export interface HandoverRouteDeps {
  readonly ritual: {
    list(school: TenantId): Promise<readonly HandoverView[]>;
    accept(school: TenantId, id: string, party: string, by: string): Promise<string | undefined>;
  };
  readonly router: Router;
}

const acceptBody = z.strictObject({ party: z.string().min(1), by: z.string().trim().min(1).max(200) });
const LIST = api({ access: 'read', summary: 'The boundaries ahead', replies: { 200: handoverListReply } });
const ACCEPT = api({
  access: 'handover.accept',
  summary: 'The incoming party takes over',
  acts: true,
  body: acceptBody,
  replies: { 204: null },
});

/** `GET /api/schools/:school/handovers`: the boundaries ahead; `POST .../handovers/:id/accept` {party, by}. */
export function handoverRoutes({ ritual, router }: HandoverRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Params: { school: string } }>('/api/schools/:school/handovers', LIST, async (request, reply) => {
      const { tenant } = accessOf(request);
      if (!router.school(tenant)) return reply.code(404).send({ error: 'no such school' });
      return { school: tenant, handovers: await ritual.list(tenant) };
    });
    app.post<{ Params: { school: string; id: string } }>(
      '/api/schools/:school/handovers/:id/accept',
      ACCEPT,
      async (request, reply) => {
        const { tenant } = accessOf(request);
        if (!router.school(tenant)) return reply.code(404).send({ error: 'no such school' });
        const read = acceptBody.safeParse(request.body);
        if (!read.success) return reply.code(400).send({ error: 'expected {"party": "...", "by": "..."}' });
        const refused = await ritual.accept(tenant, request.params.id, read.data.party, read.data.by);
        return refused === undefined ? reply.code(204).send() : reply.code(409).send({ error: refused });
      },
    );
  };
}
