import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import { grantedByLink } from '../access/access.ts';
import type { StoredAlert } from '../alert/life.ts';
import { inTheNameOf } from '../audit/cause.ts';
import { DECLINE_REASONS } from '../engagement/item-rules.ts';
import type { Action, AlertActions, Guard } from '../notify/actions.ts';
import type { Directory } from '../notify/directory.ts';
import { partyOfContact } from '../notify/link-party.ts';
import { ownerFor, type Router } from '../notify/router.ts';
import { type AlertLink, findAlertLink, NOTES_PER_LINK, noteByAlertLink, useAlertLink } from '../state/alert-links.ts';
import type { StateDb } from '../state/database.ts';
import { tenantAlert } from '../state/tenant-reads.ts';
import {
  doneNotice,
  ELSEWHERE,
  EXPIRED,
  NOTHING,
  OVER,
  refusedNotice,
  UNKNOWN,
  usedNotice,
} from './alert-link-notices.ts';
import { LINK_PAGE_POLICY, type LinkView, linkChoices, linkPage, type Notice, noticePage } from './alert-link-page.ts';
import { api } from './api-route.ts';
import { isSameOrigin } from './origin.ts';

export interface AlertLinkDeps {
  readonly db: StateDb;
  readonly router: Router;
  readonly directory: Directory;
  readonly actions: AlertActions;
  readonly clock: Clock;
  /** Takes the samples of measurement `alert` that come of an action. */
  readonly record: (samples: readonly Sample[]) => void;
  /** The address people use, when a proxy is in front. */
  readonly publicUrl: string | undefined;
}

/** Of one address: a school's phones may share one. */
const REQUESTS_PER_MINUTE = 60;
const BODY_LIMIT = 16 * 1024;
const RATE = { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' } };
/** To programs; browsers get a page, of the same status. */
const REPLIES = { 200: z.strictObject({ done: z.string() }) };
const LOOK = api({ access: 'link', summary: 'One alert, for whom a message told of it', replies: REPLIES }, RATE);
const ACT = api({ access: 'link', summary: 'Answers it, once', replies: REPLIES }, RATE);

const words = z.string().trim().min(1).max(2_000);
/** A field that was left empty is none. */
const optionalWords = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? undefined : value),
  words.optional(),
);
const formSchema = z.discriminatedUnion('action', [
  z.object({ action: z.enum(['ack', 'claim']), note: optionalWords }),
  z.object({ action: z.literal('decline'), reason: z.enum(DECLINE_REASONS), note: optionalWords }),
  z.object({ action: z.literal('hand_back'), reason: words }),
  z.object({ action: z.literal('note'), note: words }),
]);
type Form = z.output<typeof formSchema>;

type Page = { readonly status: number; readonly notice: Notice; readonly view?: LinkView; readonly failure?: true };
type Known = { readonly link: AlertLink; readonly view: LinkView };

/**
 * `GET /a/:token` shows one alert to one contact without a login, and changes nothing: mail scanners and previews follow links. `POST` acts, once.
 * The token is all that counts: no cookie is read, and none helps.
 */
export function alertLinkRoutes(deps: AlertLinkDeps): FastifyPluginAsync {
  return async (app) => {
    readForms(app);
    app.addHook('onRequest', async (_request, reply) => {
      reply
        .header('content-security-policy', LINK_PAGE_POLICY)
        .header('cache-control', 'no-store')
        // The address is the secret: it goes to nobody but us. (`no-referrer` would make the form's Origin "null".)
        .header('referrer-policy', 'same-origin')
        .header('x-robots-tag', 'noindex, nofollow');
    });
    app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply));
    const options = {
      // The path is the secret: Fastify's own log lines do not get it.
      logSerializers: { req: ({ method }: { method: string }) => ({ method, path: '/a/' }) },
    };
    app.get<{ Params: { token: string } }>('/a/:token', { ...options, ...LOOK }, async (request, reply) =>
      answer(request, reply, await looked(deps, request.params.token)),
    );
    app.post<{ Params: { token: string } }>(
      '/a/:token',
      { ...options, ...ACT, bodyLimit: BODY_LIMIT },
      async (request, reply) => answer(request, reply, await acted(deps, request)),
    );
  };
}

function readForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
}

async function looked(deps: AlertLinkDeps, token: string): Promise<Page> {
  const known = await lookUp(deps, token);
  if ('status' in known) return known;
  const { link, view } = known;
  if (link.used) return { status: 410, notice: usedNotice(view, link.used), view: withoutChoices(view) };
  if (view.alert.state === 'resolved') return { status: 200, notice: OVER, view };
  return { status: 200, notice: NOTHING, view };
}

