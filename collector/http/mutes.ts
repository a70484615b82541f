import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { MuteKind } from '../alert/mute.ts';
import type { School } from '../engagement/school.ts';
import type { Router } from '../notify/router.ts';
import type { StateDb } from '../state/database.ts';
import { addMute, countCurrentMutes, endMute, listMutes } from '../state/mutes.ts';
import { type MuteBody, muteBody, muteTerms } from './mute-body.ts';
import { muteView } from './mute-view.ts';
import { readSuppressed } from './suppressed.ts';

export interface MuteRouteDeps {
  readonly db: StateDb;
  readonly router: Router;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Puts what changed in force at once. */
  readonly onChange: (school: string) => Promise<unknown>;
  /** Devices of the school's topology that were never heard of. */
  readonly unknownDevices: (school: string) => readonly string[];
}

const LISTED = 500;
/** Each is held against each alert. */
const CURRENT_LIMIT = 500;
const endQuery = z.object({ party: z.string().min(1).max(100), by: z.string().trim().min(1).max(200) });

type OfSchool = { Params: { school: string } };

/**
 * Maintenance windows and silences: `GET`, `POST /api/schools/:school/maintenance`, `DELETE .../:id?party=P&by=NAME`, the same for `silences`;
 * and what is suppressed by what: `GET /api/schools/:school/suppressed` (core/suppression-api.ts).
 */
export function muteRoutes(deps: MuteRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', app.requireSession);
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));
    registerKind(app, deps, 'maintenance', 'maintenance');
    registerKind(app, deps, 'silence', 'silences');
    app.get<OfSchool>('/api/schools/:school/suppressed', async ({ params: { school } }, reply) => {
      if (!deps.router.school(school)) return noSchool(reply);
      return readSuppressed(deps.db, school, deps.unknownDevices(school));
    });
  };
}

function registerKind(app: FastifyInstance, deps: MuteRouteDeps, kind: MuteKind, word: string): void {
  const { db, router, clock } = deps;
  const path = `/api/schools/:school/${word}`;
  app.get<OfSchool>(path, async ({ params }, reply) => {
    const school = router.school(params.school);
    if (!school) return noSchool(reply);
    const mutes = await listMutes(db, params.school, kind, LISTED);
    return { school: params.school, [word]: mutes.map((mute) => muteView(mute, clock.now(), school)) };
  });
  app.post<OfSchool>(path, async ({ params, body }, reply) => {
    const school = router.school(params.school);
    if (!school) return noSchool(reply);
    const read = muteBody.safeParse(body);
    if (!read.success) return refuse(reply, 400, problemsOf(read.error));
    return create(deps, kind, school, read.data, reply);
  });
  app.delete<{ Params: { school: string; id: string } }>(`${path}/:id`, async ({ params, query }, reply) => {
    const school = router.school(params.school);
    if (!school) return noSchool(reply);
    const read = endQuery.safeParse(query);
    if (!read.success || !school.parties.has(read.data.party))
      return refuse(reply, 400, 'expected ?party=...&by=...: a party of the school, and who ends it');
    const ended = await endMute(db, { school: params.school, kind, id: params.id }, read.data.by, clock.now());
    if (!ended) return refuse(reply, 404, 'no such one, or it is over already');
    await deps.onChange(params.school);
    return reply.code(204).send();
  });
}

async function create(
  { db, clock, newId, onChange }: MuteRouteDeps,
  kind: MuteKind,
  school: School,
  body: MuteBody,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const now = clock.now();
  const found = muteTerms(kind, body, school, now);
  if ('problem' in found) return refuse(reply, 400, found.problem);
  if ((await countCurrentMutes(db, school.school, now)) >= CURRENT_LIMIT)
    return refuse(reply, 409, `${CURRENT_LIMIT} are in force or ahead already: end some first`);
  const mute = {
    id: newId(),
    school: school.school,
    kind,
    ...found.terms,
    party: body.party,
    author: body.by,
    comment: body.comment,
    createdAt: now,
    endedAt: null,
    endedBy: null,
  };
  await addMute(db, mute);
  await onChange(school.school);
  return reply.code(201).send(muteView(mute, now, school));
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}

function noSchool(reply: FastifyReply): FastifyReply {
  return refuse(reply, 404, 'no such school');
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}
