import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import type { BodyRefused, CommandRefused } from '../../core/engagement-api.ts';
import type { EngagementCommand, Refusal } from '../engagement/agreement/lifecycle-decision.ts';
import { STEPS } from '../engagement/agreement/lifecycle-decision.ts';
import type { Finding } from '../engagement/lint/lint-finding.ts';
import type { School } from '../engagement/school.ts';
import type { EngagementBook, Guard } from '../state/engagement-book.ts';
import { type Read, readProposal, readStep } from './engagement-body.ts';
import { engagementList, engagementView, findingView, type ViewContext } from './engagement-view.ts';

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

/** The engagements of a school with their versions and approvals, and everything the parties can do with them; needs a session. */
export function engagementRoutes(deps: EngagementDeps): FastifyPluginAsync {
  return async (app) => {
    const { book } = deps;
    app.addHook('onRequest', app.requireSession);
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'private, no-cache');
    });
    // A school that is not configured is not there, whatever is asked of it.
    app.addHook<{ Params: Params }>('preHandler', async (request, reply) =>
      book.configured(request.params.school) ? undefined : notFound(reply, 'no such school'),
    );
    const path = '/api/schools/:school/engagements';
    app.get<{ Params: Params }>(path, ({ params: { school } }) =>
      engagementList(contextOf(deps, school), book.findings(school)),
    );
    app.post<{ Params: Params }>(path, ({ params: { school }, body }, reply) =>
      carryOut(deps, school, readProposal(body, book.configured(school)!, undefined), reply, 201),
    );
    app.put<{ Params: Params }>(`${path}/:id`, ({ params: { school, id }, body }, reply) => {
      if (!book.records(school).has(id)) return notFound(reply, 'no such engagement');
      return carryOut(deps, school, readProposal(body, book.configured(school)!, id), reply, 200);
    });
    for (const step of STEPS)
      app.post<{ Params: Params }>(`${path}/:id/${step}`, ({ params: { school, id }, body }, reply) => {
        if (!book.records(school).has(id)) return notFound(reply, 'no such engagement');
        return carryOut(deps, school, readStep(body, step, id), reply, 200);
      });
  };
}

async function carryOut(
  deps: EngagementDeps,
  school: string,
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

function contextOf({ book, lint }: EngagementDeps, school: string): ViewContext {
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
