import { expect, it } from 'vitest';
import { sendAll } from './case-runner.ts';
import { LONG_SUMMARY, MESSAGE_ID, openBody, resolvedBody } from './messages.ts';
import { teams } from './services/teams.ts';

it('is a card: the first line in the colour of the severity, a line for each thing that is said', async () => {
  const { json } = await sendAll(teams, [openBody({ summary: '**sw_core_1** is down' }), resolvedBody()]);
  const lines = json[0].attachments[0].content.body.map((block: { inlines: object[] }) => block.inlines[0]);
  expect(lines[0]).toMatchObject({
    text: 'CRITICAL at Lincoln Charter (main): **sw_core_1** is down',
    color: 'attention',
    weight: 'bolder',
  });
  expect(lines.at(-1)).toEqual({ type: 'TextRun', text: `Ref ${MESSAGE_ID}` });
  expect(json[1].attachments[0].content.body[0].inlines[0].color).toBe('good');
});

it('is as long as it may be, whatever escaping makes of it', async () => {
  const { result, seen } = await sendAll(teams, [
    openBody({ summary: LONG_SUMMARY, condition: '\u0001"'.repeat(40_000) }),
  ]);
  expect(result).toEqual({ ok: true });
  expect(Buffer.byteLength(seen[0]!.body)).toBeLessThanOrEqual(28 * 1024);
});

it('names the code of a refusal only: the words may quote the signature', async () => {
  const { result } = await sendAll(teams, [openBody()], { answers: [teams.final] });
  expect(result).toEqual({ ok: false, retryable: false, reason: 'status 401: DirectApiAuthorizationRequired' });
});