async function acted(deps: AlertLinkDeps, request: FastifyRequest<{ Params: { token: string } }>): Promise<Page> {
  const { db, actions, directory } = deps;
  if (!isSameOrigin(request.headers, deps.publicUrl)) return { status: 403, notice: ELSEWHERE };
  const known = await lookUp(deps, request.params.token);
  if ('status' in known) return known;
  const { link, view } = known;
  if (link.used) return { status: 409, notice: usedNotice(view, link.used), view: withoutChoices(view) };
  const form = formSchema.safeParse(request.body ?? {});
  if (!form.success) return { status: 400, notice: refusedNotice(problemsOf(form.error)), view };
  const by = directory(link.school)?.nameOf(link.contact) ?? link.contact;
  const action = { ...form.data, party: view.party, by, via: 'link' } as Action;
  const outcome = await inTheNameOf({ actor: `link:${link.contact}`, via: 'link' }, () =>
    actions.act(link.school, link.alertId, action, useUp(link, form.data)),
  );
  const after = await lookUp(deps, request.params.token);
  const shown = 'status' in after ? withoutChoices(view) : after.view;
  if (outcome.ok) {
    deps.record(outcome.samples);
    const used = form.data.action !== 'note';
    return { status: 200, notice: doneNotice(form.data.action), view: used ? withoutChoices(shown) : shown };
  }
  // Of two that came at once, the second.
  const used = (await findAlertLink(db, request.params.token))?.used;
  if (used) return { status: 409, notice: usedNotice(shown, used), view: withoutChoices(shown) };
  return { status: 409, notice: refusedNotice(outcome.reason), view: shown };
}

/** In the action's transaction: what is refused, or fails, leaves the link as good as it was. */
function useUp(link: AlertLink, { action }: Form): Guard {
  return async (tx, now) => {
    if (action === 'note')
      return (await noteByAlertLink(tx, link.hash)) ? undefined : `a link takes at most ${NOTES_PER_LINK} notes`;
    return (await useAlertLink(tx, link.hash, action, now)) ? undefined : 'this link was used already';
  };
}

/** The link and its alert as it is now, or what there is to say instead. */
async function lookUp(deps: AlertLinkDeps, token: string): Promise<Known | Page> {
  const { db, router, directory, clock } = deps;
  const link = await findAlertLink(db, token);
  if (!link) return { status: 404, notice: UNKNOWN, failure: true };
  const now = clock.now();
  if (link.expiresAt <= now) return { status: 410, notice: EXPIRED, failure: true };
  const school = router.school(link.school);
  const people = directory(link.school);
  const alert = await tenantAlert(db, grantedByLink(link), link.alertId);
  // Who is no longer among the school's people, or speaks for another party now, answers nothing with an old link.
  const party = school && partyOfContact(school, link.contact, link.party);
  if (!school || !people || !alert || party !== link.party) return { status: 410, notice: EXPIRED, failure: true };
  const view = {
    alert,
    school: people.name,
    timezone: people.timezone,
    nameOf: people.nameOf,
    party,
    contact: link.contact,
    choices: choicesOf(router, alert, party, now),
    now,
  };
  return { link, view };
}

function choicesOf(router: Router, alert: StoredAlert, party: string, now: number): LinkView['choices'] {
  if (alert.state === 'resolved') return undefined;
  const agreed = ownerFor(router.responsibility, { ...alert, claimedBy: null }, now) ?? undefined;
  return linkChoices(alert, party, agreed);
}

function withoutChoices(view: LinkView): LinkView {
  return { ...view, choices: undefined };
}

function answer(request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply {
  if (page.failure) request.server.authFailures.record('link', request.ip, 'wrong');
  const { status, notice, view } = page;
  if (wantsJson(request)) {
    const said = [notice.title, notice.text].filter((text) => text !== '').join(': ');
    return reply.code(status).send(status < 300 ? { done: said } : { error: said });
  }
  reply.code(status).type('text/html; charset=utf-8');
  return reply.send(view ? linkPage(view, notice === NOTHING ? undefined : notice) : noticePage(notice));
}

/** A program (ntfy's button, a script) gets words, a browser the page. */
function wantsJson({ headers }: FastifyRequest): boolean {
  const accept = headers.accept ?? '';
  if (accept.includes('text/html')) return false;
  return accept.includes('application/json') || headers['content-type']?.startsWith('application/json') === true;
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  if (status >= 500) request.log.error({ err: error, method: request.method, path: '/a/' }, 'request failed');
  const text =
    status === 429
      ? 'Too many requests from your address. Wait a minute and try again.'
      : status < 500
        ? error.message
        : 'This cannot be done now. Nothing was changed; try again in a moment.';
  return answer(request, reply, { status, notice: { tone: 'bad', title: 'Not done', text } });
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'form'}: ${issue.message}`).join('; ');
}
