import { expect, it } from 'vitest';
import { sendAll } from './case-runner.ts';
import { openBody, resolvedBody } from './messages.ts';
import { pushover } from './services/pushover.ts';

it('rings until somebody presses when it is critical, and says when it happened', async () => {
  const { json } = await sendAll(pushover, [openBody(), openBody({ severity: 'warning' }), resolvedBody()], {
    settings: { device: 'kims-phone' },
  });
  expect(json[0]).toMatchObject({
    title: 'CRITICAL at Lincoln Charter (main): 5 of 8 access points do not answer',
    priority: 2,
    retry: 60,
    expire: 1_800,
    timestamp: Date.UTC(2026, 9, 5, 14) / 1000,
    device: 'kims-phone',
  });
  expect(json.map(({ priority }) => priority)).toEqual([2, 0, 0]);
  expect(json[1]).not.toHaveProperty('retry');
});

it('an answer without `status: 1` is no success', async () => {
  const answers = [
    { status: 200, body: { status: 0, errors: ['try again'] } },
    { status: 200, body: '<html>' },
  ];
  const { results } = await sendAll(pushover, [openBody(), openBody()], { answers });
  expect(results).toEqual([
    { ok: false, retryable: true, reason: 'status 200: try again' },
    { ok: false, retryable: true, reason: 'status 200: no status 1 in the answer' },
  ]);
});

it('the month is used up: never again, so that the ladder goes on', async () => {
  const { result } = await sendAll(pushover, [openBody()], { answers: [pushover.busy.answer] });
  expect(result).toMatchObject({ retryable: false, reason: 'status 429: application is over its message limit' });
});
