import { TwilioChannel } from '../../../../../collector/notify/channels/twilio.ts';
import type { Service } from '../stand-in.ts';
import type { ServiceCase } from './service-case.ts';

const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`;
const AUTH = 'fedcba9876543210fedcba9876543210';
const KNOWN = ['To', 'From', 'MessagingServiceSid', 'Body', 'StatusCallback'];

const error = (status: number, code: number, message: string) => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

const service: Service = (seen) => {
  if (seen.path !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
    return error(404, 20404, 'The requested resource was not found');
  if (seen.method !== 'POST') return error(405, 20004, 'Method not allowed');
  if (seen.headers.authorization !== `Basic ${Buffer.from(`${ACCOUNT}:${AUTH}`).toString('base64')}`)
    return error(401, 20003, 'Authenticate');
  if (seen.headers['content-type'] !== 'application/x-www-form-urlencoded')
    return error(400, 21604, "A 'To' phone number is required.");
  const form = new URLSearchParams(seen.body);
  for (const key of form.keys()) if (!KNOWN.includes(key)) return error(400, 20001, `Unknown parameter ${key}`);
  const to = form.get('To') ?? '';
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return error(400, 21211, `Invalid 'To' Phone Number: ${to}`);
  if (form.has('From') === form.has('MessagingServiceSid'))
    return error(400, 21603, "A 'From' phone number is required.");
  const body = form.get('Body') ?? '';
  if (body === '') return error(400, 21602, 'Message body is required.');
  if (body.length > 1_600) return error(400, 21617, 'The concatenated message body exceeds the 1600 character limit');
  return { status: 201, body: { sid: `SM${'0'.repeat(32)}`, status: 'queued', to, error_code: null } };
};

export const twilio: ServiceCase = {
  type: 'twilio',
  make: (parts) => new TwilioChannel(parts),
  settings: (url) => ({
    type: 'twilio',
    account_sid: ACCOUNT,
    auth_token: AUTH,
    from: '+15551230100',
    to: '+15551230199',
    url,
  }),
  service,
  busy: { answer: { ...error(429, 20429, 'Too Many Requests'), headers: { 'retry-after': '2' } }, retryAfterMs: 2_000 },
  down: error(503, 20503, 'Service unavailable'),
  final: error(400, 21610, `Attempt to send to unsubscribed recipient +15551230199 with ${AUTH}`),
  secrets: [AUTH, '+15551230199'],
};
