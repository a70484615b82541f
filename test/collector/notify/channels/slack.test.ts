import { describe, expect, it } from 'vitest';
import { sendAll } from './case-runner.ts';
import { MESSAGE_ID, openBody } from './messages.ts';
import { slack } from './services/slack.ts';

it('shows the first line as a header, the rest below it, as plain text', async () => {
  const { json } = await sendAll(slack, [openBody({ summary: 'sw_core_1 <down> & *out*' })]);
  expect(json[0].text).toBe('CRITICAL at Lincoln Charter (main): sw_core_1 &lt;down&gt; &amp; *out*');
  const [header, section] = json[0].blocks;
  expect(header.text).toMatchObject({
    type: 'plain_text',
    text: 'CRITICAL at Lincoln Charter (main): sw_core_1 <down> & *out*',
  });
  expect(section.text.text).toMatch(/^You answer for this[\s\S]*\nRef /);
  expect(section.text.text.endsWith(MESSAGE_ID)).toBe(true);
});

describe('refusals, in its words', () => {
  it.each([
    [400, 'invalid_payload', false],
    [403, 'action_prohibited', false],
    [404, 'no_service', false],
    [410, 'channel_is_archived', false],
    [429, 'rate_limited', true],
    [500, 'rollup_error', true],
    [503, 'service_unavailable', true],
  ])('%i %s', async (status, body, retryable) => {
    const { result } = await sendAll(slack, [openBody()], { answers: [{ status, body }] });
    expect(result).toEqual({ ok: false, retryable, reason: `status ${status}: ${body}` });
  });
});
