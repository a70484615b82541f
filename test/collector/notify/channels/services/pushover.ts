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
  priority: z.number().int().min(-2).max(2).optional(),
  retry: z.number().int().min(30).optional(),
  expire: z.number().int().min(1).max(10_800).optional(),
  timestamp: z.number().int().positive().optional(),
  url: z.url().max(512).optional(),
  url_title: z.string().max(100).optional(),
});
const RECEIPT = 'rPushoverReceipt00000000000000';
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
  const { priority, retry, expire } = body.value;
  if (priority !== 2) return { status: 200, body: { status: 1, request: REQUEST } };
  if (retry === undefined || expire === undefined)
    return wrong('retry', 'retry and expire must be supplied with priority=2');
  return { status: 200, body: { status: 1, request: REQUEST, receipt: RECEIPT } };
};

interface Ringing {
  readonly expiresAt: number;
  acknowledgedAt: number;
  cancelled: boolean;
  lookedAt: number;
}

/** With the receipts of emergencies (https://pushover.net/api/receipts); `now` in ms. Asked for one more than every 5 s, it refuses. */
export function pushoverWithReceipts(now: () => number) {
  const ringing = new Map<string, Ringing>();
  const refusals: string[] = [];
  const refuse = (status: number, error: string) => {
    refusals.push(error);
    return { status, body: { status: 0, request: REQUEST, errors: [error] } };
  };
  const receipts: Service = (seen) => {
    const [, receipt = '', cancel] = /^\/1\/receipts\/([A-Za-z0-9]{30})(\/cancel)?\.json/.exec(seen.path) ?? [];
    const of = ringing.get(receipt);
    const given = cancel ? new URLSearchParams(seen.body) : new URL(seen.path, 'http://x').searchParams;
    if (seen.method !== (cancel ? 'POST' : 'GET')) return refuse(405, 'method not allowed');
    if (given.get('token') !== TOKEN) return refuse(400, 'application token is invalid');
    if (!of) return refuse(404, 'receipt not found; may be invalid or expired');
    if (cancel) {
      of.cancelled = true;
      return { status: 200, body: { status: 1, request: REQUEST } };
    }
    if (now() - of.lookedAt < 5_000) return refuse(429, 'looked at too often');
    of.lookedAt = now();
    const acknowledged = of.acknowledgedAt > 0;
    return {
      status: 200,
      body: {
        status: 1,
        acknowledged: acknowledged ? 1 : 0,
        acknowledged_at: Math.floor(of.acknowledgedAt / 1000),
        acknowledged_by: acknowledged ? USER : '',
        acknowledged_by_device: acknowledged ? 'kims-phone' : '',
        last_delivered_at: Math.floor(now() / 1000),
        expired: now() >= of.expiresAt ? 1 : 0,
        expires_at: Math.floor(of.expiresAt / 1000),
        called_back: 0,
        called_back_at: 0,
        request: REQUEST,
      },
    };
  };
  const whole: Service = (seen) => {
    if (seen.path.startsWith('/1/receipts/')) return receipts(seen);
    const answer = service(seen);
    const body = answer.body as { receipt?: string };
    if (body.receipt === undefined) return answer;
    const receipt = `${RECEIPT.slice(0, 26)}${String(ringing.size).padStart(4, '0')}`;
    const { expire } = JSON.parse(seen.body) as { expire: number };
    ringing.set(receipt, { expiresAt: now() + expire * 1000, acknowledgedAt: 0, cancelled: false, lookedAt: 0 });
    return { ...answer, body: { ...body, receipt } };
  };
  return { service: whole, ringing, refusals };
}

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
