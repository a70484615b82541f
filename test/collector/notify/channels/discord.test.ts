import { expect, it } from 'vitest';
import { systemClock } from '../../../../runtime/clock.ts';
import { sendAll } from './case-runner.ts';
import { MESSAGE_ID, openBody, resolvedBody } from './messages.ts';
import { discord } from './services/discord.ts';

it('takes nothing in a summary for markup, and calls nobody', async () => {
  const { json } = await sendAll(discord, [openBody({ summary: 'sw_core_1 *down* @everyone' }), resolvedBody()]);
  expect(json[0]).toMatchObject({
    content: 'CRITICAL at Lincoln Charter (main): sw\\_core\\_1 \\*down\\* @everyone',
    allowed_mentions: { parse: [] },
  });
  expect(json[0].embeds[0]).toMatchObject({ color: 0xc62828, footer: { text: `Ref ${MESSAGE_ID}` } });
  expect(json[1].embeds[0].color).toBe(0x2e7d32);
});

it('waits for its place when the last one of the bucket was used', async () => {
  const waits: number[] = [];
  const clock = {
    ...systemClock,
    now: () => 1_790_000_000_000,
    monotonic: () => systemClock.monotonic(),
    sleep: (ms: number, signal?: AbortSignal) => {
      if (ms !== 15_000) waits.push(ms);
      return ms === 15_000 ? systemClock.sleep(ms, signal) : Promise.resolve();
    },
  };
  const last = { status: 204, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.25' } };
  const { results } = await sendAll(discord, [openBody(), openBody(), openBody()], {
    parts: { clock },
    answers: [last],
  });
  expect(results).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
  expect(waits).toEqual([1_250]);
});

it('a wait of nonsense is none', async () => {
  const answers = [{ status: 429, body: { retry_after: 'soon' } }];
  const { result } = await sendAll(discord, [openBody()], { answers });
  expect(result).toEqual({ ok: false, retryable: true, reason: 'status 429' });
});
