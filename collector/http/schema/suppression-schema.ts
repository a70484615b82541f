import { z } from 'zod';
import type { MuteView, SuppressedList } from '../../../core/suppression-api.ts';
import { alertView } from './page-schema.ts';
import { nullable } from './schema-parts.ts';

/** ISO 8601, UTC, as Alertmanager's. */
const instant = z.string();

export const muteReply = z
  .strictObject({
    id: z.string(),
    matchers: z.array(
      z.strictObject({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean() }),
    ),
    startsAt: instant,
    endsAt: instant,
    recurring: nullable(
      z.union([
        z.strictObject({
          weekly: z.strictObject({ days: z.array(z.string()), from: z.string(), to: z.string() }),
        }),
        z.strictObject({ calendar: z.string(), category: z.array(z.string()) }),
      ]),
    ),
    comment: z.string(),
    party: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: nullable(instant),
    endedBy: nullable(z.string()),
    status: z.strictObject({ state: z.enum(['pending', 'active', 'expired']) }),
  })
  .meta({ id: 'Mute' }) satisfies z.ZodType<MuteView>;

export const maintenanceListReply = z.strictObject({ school: z.string(), maintenance: z.array(muteReply) });
export const silenceListReply = z.strictObject({ school: z.string(), silences: z.array(muteReply) });

export const suppressedListReply = z.strictObject({
  school: z.string(),
  groups: z.array(
    z.strictObject({
      by: z.enum(['parent', 'site', 'maintenance', 'silence']),
      of: nullable(z.string()),
      reason: z.string(),
      cause: nullable(alertView),
      alerts: z.array(alertView),
    }),
  ),
  unknownDevices: z.array(z.string()),
}) satisfies z.ZodType<SuppressedList>;
