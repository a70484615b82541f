import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { AlertDetail } from '../../core/page-api.ts';
import type { Sample } from '../../core/sample.ts';
import type { AlertEvent } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import { SEVERITIES } from '../engagement/decision.ts';
import { DECLINE_REASONS } from '../engagement/item-rules.ts';
import { explain } from '../engagement/responsibility.ts';
import { schoolHours } from '../engagement/sla/school-hours.ts';
import { agreedTargets, slaClocks } from '../engagement/sla/sla.ts';
import { monthSpan } from '../engagement/sla/sla-report.ts';
import type { Action, AlertActions } from '../notify/actions.ts';
import { type Router, routeAlert } from '../notify/router.ts';
import { monthlySla } from '../report/sla.ts';
import { findAlert, listEvents } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { toldRows } from '../state/told.ts';
import { alertView } from './console-overview.ts';

export interface AlertRouteDeps {
  readonly db: StateDb;
  readonly router: Router;
  readonly actions: AlertActions;
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

type OfAlert = { Params: { school: string; id: string } };

/**
 * One alert whole (who owned it when, by which clocks, everything that happened), what people do with it, and who would get another:
 * `GET /api/schools/:school/alerts/:id`, `POST .../alerts/:id/actions`, `POST /api/schools/:school/explain`; and what each party owed in a month:
 * `GET /api/schools/:school/sla?month=2026-11`.
 */
export function alertRoutes(deps: AlertRouteDeps): FastifyPluginAsync {
  const { db, router, actions, clock } = deps;
  return async (app) => {
    app.addHook('onRequest', app.requireSession);
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));

    app.get<OfAlert>('/api/schools/:school/alerts/:id', async ({ params }, reply) => {
      const alert = await findAlert(db, params.id);
      if (alert?.school !== params.school || !router.school(params.school)) return missing(reply);
      return detailOf(deps, alert);
    });

    app.post<OfAlert>('/api/schools/:school/alerts/:id/actions', async ({ params, body }, reply) => {
      const action = actionSchema.safeParse(body);
      if (!action.success) return reply.code(400).send({ error: problemsOf(action.error) });
      const outcome = await actions.act(params.school, params.id, action.data as Action);
      if (!outcome.ok)
        return outcome.kind === 'unknown' ? missing(reply) : reply.code(409).send({ error: outcome.reason });
      deps.record(outcome.samples);
      return detailOf(deps, outcome.alert);
    });

    app.get<{ Params: { school: string }; Querystring: { month?: string } }>(
      '/api/schools/:school/sla',
      async ({ params, query }, reply) => {
        const plan = router.plan(params.school);
        if (!plan) return reply.code(404).send({ error: 'no such school' });
        const month = monthSpan(plan.school.tz, query.month ?? '');
        if (!month) return reply.code(400).send({ error: 'month: expected a month such as 2026-11' });
        return { school: params.school, month: query.month, parties: await monthlySla(db, plan, month, clock) };
      },
    );

    app.post<{ Params: { school: string } }>('/api/schools/:school/explain', async ({ params, body }, reply) => {
      const plan = router.plan(params.school);
      if (!plan) return reply.code(404).send({ error: 'no such school' });
      const asked = explainSchema.safeParse(body);
      if (!asked.success) return reply.code(400).send({ error: problemsOf(asked.error) });
      const { alert, at } = asked.data;
      return explain(plan, alert, at === undefined ? clock.now() : Date.parse(at), router.state(params.school));
    });
  };
}

async function detailOf({ db, router, clock }: AlertRouteDeps, alert: StoredAlert): Promise<AlertDetail> {
  const events = await listEvents(db, alert.id);
  const plan = router.plan(alert.school);
  const now = clock.now();
  const claims = alert.claimedBy === null ? {} : { [alert.id]: alert.claimedBy };
  return {
    alert: alertView(alert, await toldRows(db, alert.school, [alert.id])),
    timeline: events.map(timelineEntry),
    intervals: plan
      ? slaClocks(events, agreedTargets(plan, routeAlert(alert)), schoolHours(plan), now).map((clocks) => ({
          ...clocks,
        }))
      : [],
    explanation: plan ? explain(plan, routeAlert(alert), now, { ...router.state(alert.school), claims }) : null,
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
