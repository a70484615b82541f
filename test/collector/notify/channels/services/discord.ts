import { z } from 'zod';
import { DiscordChannel } from '../../../../../collector/notify/channels/discord.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const PATH = '/api/webhooks/123456789012345678/Discord-Secret_Token';
const embed = z.strictObject({
  title: z.string().max(256).optional(),
  url: z.url({ protocol: /^https?$/ }).optional(),
  description: z.string().min(1).max(4_096).optional(),
  color: z.number().int().min(0).max(0xffffff).optional(),
  footer: z.strictObject({ text: z.string().max(2_048) }).optional(),
});
const size = ({ title = '', description = '', footer }: z.output<typeof embed>): number =>
  title.length + description.length + (footer?.text.length ?? 0);
const message = z.strictObject({
  content: z.string().max(2_000),
  embeds: z
    .array(embed)
    .max(10)
    .refine((all) => all.reduce((sum, one) => sum + size(one), 0) <= 6_000),
  allowed_mentions: z.strictObject({ parse: z.array(z.enum(['users', 'roles', 'everyone'])) }),
});

const service: Service = (seen) => {
  if (seen.path !== PATH) return { status: 404, body: { message: 'Unknown Webhook', code: 10015 } };
  if (seen.method !== 'POST') return { status: 405, body: { message: '405: Method Not Allowed', code: 0 } };
  const body = read(message, seen);
  if ('wrong' in body) return { status: 400, body: { code: 50035, message: 'Invalid Form Body', errors: body.wrong } };
  return { status: 204, headers: { 'x-ratelimit-remaining': '4', 'x-ratelimit-reset-after': '2.000' } };
};

export const discord: ServiceCase = {
  type: 'discord',
  make: (parts) => new DiscordChannel(parts),
  settings: (url) => ({ type: 'discord', url: `${url}${PATH}` }),
  service,
  busy: {
    answer: {
      status: 429,
      headers: { 'retry-after': '65', 'x-ratelimit-scope': 'user' },
      body: { message: 'You are being rate limited.', retry_after: 64.57, global: false },
    },
    retryAfterMs: 64_570,
  },
  down: { status: 502, body: '<html>bad gateway</html>' },
  final: { status: 404, body: { message: `Unknown Webhook ${PATH}`, code: 10015 } },
  secrets: ['Discord-Secret_Token'],
};
