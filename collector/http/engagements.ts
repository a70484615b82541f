import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyRefused, CommandRefused, EngagementList } from '../../core/engagement-api.ts';
import type { SchoolAccess, TenantId } from '../access/access.ts';
import type { Permission } from '../access/permission.ts';
import { principalMay } from '../access/principal.ts';
import { partiesTo, proposalOf } from '../engagement/agreement/engagement-record.ts';
import type { EngagementCommand, Refusal } from '../engagement/agreement/lifecycle-decision.ts';
import { STEPS } from '../engagement/agreement/lifecycle-decision.ts';
import type { Finding } from '../engagement/lint/lint-finding.ts';
import type { School } from '../engagement/school.ts';
import type { EngagementBook, Guard } from '../state/engagement-book.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { changeSchema, newSchema, type Read, readProposal, readStep, stepSchema } from './engagement-body.ts';
import { engagementList, engagementView, findingView, type ViewContext } from './engagement-view.ts';
import { engagementListReply, engagementReply } from './schema/engagement-schema.ts';

export interface EngagementDeps {
  readonly book: EngagementBook;
  /** What is wrong with a school as of now; an E keeps an engagement from being approved. */
  readonly lint: (school: School) => readonly Finding[];
  /** After a change was stored: the school is to be planned anew. What it throws is answered as an internal error. */
  readonly onChange: (school: string) => void | Promise<void>;
}

interface Params {
  readonly school: string;
  readonly id: string;
}

/** Which permission each step takes: to agree, or to end what was agreed. */
const STEP_ACCESS: Readonly<Record<(typeof STEPS)[number], Permission>> = {
  approve: 'engagement.approve',
  accept: 'engagement.approve',
  withdraw: 'engagement.propose',
  suspend: 'engagement.end',
  resume: 'engagement.end',
  end: 'engagement.end',
  revoke: 'engagement.end',
};

const ABOUT = { agreements: true } as const;
const LIST = api({
  access: 'read',
  summary: 'Engagements with their versions and approvals',
  ...ABOUT,
  replies: { 200: engagementListReply },
});
const PROPOSE = api({
  access: 'engagement.propose',
  summary: 'Propose a new engagement',
  ...ABOUT,
  acts: true,
  body: newSchema,
  replies: { 201: engagementReply },
});
const CHANGE = api({
  access: 'engagement.propose',
  summary: 'Propose a new version of an engagement',
  ...ABOUT,
  acts: true,
  body: changeSchema,
  replies: { 200: engagementReply },
});
const stepRoute = (step: (typeof STEPS)[number]) =>
  api({
    access: STEP_ACCESS[step],
    summary: `${step.charAt(0).toUpperCase()}${step.slice(1)} an engagement`,
    ...ABOUT,
    acts: true,
    body: stepSchema,
    replies: { 200: engagementReply },
  });

/** The engagements of a school with their versions and approvals, and everything the parties can do with them; needs a session. */
export function engagementRoutes(deps: EngagementDeps): FastifyPluginAsync {
  return async (app) => {
    const { book } = deps;
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'private, no-cache');
    });
    // A school that is not configured is not there, whatever is asked of it.
    app.addHook<{ Params: Params }>('preHandler', async (request, reply) =>
      book.configured(request.params.school) ? undefined : notFound(reply, 'no such school'),
    );
    const path = '/api/schools/:school/engagements';
    app.get<{ Params: Params }>(path, LIST, (request) => listFor(deps, accessOf(request)));
    app.post<{ Params: Params }>(path, PROPOSE, (request, reply) => {
      const { tenant, principal } = accessOf(request);
      const read = readProposal(request.body, book.configured(tenant)!, undefined);
      // Active on one side's word alone is as good as approved by that side.
      if ('value' in read && read.value.type === 'break_glass') {
        const may = principalMay(principal, 'engagement.approve');
        if (!may.ok) return reply.code(403).send({ error: `not allowed: ${may.reason}` });
      }
      return carryOut(deps, tenant, read, reply, 201);
    });
    app.put<{ Params: Params }>(`${path}/:id`, CHANGE, (request, reply) => {
      const { tenant } = accessOf(request);
      const { id } = request.params;
      if (!isVisible(deps, request, id)) return notFound(reply, 'no such engagement');
      return carryOut(deps, tenant, readProposal(request.body, book.configured(tenant)!, id), reply, 200);
    });
    for (const step of STEPS)
      app.post<{ Params: Params }>(`${path}/:id/${step}`, stepRoute(step), (request, reply) => {
        const { id } = request.params;
        if (!isVisible(deps, request, id)) return notFound(reply, 'no such engagement');
        return carryOut(deps, accessOf(request).tenant, readStep(request.body, step, id), reply, 200);
      });
  };
}

