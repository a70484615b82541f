import { afterEach, expect, it } from 'vitest';
import { NtfyInbox, type NtfyNotice } from '../../sim/ntfy-inbox.ts';

const notices: NtfyNotice[] = [];
const inbox = new NtfyInbox((notice) => notices.push(notice));
afterEach(() => inbox.stop());

it('takes what is published as JSON, and nothing else', async () => {
  const url = await inbox.start();
  const publish = async (body: string, path = '/') =>
    (await fetch(url + path, { method: 'POST', body, signal: AbortSignal.timeout(5_000) })).status;
  const notice = { topic: 'kim', title: 'CRITICAL', message: 'down' };
  expect(await publish(JSON.stringify({ ...notice, priority: 5 }))).toBe(200);
  for (const wrong of ['', 'null', '{}', 'x'.repeat(20_000)]) expect(await publish(wrong)).toBe(400);
  expect(await publish(JSON.stringify(notice), '/kim')).toBe(400);
  expect(notices).toEqual([notice]);
});
