import { z } from 'zod';
import type { EndpointList, EndpointTest } from '../../../core/endpoint-api.ts';
import type { OnCallList, SafetyNetReport } from '../../../core/on-call-api.ts';
import { count, nullable, time } from './schema-parts.ts';

export const endpointListReply = z.strictObject({
  school: z.string(),
  endpoints: z.array(
    z
      .strictObject({
        contact: z.string(),
        name: z.string(),
        channel: z.string(),
        type: z.string(),
        host: nullable(z.string()),
        state: z.enum(['ok', 'failing', 'dead', 'disabled']),
        lastSuccess: nullable(time),
        lastFailure: nullable(time),
        error: nullable(z.string()),
        failures: count,
        failingSince: nullable(time),
        disabledAt: nullable(time),
        waiting: count,
      })
      .meta({ id: 'Endpoint' }),
  ),
}) satisfies z.ZodType<EndpointList>;

export const endpointTestReply = z.strictObject({
  reference: z.string().describe('stands in the message'),
  result: z.enum(['sent', 'failed', 'waiting']),
  error: nullable(z.string()),
}) satisfies z.ZodType<EndpointTest>;

const person = z.strictObject({ contact: z.string(), name: z.string() });

export const onCallListReply = z.strictObject({
  school: z.string(),
  tz: z.string(),
  parties: z.array(
    z
      .strictObject({
        party: z.string(),
        name: z.string(),
        turns: z.boolean(),
        covered: z.boolean(),
        now: nullable(person),
        standsInFor: nullable(person),
        by: z.string(),
        next: nullable(person.extend({ at: time })),
        problems: z.array(z.strictObject({ kind: z.string(), start: time, end: time, text: z.string() })),
      })
      .meta({ id: 'OnCall' }),
  ),
}) satisfies z.ZodType<OnCallList>;

const testResult = person.extend({
  channel: z.string(),
  result: z.string(),
  reason: nullable(z.string()),
  changedAt: time,
});

export const safetyNetReply = z.strictObject({
  school: z.string(),
  tz: z.string(),
  contacts: z.array(person.extend({ channels: z.array(z.string()) })),
  next: nullable(time),
  tests: z.array(z.strictObject({ round: z.string(), beganAt: time, actor: z.string(), results: z.array(testResult) })),
}) satisfies z.ZodType<SafetyNetReport>;
