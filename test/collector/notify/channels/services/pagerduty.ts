import { z } from 'zod';
import { PagerDutyChannel } from '../../../../../collector/notify/channels/pagerduty.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const KEY = 'R0UT1NGK3Y0123456789abcdefABCDEF';
const payload = z.strictObject({
  summary: z.string().min(1).max(1_024),
  source: z.string().min(1),
  severity: z.enum(['critical', 'error', 'warning', 'info']),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.looseObject({}).optional(),
});
const links = z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional();
const common = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
const event = z.discriminatedUnion('event_action', [
  z.strictObject({ ...common, event_action: z.literal('trigger'), payload, client: z.string().optional(), links }),
  z.strictObject({ ...common, event_action: z.literal('resolve') }),
  z.strictObject({ ...common, event_action: z.literal('acknowledge') }),
]);

const invalid = (errors: string[]) => ({
  status: 400,
  body: { status: 'invalid event', message: 'Event object is invalid', errors },
});

const service: Service = (seen) => {
  if (seen.path !== '/v2/enqueue' || seen.method !== 'POST') return { status: 404, body: 'not found' };
  if (Buffer.byteLength(seen.body) > 512 * 1024) return { status: 413, body: 'too large' };
  const body = read(event, seen);
  if ('wrong' in body) return invalid([body.wrong]);
  if (body.value.routing_key !== KEY) return invalid(["'routing_key' is invalid"]);
  return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: body.value.dedup_key } };
};

export const pagerduty: ServiceCase = {
  type: 'pagerduty',
  make: (parts) => new PagerDutyChannel(parts),
  settings: (url) => ({ type: 'pagerduty', routing_key: KEY, url }),
  service,
  busy: {
    answer: { status: 429, headers: { 'retry-after': '60' }, body: { status: 'throttle exceeded' } },
    retryAfterMs: 60_000,
  },
  down: { status: 500, body: 'Internal Server Error' },
  final: invalid([`'routing_key' ${KEY} is invalid`]),
  secrets: [KEY],
};
