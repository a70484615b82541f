import { describe, expect, it } from 'vitest';
import { channelSchema } from '../../../../collector/engagement/channel-schema.ts';
import { sendAll } from './case-runner.ts';
import { LONG_SUMMARY, MESSAGE_ID, openBody } from './messages.ts';
import { twilio } from './services/twilio.ts';

const MG = `MG${'0123456789abcdef'.repeat(2)}`;

it('is the whole text, from a number or from a messaging service', async () => {
  const { seen } = await sendAll(twilio, [openBody()]);
  const form = new URLSearchParams(seen[0]!.body);
  expect(Object.fromEntries(form)).toMatchObject({ To: '+15551230199', From: '+15551230100' });
  expect(form.get('Body')).toMatch(/^CRITICAL at Lincoln Charter \(main\): 5 of 8 [\s\S]*\nRef msg_/);
  const other = await sendAll(twilio, [openBody()], { settings: { from: undefined, messaging_service_sid: MG } });
  expect(other.result).toEqual({ ok: true });
  expect(new URLSearchParams(other.seen[0]!.body).get('MessagingServiceSid')).toBe(MG);
});

it('is cut at 1,600 characters, with its reference', async () => {
  const { seen } = await sendAll(twilio, [openBody({ summary: LONG_SUMMARY })]);
  const body = new URLSearchParams(seen[0]!.body).get('Body')!;
  expect(body.length).toBeLessThanOrEqual(1_600);
  expect(body).toMatch(new RegExp(`…\\nRef ${MESSAGE_ID}$`));
});

describe('its errors', () => {
  it.each([
    [400, 21211, false],
    [401, 20003, false],
    [429, 20429, true],
    [500, 20500, true],
  ])('%i %i', async (status, code, retryable) => {
    const answers = [{ status, body: { code, status, message: 'about +15551230199' } }];
    const { result } = await sendAll(twilio, [openBody()], { answers });
    expect(result).toEqual({ ok: false, retryable, reason: `status ${status}: error ${code}` });
  });
});

it('needs one sender, not two', () => {
  const settings = twilio.settings('https://api.twilio.com');
  expect(channelSchema.safeParse({ ...settings, messaging_service_sid: MG }).success).toBe(false);
  expect(channelSchema.safeParse({ ...settings, from: undefined }).success).toBe(false);
});
