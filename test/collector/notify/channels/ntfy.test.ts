import { expect, it } from 'vitest';
import { sendAll } from './case-runner.ts';
import {
  ACK_URL,
  agreementBody,
  LONG_SUMMARY,
  linkedBody,
  linkedGroupBody,
  MESSAGE_ID,
  openBody,
  resolvedBody,
} from './messages.ts';
import { ntfy } from './services/ntfy.ts';

it('goes to its topic, as loud as it is urgent, in any script', async () => {
  const summary = 'Grüße from the café 🏫';
  const { json } = await sendAll(ntfy, [
    openBody({ summary }),
    openBody({ severity: 'warning' }),
    resolvedBody(),
    agreementBody(),
  ]);
  expect(json[0]).toMatchObject({
    topic: 'lincoln-7f3k',
    title: `CRITICAL at Lincoln Charter (main): ${summary}`,
    priority: 5,
    tags: ['rotating_light'],
  });
  expect(json[0].message.endsWith(`\nRef ${MESSAGE_ID}`)).toBe(true);
  expect(json.map(({ priority }) => priority)).toEqual([5, 4, 3, 3]);
});

it('stays a message: longer than 4,096 bytes it would be an attachment', async () => {
  const { json } = await sendAll(ntfy, [openBody({ condition: `é${LONG_SUMMARY}` })]);
  const size = Buffer.byteLength(json[0].message);
  expect(size).toBeLessThanOrEqual(4_096);
  expect(size).toBeGreaterThan(4_000);
});

it('an open topic needs no token', async () => {
  const { seen, result } = await sendAll(ntfy, [openBody()], { settings: { token: undefined } });
  expect(seen[0]!.headers).not.toHaveProperty('authorization');
  expect(result).toEqual({ ok: false, retryable: false, reason: 'status 403: forbidden' });
});

it('has a button that acknowledges from the lock screen, and one that opens the page', async () => {
  const { json } = await sendAll(ntfy, [linkedBody(), openBody()]);
  expect(json[0].click).toBe(ACK_URL);
  expect(json[0].actions).toEqual([
    {
      action: 'http',
      label: 'Acknowledge',
      url: ACK_URL,
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: '{"action":"ack"}',
      clear: true,
    },
    { action: 'view', label: 'Open', url: ACK_URL },
  ]);
  expect(json[1]).not.toHaveProperty('actions');
});

it('of several alerts the first three have a button each', async () => {
  const { json } = await sendAll(ntfy, [linkedGroupBody(4)]);
  expect(json[0].actions.map(({ action, label }: { action: string; label: string }) => `${action} ${label}`)).toEqual(
    Array(3).fill('http Ack 5 of 8 access points do…'),
  );
});
