import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { TenantId } from '../access/access.ts';
import { withActor } from '../access/acting.ts';
import { maySee } from '../access/informed.ts';
import type { MuteKind } from '../alert/mute.ts';
import type { School } from '../engagement/school.ts';
import type { Router } from '../notify/router.ts';
import type { StateDb } from '../state/database.ts';
import { beginMute, countTenantMutes, finishMute, tenantMutes } from '../state/tenant-mutes.ts';
import { accessOf, principalOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { type MuteBody, muteBody, muteTerms } from './mute-body.ts';
import { muteView } from './mute-view.ts';
import { maintenanceListReply, muteReply, silenceListReply, suppressedListReply } from './schema/suppression-schema.ts';
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

const SUPPRESSED = api({
  access: 'read',
  summary: 'Alerts of which nobody is told, by what they are suppressed by',
  replies: { 200: suppressedListReply },
});

interface Kind {
  readonly kind: MuteKind;
  /** In the address, and the name of the list. */
  readonly word: string;
  readonly one: string;
  readonly list: z.ZodType;
}

const KINDS: readonly Kind[] = [
  { kind: 'maintenance', word: 'maintenance', one: 'a maintenance window', list: maintenanceListReply },
  { kind: 'silence', word: 'silences', one: 'a silence', list: silenceListReply },
];

/**
 * Maintenance windows and silences: `GET`, `POST /api/schools/:school/maintenance`, `DELETE .../:id?party=P&by=NAME`, the same for `silences`;
 * and what is suppressed by what: `GET /api/schools/:school/suppressed` (core/suppression-api.ts).
 */
export function muteRoutes(deps: MuteRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));
    for (const kind of KINDS) registerKind(app, deps, kind);
    app.get('/api/schools/:school/suppressed', SUPPRESSED, async (request, reply) => {
      const { tenant, principal } = accessOf(request);
      const school = deps.router.school(tenant);
      if (!school) return noSchool(reply);
      return readSuppressed(deps.db, tenant, deps.unknownDevices(tenant), (alert) =>
        maySee(alert, [], principal.party, school),
      );
    });
  };
}

function registerKind(app: FastifyInstance, deps: MuteRouteDeps, { kind, word, one, list }: Kind): void {
  const { db, router, clock } = deps;
  const path = `/api/schools/:school/${word}`;
  const LIST = api({ access: 'read', summary: `Lists ${word}`, replies: { 200: list } });
  const ADD = api({
    access: 'maintenance',
    summary: `Begins ${one}`,
    acts: true,
    body: muteBody,
    replies: { 201: muteReply },
  });
  const END = api({ access: 'maintenance', summary: `Ends ${one}`, query: endQuery, replies: { 204: null } });
  app.get(path, LIST, async (request, reply) => {
    const { tenant } = accessOf(request);
    const school = router.school(tenant);
    if (!school) return noSchool(reply);
    const mutes = await tenantMutes(db, tenant, kind, LISTED);
    return { school: tenant, [word]: mutes.map((mute) => muteView(mute, clock.now(), school)) };
  });
  app.post(path, ADD, async (request, reply) => {
    const { tenant } = accessOf(request);
    const school = router.school(tenant);
    if (!school) return noSchool(reply);
    const read = muteBody.safeParse(request.body);
    if (!read.success) return refuse(reply, 400, problemsOf(read.error));
    return create(deps, kind, { school, tenant }, read.data, reply);
  });
  app.delete<{ Params: { school: string; id: string } }>(`${path}/:id`, END, async (request, reply) => {
    const { tenant } = accessOf(request);
    const school = router.school(tenant);
    if (!school) return noSchool(reply);
    const acted = withActor(principalOf(request), request.query);
    if ('reason' in acted) return refuse(reply, 403, acted.reason);
    const read = endQuery.safeParse(acted.body);
    if (!read.success || !school.parties.has(read.data.party))
      return refuse(reply, 400, 'expected ?party=...&by=...: a party of the school, and who ends it');
    const ended = await finishMute(db, tenant, { kind, id: request.params.id }, read.data, clock.now());
    if (!ended) return refuse(reply, 404, 'no such one, or it is over already');
    await deps.onChange(tenant);
    return reply.code(204).send();
  });
}

async function create(
  { db, clock, newId, onChange }: MuteRouteDeps,
  kind: MuteKind,
  { school, tenant }: { readonly school: School; readonly tenant: TenantId },
  body: MuteBody,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const now = clock.now();
  const found = muteTerms(kind, body, school, now);
  if ('problem' in found) return refuse(reply, 400, found.problem);
  if ((await countTenantMutes(db, tenant, now)) >= CURRENT_LIMIT)
    return refuse(reply, 409, `${CURRENT_LIMIT} are in force or ahead already: end some first`);
  const mute = {
    id: newId(),
    kind,
    ...found.terms,
    party: body.party,
    author: body.by,
    comment: body.comment,
    createdAt: now,
    endedAt: null,
    endedBy: null,
  };
  await beginMute(db, tenant, mute);
  await onChange(tenant);
  return reply.code(201).send(muteView({ ...mute, school: tenant }, now, school));
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
