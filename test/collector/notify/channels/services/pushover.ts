import { z } from 'zod';
import { PushoverChannel } from '../../../../../collector/notify/channels/pushover.ts';
import { read, type Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const TOKEN = 'PushoverApplicationToken123456';
const USER = 'PushoverUserKeyOfKimLee1234567';
const message = z.strictObject({
  token: z.string(),
  user: z.string(),
  device: z.string().max(25).optional(),
  title: z.string().max(250).optional(),
  message: z.string().min(1).max(1_024),
  priority: z.number().int().min(-2).max(1).optional(),
  timestamp: z.number().int().positive().optional(),
  url: z.url().max(512).optional(),
  url_title: z.string().max(100).optional(),
});
const REQUEST = '647d2300-702c-4b38-8b2f-d56326ae460b';

const service: Service = (seen) => {
  if (seen.path !== '/1/messages.json' || seen.method !== 'POST')
    return { status: 404, body: { status: 0, request: REQUEST, errors: ['resource not found'] } };
  const body = read(message, seen);
  if ('wrong' in body) return { status: 400, body: { status: 0, request: REQUEST, errors: [body.wrong] } };
  const wrong = (what: string, error: string) => ({
    status: 400,
    body: { [what]: 'invalid', errors: [error], status: 0, request: REQUEST },
  });
  if (body.value.token !== TOKEN) return wrong('token', 'application token is invalid');
  if (body.value.user !== USER)
    return wrong('user', 'user identifier is not a valid user, group, or subscribed user key');
  return { status: 200, body: { status: 1, request: REQUEST } };
};

export const pushover: ServiceCase = {
  type: 'pushover',
  make: (parts) => new PushoverChannel(parts),
  settings: (url) => ({ type: 'pushover', token: TOKEN, user_key: USER, url }),
  service,
  busy: {
    answer: { status: 429, body: { status: 0, request: REQUEST, errors: ['application is over its message limit'] } },
    final: true,
  },
  down: { status: 500, body: { status: 0, request: REQUEST, errors: ['internal error'] } },
  final: { status: 400, body: { status: 0, request: REQUEST, errors: [`token ${TOKEN} is invalid for ${USER}`] } },
  secrets: [TOKEN, USER],
};
