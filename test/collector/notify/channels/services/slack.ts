import { z } from 'zod';
import { SlackChannel } from '../../../../../collector/notify/channels/slack.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const PATH = '/services/T00000000/B00000000/SlackSecretPathXXXXXXXXX';
const plain = (limit: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(limit), emoji: z.boolean().optional() });
/** Of mrkdwn nothing but links is ours: everything else is full of what it takes for markup. */
const link = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z
    .string()
    .max(3_000)
    .regex(/^(<https?:\/\/[^<>|\s]+\|([^<>|&]|&(amp|lt|gt);)+>(\n|$))+$/),
});
const message = z.strictObject({
  text: z.string().min(1).max(40_000),
  mrkdwn: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('header'), text: plain(150) }),
        z.strictObject({ type: z.literal('section'), text: z.union([plain(3_000), link]) }),
      ]),
    )
    .max(50),
});

const service: Service = (seen) => {
  if (seen.path !== PATH) return { status: 404, body: 'no_service' };
  if (seen.method !== 'POST') return { status: 400, body: 'invalid_payload' };
  const body = read(message, seen);
  if ('wrong' in body) return { status: 400, body: 'invalid_blocks' };
  // Slack reads control characters in `text` only when they are escaped.
  if (/[<>]|&(?!amp;|lt;|gt;)/.test(body.value.text)) return { status: 400, body: 'invalid_payload' };
  return { status: 200, body: 'ok' };
};

export const slack: ServiceCase = {
  type: 'slack',
  make: (parts) => new SlackChannel(parts),
  settings: (url) => ({ type: 'slack', url: `${url}${PATH}` }),
  service,
  busy: { answer: { status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' }, retryAfterMs: 30_000 },
  down: { status: 500, body: 'rollup_error' },
  final: { status: 410, body: 'channel_is_archived' },
  secrets: ['SlackSecretPathXXXXXXXXX'],
};
