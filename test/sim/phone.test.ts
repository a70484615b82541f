import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { Phone } from '../../sim/phone.ts';
import { renderMessage } from '../../sim/phone-message.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const phones: Phone[] = [];

afterEach(async () => {
  await Promise.all(phones.splice(0).map((p) => p.stop()));
});

async function phone(): Promise<{ it: Phone; url: string; shown: string[] }> {
  const shown: string[] = [];
  const it = new Phone({ name: 'Kim', secret: SECRET, onMessage: (m) => shown.push(m.data.alert.summary) });
  phones.push(it);
  return { it, url: await it.start(), shown };
}

const alert = {
  id: 'a1',
  school: 'lincoln-charter',
  site: 'main',
  domain: 'wireless',
  severity: 'critical',
  rule: 'access-points-down',
  summary: '3 of 8 access points at main are down',
  condition: 'share above 10 for 4s',
  opened_at: '2026-10-05T14:00:00Z',
};
const responsibility = {
  owner: 'provider',
  acting: 'provider',
  why: 'infra#0',
  text: 'provider answers for wireless under engagement infra. Kim Lee is told after 20m.',
};
const text = 'CRITICAL at Lincoln Charter (main): 3 of 8 access points at main are down\nYou answer for this.\n';
const open = JSON.stringify({
  type: 'alert.open',
  timestamp: '2026-10-05T14:00:00Z',
  data: { alert, responsibility, text },
});

interface Send {
  readonly id?: string;
  readonly secret?: string;
  /** Seconds the signature is old. */
  readonly age?: number;
  readonly body?: string;
  readonly tamper?: string;
}

async function send(
  url: string,
  { id = 'msg_1', secret = SECRET, age = 0, body = open, tamper }: Send,
): Promise<number> {
  const when = new Date(systemClock.now() - age * 1000);
  const response = await fetch(url, {
    method: 'POST',
    body: tamper ?? body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(when.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, when, body),
    },
  });
  await response.text();
  return response.status;
}

describe('Phone', () => {
  it('takes a signed message and shows it once, however often it is delivered', async () => {
    const { it: kim, url, shown } = await phone();
    expect(await send(url, {})).toBe(204);
    expect(await send(url, {})).toBe(204);
    expect(await send(url, { id: 'msg_2' })).toBe(204);
    expect(shown).toHaveLength(2);
    expect(kim.messages).toHaveLength(2);
    expect(kim.stats).toEqual({ accepted: 2, repeats: 1, rejected: 0 });
  });

  it.each<[string, Send, number]>([
    ['another secret', { secret: OTHER }, 401],
    ['a body changed on the way', { tamper: open.replace('3 of 8', '0 of 8') }, 401],
    ['a signature ten minutes old', { age: 600 }, 401],
    ['no JSON', { body: 'hello' }, 400],
    ['JSON that is no message', { body: '{"type":"alert.open","data":{}}' }, 400],
    ['an empty body', { body: '' }, 400],
    ['a body over the limit', { body: 'x'.repeat(70_000) }, 413],
  ])('refuses %s', async (_name, message, status) => {
    const { it: kim, url, shown } = await phone();
    expect(await send(url, message)).toBe(status);
    expect(shown).toEqual([]);
    expect(kim.stats).toEqual({ accepted: 0, repeats: 0, rejected: 1 });
    expect(await send(url, {})).toBe(204);
  });

  it('refuses what is not signed at all, and anything but POST', async () => {
    const { url } = await phone();
    expect((await fetch(url, { method: 'POST', body: open })).status).toBe(401);
    expect((await fetch(url)).status).toBe(405);
  });

  it('shows who is responsible and why', () => {
    expect(renderMessage({ type: 'alert.open', data: { alert, responsibility, text } })).toEqual([
      'CRITICAL at Lincoln Charter (main): 3 of 8 access points at main are down',
      'You answer for this.',
      'Responsible: provider, because provider answers for wireless under engagement infra [infra#0]',
    ]);
    expect(renderMessage({ type: 'alert.resolved', data: { alert, responsibility, text } })).toHaveLength(2);
  });
});
