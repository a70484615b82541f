import { z } from 'zod';
import { NtfyChannel } from '../../../../../collector/notify/channels/ntfy.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const TOKEN = 'tk_NtfySecretAccessToken0123456789';
const bytes = (limit: number) => z.string().refine((text) => Buffer.byteLength(text) <= limit, `over ${limit} bytes`);
const message = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: bytes(1_024).optional(),
  // A longer one is taken, but arrives as an attachment.
  message: bytes(4_096),
  priority: z.number().int().min(1).max(5).optional(),
  tags: z.array(z.string()).optional(),
  click: z.url().optional(),
  // At most three buttons; `clear` takes the notification away when the action succeeded.
  actions: z
    .array(
      z.discriminatedUnion('action', [
        z.strictObject({
          action: z.literal('view'),
          label: z.string().min(1),
          url: z.url(),
          clear: z.boolean().optional(),
        }),
        z.strictObject({
          action: z.literal('http'),
          label: z.string().min(1),
          url: z.url({ protocol: /^https?$/ }),
          method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH']).optional(),
          headers: z.record(z.string(), z.string()).optional(),
          body: z.string().optional(),
          clear: z.boolean().optional(),
        }),
      ]),
    )
    .max(3)
    .optional(),
});

const error = (code: number, text: string) => {
  const http = Math.floor(code / 100);
  return { status: http, body: { code, http, error: text, link: 'https://ntfy.sh/docs/publish/' } };
};

const service: Service = (seen) => {
  if (seen.path !== '/' || !['POST', 'PUT'].includes(seen.method)) return error(40401, 'page not found');
  if (seen.headers.authorization !== `Bearer ${TOKEN}`) return error(40301, 'forbidden');
  const body = read(message, seen);
  if ('wrong' in body) return error(40024, `invalid request: ${body.wrong}`);
  return { status: 200, body: { id: 'hwQ2YpKdmg', time: 1_790_000_000, event: 'message', ...body.value } };
};

export const ntfy: ServiceCase = {
  type: 'ntfy',
  make: (parts) => new NtfyChannel(parts),
  settings: (url) => ({ type: 'ntfy', url: `${url}/lincoln-7f3k`, token: TOKEN }),
  service,
  busy: {
    answer: { ...error(42901, 'limit reached: too many requests'), headers: { 'retry-after': '5' } },
    retryAfterMs: 5_000,
  },
  down: error(50701, 'cannot publish: insufficient storage'),
  final: error(40301, `forbidden: ${TOKEN}`),
  secrets: [TOKEN],
};
