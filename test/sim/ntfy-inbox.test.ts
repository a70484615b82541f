import { afterEach, expect, it } from 'vitest';
import { NtfyInbox, type NtfyNotice, press } from '../../sim/ntfy-inbox.ts';

const notices: NtfyNotice[] = [];
const inbox = new NtfyInbox((notice) => notices.push(notice));
afterEach(() => inbox.stop());

it('takes what is published as JSON, and nothing else', async () => {
  const url = await inbox.start();
  const publish = async (body: string, path = '/') =>
    (await fetch(url + path, { method: 'POST', body, signal: AbortSignal.timeout(5_000) })).status;
  const notice = { topic: 'kim', title: 'CRITICAL', message: 'down' };
  expect(await publish(JSON.stringify({ ...notice, priority: 5 }))).toBe(200);
  const odd = [{ action: 'http', label: 'x' }, { action: 'call', label: 'x', url }, null];
  const buttons = odd.map((action) => JSON.stringify({ ...notice, actions: [action] }));
  const four = JSON.stringify({ ...notice, actions: Array(4).fill({ action: 'view', label: 'x', url }) });
  for (const wrong of ['', 'null', '{}', 'x'.repeat(20_000), ...buttons, four]) expect(await publish(wrong)).toBe(400);
  expect(await publish(JSON.stringify(notice), '/kim')).toBe(400);
  expect(notices).toEqual([{ ...notice, actions: [] }]);
});

it('a button does what it says when it is pressed', async () => {
  const url = await inbox.start();
  const button = {
    action: 'http',
    label: 'Again',
    url: `${url}/`,
    headers: { 'Content-Type': 'application/json' },
  } as const;
  expect(await press({ ...button, body: JSON.stringify({ topic: 'a', title: 'b', message: 'c' }) })).toBe(true);
  expect(notices.at(-1)).toMatchObject({ topic: 'a', title: 'b', message: 'c' });
  expect(await press({ ...button, method: 'GET' })).toBe(false);
});
