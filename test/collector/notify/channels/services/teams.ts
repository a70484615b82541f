import { z } from 'zod';
import { TeamsChannel } from '../../../../../collector/notify/channels/teams.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const PATH = '/workflows/0123456789abcdef/triggers/manual/paths/invoke';
const QUERY = '?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=TeamsSecretSignature';
const run = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['lighter', 'default', 'bolder']).optional(),
  color: z.enum(['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention']).optional(),
});
const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  msteams: z.strictObject({ width: z.literal('Full') }).optional(),
  body: z.array(z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(run).min(1) })).min(1),
  actions: z
    .array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: z.url() }))
    .max(6)
    .optional(),
});
const message = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null().optional(),
        content: card,
      }),
    )
    .length(1),
});

const error = (status: number, code: string, text: string) => ({ status, body: { error: { code, message: text } } });

const service: Service = (seen) => {
  const [path, query = ''] = seen.path.split('?');
  if (path !== PATH) return error(404, 'WorkflowNotFound', 'The workflow could not be found.');
  if (`?${query}` !== QUERY) return error(401, 'DirectApiAuthorizationRequired', `The signature of ${query} is wrong.`);
  if (Buffer.byteLength(seen.body) > 28 * 1024) return error(413, 'RequestEntityTooLarge', 'too large');
  const body = read(message, seen);
  if ('wrong' in body) return error(400, 'TriggerInputSchemaMismatch', body.wrong);
  return { status: 202 };
};

export const teams: ServiceCase = {
  type: 'teams',
  make: (parts) => new TeamsChannel(parts),
  settings: (url) => ({ type: 'teams', url: `${url}${PATH}${QUERY}` }),
  service,
  busy: {
    answer: { ...error(429, 'WorkflowRunActionsRateLimit', 'slow down'), headers: { 'retry-after': '20' } },
    retryAfterMs: 20_000,
  },
  down: error(503, 'ServiceUnavailable', 'The service is unavailable.'),
  final: error(401, 'DirectApiAuthorizationRequired', `The signature ${QUERY} is wrong.`),
  secrets: ['TeamsSecretSignature'],
};
