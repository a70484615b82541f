import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { AlertDetail } from '../../core/page-api.ts';
import type { Sample } from '../../core/sample.ts';
import type { SchoolAccess, TenantId } from '../access/access.ts';
import { maySee } from '../access/informed.ts';
import type { AlertEvent } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import { DECLINE_REASONS } from '../engagement/item-rules.ts';
import { explain } from '../engagement/responsibility.ts';
import { schoolHours } from '../engagement/sla/school-hours.ts';
import { agreedTargets, slaClocks } from '../engagement/sla/sla.ts';
import { monthSpan } from '../engagement/sla/sla-report.ts';
import type { Action, Outcome } from '../notify/actions.ts';
import { type Router, routeAlert } from '../notify/router.ts';
import { monthlySla } from '../report/sla.ts';
import type { StateDb } from '../state/database.ts';
import { tenantAlert, tenantEvents } from '../state/tenant-reads.ts';
import { toldRows } from '../state/told.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { alertView } from './console-overview.ts';
import { alertDetailReply, explanationReply, slaReply } from './schema/page-schema.ts';

export interface AlertRouteDeps {
  readonly db: StateDb;
  readonly router: Router;
  readonly actions: { act(school: TenantId, alertId: string, action: Action): Promise<Outcome> };
  readonly clock: Clock;
  /** Takes the samples of measurement `alert` that come of an action. */
  readonly record: (samples: readonly Sample[]) => void;
}

const words = z.string().trim().min(1).max(2_000);
const actor = { party: z.string().min(1), by: words.max(200) };
const actionSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum(['ack', 'claim']), ...actor, note: words.optional() }),
  z.strictObject({ action: z.enum(['note', 'request_onsite']), ...actor, note: words }),
  z.strictObject({ action: z.literal('decline'), ...actor, reason: z.enum(DECLINE_REASONS), note: words.optional() }),
  z.strictObject({ action: z.enum(['hand_back', 'pause']), ...actor, reason: words }),
  z.strictObject({ action: z.enum(['resume', 'done']), ...actor }),
]);

const explainSchema = z.strictObject({
  alert: z.looseObject({
    id: z.union([z.string(), z.number()]).default(1),
    domain: z.string().min(1),
    severity: z.enum(SEVERITIES),
  }),
  at: z.iso.datetime({ offset: true }).optional(),
});

const slaQuery = z.strictObject({ month: z.string().optional().describe('such as 2026-11') });
const GET_ALERT = api({ access: 'read', summary: 'One alert whole', replies: { 200: alertDetailReply } });
const ACT = api({
  access: 'alert.act',
  summary: 'What people do with an alert',
  acts: true,
  body: actionSchema,
  replies: { 200: alertDetailReply },
});
const SLA = api({
  access: 'read',
  summary: 'What each party owed in a month',
  query: slaQuery,
  replies: { 200: slaReply },
});
const EXPLAIN = api({
  access: 'read',
  summary: 'Who would get an alert, and why',
  body: explainSchema,
  replies: { 200: explanationReply },
});

type OfAlert = { Params: { school: string; id: string } };

/**
 * One alert whole (who owned it when, by which clocks, everything that happened), what people do with it, and who would get another:
 * `GET /api/schools/:school/alerts/:id`, `POST .../alerts/:id/actions`, `POST /api/schools/:school/explain`; and what each party owed in a month:
 * `GET /api/schools/:school/sla?month=2026-11`.
 */
