import { z } from 'zod';
import { AlertmanagerChannel } from '../../../../../collector/notify/channels/alertmanager.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const TOKEN = 'alertmanager-proxy-token-0123456789';
const labels = z
  .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string())
  .refine((all) => Object.values(all).some((value) => value !== ''), 'at least one label pair required');
const alerts = z.array(
  z
    .strictObject({
      labels,
      annotations: z.record(z.string(), z.string()).optional(),
      startsAt: z.iso.datetime({ offset: true }).optional(),
      endsAt: z.iso.datetime({ offset: true }).optional(),
      generatorURL: z.url().optional(),
    })
    .refine(
      ({ startsAt = '', endsAt = '' }) => Date.parse(endsAt) >= Date.parse(startsAt),
      'start time must be before end time',
    ),
);

const service: Service = (seen) => {
  // A proxy in front asks for the token; Alertmanager itself has no login.
  if (seen.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: 'Unauthorized' };
  if (seen.path !== '/prefix/api/v2/alerts') return { status: 404, body: { code: 404, message: 'path was not found' } };
  if (seen.method !== 'POST') return { status: 405, body: { code: 405, message: 'method not allowed' } };
  const body = read(alerts, seen);
  if ('wrong' in body) return { status: 400, body: JSON.stringify(body.wrong) };
  return { status: 200 };
};

export const alertmanager: ServiceCase = {
  type: 'alertmanager',
  make: (parts) => new AlertmanagerChannel(parts),
  settings: (url) => ({ type: 'alertmanager', url: `${url}/prefix/`, token: TOKEN }),
  service,
  busy: { answer: { status: 429, headers: { 'retry-after': '3' }, body: 'too many' }, retryAfterMs: 3_000 },
  down: { status: 500, body: '"gossip failed"' },
  final: { status: 400, body: `"bad alert, ${TOKEN}"` },
  secrets: [TOKEN],
};