function isVisible({ book }: EngagementDeps, request: FastifyRequest, id: string): boolean {
  const access = accessOf(request);
  return book.records(access.tenant).has(id) && concerns(book, access, id);
}

/** To a party that is here only to agree, what others agreed is not shown: only what waits for it, and what made it an owner. */
function concerns(book: EngagementDeps['book'], { tenant, opening, principal }: SchoolAccess, id: string): boolean {
  const { party } = principal;
  if (opening === 'school' || party === null) return true;
  const record = book.records(tenant).get(id);
  const waiting = record && proposalOf(record);
  if (waiting && partiesTo(waiting).has(party)) return true;
  return record?.versions.some(({ owners }) => owners.includes(party)) ?? false;
}

function listFor(deps: EngagementDeps, access: SchoolAccess): EngagementList {
  const { book } = deps;
  const { tenant, opening } = access;
  const whole = engagementList(contextOf(deps, tenant), book.findings(tenant));
  if (opening === 'school') return whole;
  const engagements = whole.engagements.filter(({ id }) => concerns(book, access, id));
  return { ...whole, engagements, findings: [], notes: [] };
}

async function carryOut(
  deps: EngagementDeps,
  school: TenantId,
  read: Read<EngagementCommand>,
  reply: FastifyReply,
  done: number,
): Promise<FastifyReply> {
  if ('problems' in read) {
    const error = read.problems.map((p) => `${p.path || 'body'}: expected ${p.expected}, got ${p.got}`).join('; ');
    return reply.code(400).send({ error, problems: read.problems } satisfies BodyRefused);
  }
  const { book, lint, onChange } = deps;
  const outcome = await book.apply(school, read.value, guardBy(lint));
  if ('refused' in outcome) return reply.code(409).send(refusedBody(outcome.refused));
  await onChange(school);
  return reply.code(done).send(engagementView(outcome.record, contextOf(deps, school)));
}

function refusedBody(refused: Refusal): CommandRefused {
  return { error: `expected ${refused.expected}, got ${refused.got}`, ...refused };
}

/**
 * Errors of the engagement itself and of the school as a whole refuse, and those that other engagements get by it; what was wrong with
 * another one before is not held against this one.
 */
function guardBy(lint: EngagementDeps['lint']): Guard {
  return (candidate, now, id) => {
    const errors = (school: School) =>
      lint(school)
        .filter((finding) => finding.level === 'E')
        .map((finding) => findingView(finding, school));
    const known = new Set(errors(now).map((error) => JSON.stringify(error)));
    const held = errors(candidate).filter(
      (error) => error.engagement === null || error.engagement === id || !known.has(JSON.stringify(error)),
    );
    if (held.length === 0) return undefined;
    const where = (error: (typeof held)[number]) =>
      [error.engagement, error.path].filter((part) => part !== null && part !== '').join(' ');
    return {
      expected: held.map((error) => `${where(error)}: ${error.expected}`).join('; '),
      got: held.map((error) => error.got).join('; '),
    };
  };
}

function contextOf({ book, lint }: EngagementDeps, school: TenantId): ViewContext {
  return {
    configured: book.configured(school)!,
    effective: book.effective(school)!,
    records: book.records(school),
    lint,
  };
}

function notFound(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(404).send({ error: message });
}
