import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { OnCallList, PersonView, SafetyNetReport } from '../../core/on-call-api.ts';
import { onCallViews } from '../engagement/on-call/on-call-view.ts';
import type { School } from '../engagement/school.ts';
import type { Router } from '../notify/router.ts';
import type { SafetyNetTest } from '../notify/safety-net-test.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { onCallListReply, safetyNetReply } from './schema/reach-schema.ts';

/** `party` as with everything that people do; it is not needed here. */
const askBody = z.strictObject({ party: z.string().max(200).optional(), by: z.string().trim().min(1).max(200) });
const BODY_LIMIT = 1024;
const ON_CALL = api({ access: 'read', summary: 'Who is on call, and who is next', replies: { 200: onCallListReply } });
const REPORT = api({ access: 'read', summary: 'The tests of the safety net', replies: { 200: safetyNetReply } });
const ASK = api({
  access: 'oncall',
  summary: 'Tests the safety net now',
  acts: true,
  body: askBody,
  replies: { 202: safetyNetReply },
});

export interface OnCallRoutesDeps {
  readonly router: Router;
  readonly safetyNet: Pick<SafetyNetTest, 'ask' | 'report'>;
  readonly clock: Clock;
}

/** Who is on call, and the tests of the safety net (core/on-call-api.ts). */
export function onCallRoutes({ router, safetyNet, clock }: OnCallRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('bellwether-now', clock.now()).header('cache-control', 'private, no-cache');
    });
    app.get('/api/schools/:school/on-call', ON_CALL, async (request, reply) => {
      const plan = router.plan(accessOf(request).tenant);
      if (!plan) return reply.code(404).send({ error: 'no such school' });
      const { school, tz } = plan.school;
      return { school, tz, parties: onCallViews(plan, clock.now()) } satisfies OnCallList;
    });
    app.get('/api/schools/:school/safety-net', REPORT, async (request, reply) => {
      const school = router.school(accessOf(request).tenant);
      if (!school) return reply.code(404).send({ error: 'no such school' });
      return await reportOf(school, safetyNet);
    });
    app.post('/api/schools/:school/safety-net/test', { ...ASK, bodyLimit: BODY_LIMIT }, async (request, reply) => {
      const school = router.school(accessOf(request).tenant);
      if (!school) return reply.code(404).send({ error: 'no such school' });
      const read = askBody.safeParse(request.body);
      if (!read.success) return reply.code(400).send({ error: 'expected {"by": "..."}' });
      if (await safetyNet.ask(school, read.data.by)) return reply.code(202).send(await reportOf(school, safetyNet));
      return reply.code(409).send({ error: 'the last test began less than ten minutes ago' });
    });
  };
}

async function reportOf(school: School, safetyNet: Pick<SafetyNetTest, 'report'>): Promise<SafetyNetReport> {
  const { next, tests } = await safetyNet.report(school);
  const person = (contact: string): PersonView => ({ contact, name: school.contacts.get(contact)?.name ?? contact });
  return {
    school: school.school,
    tz: school.tz,
    contacts: [...new Set(school.safetyNet)].map((id) => ({
      ...person(id),
      channels: (school.contacts.get(id)?.channels ?? []).map(({ type }) => type),
    })),
    next,
    tests: tests.map(({ results, ...test }) => ({
      ...test,
      results: results.map((result) => ({ ...result, name: person(result.contact).name })),
    })),
  };
}