export function alertRoutes(deps: AlertRouteDeps): FastifyPluginAsync {
  const { db, router, actions, clock } = deps;
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));

    app.get<OfAlert>('/api/schools/:school/alerts/:id', GET_ALERT, async (request, reply) => {
      const alert = await visibleAlert(deps, request, reply);
      return 'sent' in alert ? reply : detailOf(deps, accessOf(request).tenant, alert);
    });

    app.post<OfAlert>('/api/schools/:school/alerts/:id/actions', ACT, async (request, reply) => {
      const action = actionSchema.safeParse(request.body);
      if (!action.success) return reply.code(400).send({ error: problemsOf(action.error) });
      if ('sent' in (await visibleAlert(deps, request, reply))) return reply;
      const { tenant } = accessOf(request);
      const outcome = await actions.act(tenant, request.params.id, action.data as Action);
      if (!outcome.ok)
        return outcome.kind === 'unknown' ? missing(reply) : reply.code(409).send({ error: outcome.reason });
      deps.record(outcome.samples);
      return detailOf(deps, tenant, outcome.alert);
    });

    app.get<{ Params: { school: string }; Querystring: { month?: string } }>(
      '/api/schools/:school/sla',
      SLA,
      async (request, reply) => {
        const { tenant } = accessOf(request);
        const plan = router.plan(tenant);
        if (!plan) return reply.code(404).send({ error: 'no such school' });
        const { month: name = '' } = request.query;
        const month = monthSpan(plan.school.tz, name);
        if (!month) return reply.code(400).send({ error: 'month: expected a month such as 2026-11' });
        return { school: tenant, month: name, parties: await monthlySla(db, tenant, plan, month, clock) };
      },
    );

    app.post<{ Params: { school: string } }>('/api/schools/:school/explain', EXPLAIN, async (request, reply) => {
      const { tenant } = accessOf(request);
      const plan = router.plan(tenant);
      if (!plan) return reply.code(404).send({ error: 'no such school' });
      const asked = explainSchema.safeParse(request.body);
      if (!asked.success) return reply.code(400).send({ error: problemsOf(asked.error) });
      const { alert, at } = asked.data;
      return explain(plan, alert, at === undefined ? clock.now() : Date.parse(at), router.state(tenant));
    });
  };
}

/** The alert of the address, unless it is another school's, or its owner keeps it private; then the reply was sent. */
async function visibleAlert(
  { db, router }: AlertRouteDeps,
  request: FastifyRequest<OfAlert>,
  reply: FastifyReply,
): Promise<StoredAlert | { readonly sent: true }> {
  const access = accessOf(request);
  const school = router.school(access.tenant);
  const alert = school && (await tenantAlert(db, access.tenant, request.params.id));
  if (!alert) {
    missing(reply);
    return { sent: true };
  }
  const told = await toldRows(db, access.tenant, [alert.id]);
  if (
    maySee(
      alert,
      told.map(({ party }) => party),
      viewerOf(access),
      school,
    )
  )
    return alert;
  reply.code(403).send({ error: `not allowed: ${alert.owner ?? 'its owner'} keeps it private, by agreement` });
  return { sent: true };
}

/** For whom a request reads; null: for no party, and everything. */
export function viewerOf({ principal }: SchoolAccess): string | null {
  return principal.party;
}

async function detailOf(
  { db, router, clock }: AlertRouteDeps,
  tenant: TenantId,
  alert: StoredAlert,
): Promise<AlertDetail> {
  const events = await tenantEvents(db, tenant, alert.id);
  const plan = router.plan(tenant);
  const now = clock.now();
  const claims = alert.claimedBy === null ? {} : { [alert.id]: alert.claimedBy };
  return {
    alert: alertView(alert, await toldRows(db, tenant, [alert.id])),
    timeline: events.map(timelineEntry),
    intervals: plan
      ? slaClocks(events, agreedTargets(plan, routeAlert(alert)), schoolHours(plan), now).map((clocks) => ({
          ...clocks,
        }))
      : [],
    explanation: plan ? explain(plan, routeAlert(alert), now, { ...router.state(tenant), claims }) : null,
  };
}

/** The decision of an event is long and stands in the explanation; here it is who and why. */
function timelineEntry({ type, at, decidedAt, detail }: AlertEvent): AlertDetail['timeline'][number] {
  const { alert: _alert, decision, ...rest } = detail as Record<string, unknown>;
  const { owner, why } = (decision ?? {}) as { owner?: string; why?: string };
  return { type, at, decidedAt, detail: { ...(owner !== undefined && { owner, why }), ...rest } };
}

function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}

function missing(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'no such alert' });
}
