import { z } from 'zod';
import type { AlertDetail, AlertView, DeviceList, HandoverList, Overview, Series } from '../../../core/page-api.ts';
import { SEVERITIES } from '../../engagement/decision.ts';
import { count, nullable, time } from './schema-parts.ts';

const severity = z.enum(SEVERITIES);
const number = nullable(z.number());

const toldView = z
  .strictObject({
    kind: z.string(),
    party: z.string(),
    contact: z.string(),
    channel: z.string(),
    status: z.enum(['waiting', 'sending', 'sent', 'failed', 'cancelled']),
    at: time,
    attempts: count,
    error: nullable(z.string()),
  })
  .meta({ id: 'Told' });

const suppression = z
  .strictObject({
    by: z.enum(['parent', 'site', 'maintenance', 'silence']),
    of: nullable(z.string()),
    reason: z.string(),
    until: nullable(time),
  })
  .meta({ id: 'Suppression' });

export const alertView = z
  .strictObject({
    id: z.string(),
    school: z.string(),
    site: z.string(),
    rule: z.string(),
    domain: z.string(),
    severity,
    summary: z.string(),
    condition: z.string(),
    device: nullable(z.string()),
    openedAt: time,
    resolvedAt: nullable(time),
    owner: nullable(z.string()),
    reason: nullable(z.string()),
    why: nullable(z.string()),
    ackedBy: nullable(z.string()),
    ackedAt: nullable(time),
    heldUntil: nullable(time),
    suppression: nullable(suppression),
    told: z.array(toldView),
    kept: z.literal(true).optional().describe('its owner keeps it private: the texts are empty'),
  })
  .meta({ id: 'Alert' }) satisfies z.ZodType<AlertView>;

const schoolView = z
  .strictObject({
    school: z.string(),
    tz: z.string(),
    parties: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    openAlerts: z.strictObject({ critical: count, warning: count, info: count }),
    devices: nullable(
      z.strictObject({ down: count, snmp_problem: count, ping_problem: count, unknown: count, up: count }),
    ),
    agents: z.array(z.strictObject({ site: z.string(), lastSeen: time })),
  })
  .meta({ id: 'School' });

export const overviewReply = z.strictObject({
  schools: z.array(schoolView),
  open: z.array(alertView),
  suppressed: z.array(
    suppression
      .pick({ by: true, of: true, reason: true })
      .extend({ school: z.string(), alerts: count, devices: z.array(z.string()) }),
  ),
  resolved: z.array(alertView),
}) satisfies z.ZodType<Overview>;

const clock = z
  .strictObject({
    targetMs: number,
    state: z.enum(['running', 'met', 'breached', 'paused', 'stopped']),
    dueAt: nullable(time),
    breachedAt: nullable(time),
    elapsedMs: z.number(),
  })
  .meta({ id: 'Clock' });

/** What `explain` answers; the decision vectors of the design have the same names. */
export const explanationReply = z
  .looseObject({
    owner: z.string(),
    acting: z.string(),
    why: z.string(),
    held: nullable(z.literal('owner_uncovered')),
    candidates: z.array(z.string()),
    steps: z.array(
      z.looseObject({ party: z.string(), contact: z.string(), transfer: z.boolean(), after_s: z.number() }),
    ),
    text: z.string(),
    at: z.string(),
    next_change: nullable(z.strictObject({ at: z.string(), owner: z.string(), why: z.string() })),
  })
  .meta({ id: 'Explanation' });

export const alertDetailReply = z
  .strictObject({
    alert: alertView,
    timeline: z.array(
      z.strictObject({ type: z.string(), at: time, decidedAt: time, detail: z.record(z.string(), z.unknown()) }),
    ),
    intervals: z.array(
      z.strictObject({
        party: z.string(),
        from: time,
        to: nullable(time),
        why: z.string(),
        configVersion: z.string().optional(),
        severity: severity.optional(),
        ackedAt: nullable(time),
        pauses: z.array(z.strictObject({ from: time, to: nullable(time), reason: z.string() })),
        ack: clock,
        update: clock,
        resolve: clock,
      }),
    ),
    explanation: nullable(explanationReply),
  })
  .meta({ id: 'AlertDetail' }) satisfies z.ZodType<AlertDetail>;

export const deviceListReply = z.strictObject({
  school: z.string(),
  devices: z.array(
    z.strictObject({
      device: z.string(),
      site: z.string(),
      role: z.string(),
      state: z.enum(['up', 'snmp_problem', 'ping_problem', 'down', 'unknown']),
      seen: time,
      ping: nullable(z.strictObject({ time, ms: number, lossPercent: number })),
      snmp: nullable(z.strictObject({ time, uptimeSeconds: number, description: nullable(z.string()) })),
      interfaces: z.array(
        z.strictObject({
          ifIndex: z.string(),
          name: z.string(),
          alias: z.string(),
          time,
          inBitsPerS: number,
          outBitsPerS: number,
          inUtilPercent: number,
          outUtilPercent: number,
          inErrorsPerS: number,
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<DeviceList>;

export const seriesReply = z.strictObject({
  from: time,
  to: time,
  step: z.number(),
  points: z.array(z.tuple([time, z.number()])),
}) satisfies z.ZodType<Series>;

export const handoverListReply = z.strictObject({
  school: z.string(),
  handovers: z.array(
    z.looseObject({
      id: z.string(),
      at: time,
      from: z.string(),
      to: z.string(),
      why: z.string(),
      domains: z.array(z.string()),
      terms: z.looseObject({ accept: z.enum(['optional', 'required']) }),
      accepted: z.boolean(),
      done: z.boolean(),
    }),
  ),
}) satisfies z.ZodType<HandoverList>;

export const slaReply = z.strictObject({
  school: z.string(),
  month: z.string(),
  parties: z.array(z.looseObject({ party: z.string() })),
});
