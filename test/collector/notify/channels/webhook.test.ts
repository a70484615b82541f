import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChannelParts } from '../../../../collector/notify/channels/channel.ts';
import { classify, WebhookChannel } from '../../../../collector/notify/channels/webhook.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createLogger } from '../../../../runtime/logger.ts';
import { silent } from '../fixtures.ts';
import { accept, startReceiver } from './receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const BODY = '{"type":"alert.open"}';

const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const fn of undo.splice(0).reverse()) await fn();
});

async function receiver(...args: Parameters<typeof startReceiver>) {
  const started = await startReceiver(...args);
  undo.push(started.close);
  return started;
}

function channel(options: Partial<ChannelParts> = {}): WebhookChannel {
  return new WebhookChannel({
    clock: systemClock,
    log: silent,
    policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }),
    ...options,
  });
}

const never = new AbortController().signal;
const send = (to: string, options: Partial<ChannelParts> = {}, secrets: readonly string[] = [SECRET], signal = never) =>
  channel(options).deliver(
    { id: 'msg_a', body: BODY, endpoint: { type: 'webhook', id: 'hook', address: to, secrets } },
    signal,
  );

describe('a message that arrives', () => {
  it('is signed for every key, and nothing but the standard headers identify it', async () => {
    const { url, got } = await receiver(accept);
    expect(await send(url, {}, [SECRET, OLD_SECRET])).toEqual({ ok: true });
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ id: 'msg_a', body: BODY, path: '/hook?x=1' });
    const headers = got[0]!.headers as Record<string, string>;
    expect(headers['content-type']).toBe('application/json');
    for (const secret of [SECRET, OLD_SECRET])
      expect(new Webhook(secret).verify(BODY, headers)).toEqual({ type: 'alert.open' });
  });

  it('counts as delivered by its status, though the answer is huge, breaks off or never ends', async () => {
    const huge = await receiver((res) => {
      const chunk = Buffer.alloc(16 * 1024, 'x');
      const more = (): void => {
        while (res.write(chunk));
        res.once('drain', more);
      };
      res.writeHead(200);
      more();
    });
    const broken = await receiver((res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('half', () => res.destroy());
    });
    const endless = await receiver((res) => {
      res.writeHead(202).write('wait');
    });
    expect(await send(huge.url)).toEqual({ ok: true });
    expect(await send(broken.url)).toEqual({ ok: true });
    expect(await send(endless.url, { timeoutMs: 300 })).toEqual({ ok: true });
  });
});

describe('a message that does not', () => {
  it('500: again, later; the answer is logged cut short, without the secret', async () => {
    const lines = new PassThrough();
    const { url } = await receiver((res) => res.writeHead(500).end(`database is down ${'.'.repeat(100_000)}`));
    const result = await send(url, { log: createLogger('test', 'info', lines) });
    expect(result).toEqual({ ok: false, retryable: true, reason: 'status 500' });
    const log = String(lines.read());
    expect(log).toContain('database is down');
    expect(log.length).toBeLessThan(1000);
    expect(log).not.toContain(SECRET.slice(6));
  });

  it('503 with Retry-After', async () => {
    const { url } = await receiver((res) => res.writeHead(503, { 'retry-after': '120' }).end());
    expect(await send(url)).toMatchObject({ retryable: true, retryAfterMs: 120_000 });
  });

  it('410: never again', async () => {
    const { url } = await receiver((res) => res.writeHead(410).end());
    expect(await send(url)).toMatchObject({ ok: false, retryable: false });
  });

  it('a redirect is a failure and is not followed', async () => {
    const target = await receiver(accept);
    const { url, got } = await receiver((res) => res.writeHead(307, { location: target.url }).end());
    expect(await send(url)).toMatchObject({
      ok: false,
      retryable: true,
      reason: 'status 307 (redirects are not followed)',
    });
    expect([got.length, target.got.length]).toEqual([1, 0]);
  });

  it('no answer: gives up in time, and it may have arrived', async () => {
    const { url, got } = await receiver(() => {});
    const result = await send(url, { timeoutMs: 200 });
    expect(result).toEqual({ ok: false, retryable: true, uncertain: true, reason: 'no answer within 200 ms' });
    expect(got).toHaveLength(1);
  });

  it('connection reset after the message: it may have arrived', async () => {
    const { url } = await receiver((_res, _got, req) => req.socket.resetAndDestroy());
    expect(await send(url)).toMatchObject({ ok: false, retryable: true, uncertain: true });
  });

  it('nobody listens: it has not arrived', async () => {
    const { url, close } = await startReceiver(accept);
    await close();
    const result = await send(url);
    expect(result).toMatchObject({ ok: false, retryable: true, uncertain: false });
    expect((result as { reason: string }).reason).toContain('ECONNREFUSED');
  });

  it('plain text behind https: it has not arrived', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    undo.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await send(`https://127.0.0.1:${port}/`)).toMatchObject({ ok: false, retryable: true, uncertain: false });
  });

  it('the process stops: ends at once', async () => {
    const stop = new AbortController();
    const { url } = await receiver(() => stop.abort());
    expect(await send(url, {}, [SECRET], stop.signal)).toMatchObject({ ok: false, retryable: true, uncertain: true });
  });

  it.each([[[]], [['whsec_short']], [[SECRET, 'plain']]])(
    'without usable secrets %#: nothing is sent',
    async (secrets) => {
      const { url, got } = await receiver(accept);
      expect(await send(url, {}, secrets)).toMatchObject({ ok: false, retryable: false });
      expect(got).toEqual([]);
    },
  );
});

describe('the guard', () => {
  const closed = { policy: () => ({ allow: [], ports: [] }) };

  it('refuses a receiver on this machine, however spelled, before any connection', async () => {
    const { port, got } = await receiver(accept);
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '0.0.0.0']) {
      expect(await send(`https://${host}:${port}/`, closed)).toMatchObject({ ok: false, retryable: false });
    }
    expect(await send(`https://localhost:${port}/`, closed)).toMatchObject({ ok: false, retryable: true });
    expect(got).toEqual([]);
  });

  it('refuses a name that resolves to a private address, though another of its addresses is public', async () => {
    const resolve = async () => ['93.184.216.34', '192.168.1.10'];
    const result = await send('https://hooks.example/', { ...closed, resolve });
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('192.168.1.10 is not public') });
  });

  it('connects to the address it checked: a name that changes after the check gains nothing', async () => {
    const inside = await receiver(accept);
    const checked: string[] = [];
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    const resolve = async (host: string) => {
      checked.push(host);
      return answers.shift() ?? [];
    };
    // Only 127.0.0.2 is allowed here; the receiver listens on 127.0.0.1, where the second answer would lead.
    const policy = () => ({ allow: ['127.0.0.2/32'], ports: [] });
    const result = await send(`http://rebind.example:${inside.port}/`, { policy, resolve });
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('127.0.0.2') });
    expect(checked).toEqual(['rebind.example']);
    expect(inside.got).toEqual([]);
  });

  it('sends to a name by its checked address, with the name in the Host header', async () => {
    const { port, got } = await receiver(accept);
    const resolve = async () => ['127.0.0.1'];
    expect(await send(`http://hooks.example:${port}/`, { resolve })).toEqual({ ok: true });
    expect(got[0]!.headers['host']).toBe(`hooks.example:${port}`);
  });

  it('a proxy in the environment is not used', async () => {
    const proxy = await receiver(accept);
    const target = await receiver(accept);
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => process.env[name]);
    for (const name of names)
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`;
    undo.push(() => {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    });
    expect(await send(target.url)).toEqual({ ok: true });
    expect([proxy.got.length, target.got.length]).toEqual([0, 1]);
  });

  it('a name that cannot be resolved, or not in time, is tried again later', async () => {
    const fails = async () => Promise.reject(new Error('ENOTFOUND'));
    expect(await send('https://hooks.example/', { resolve: fails })).toMatchObject({ ok: false, retryable: true });
    const hangs = () => new Promise<string[]>(() => {});
    expect(await send('https://hooks.example/', { resolve: hangs, timeoutMs: 50 })).toMatchObject({
      ok: false,
      retryable: true,
      reason: 'hooks.example cannot be resolved: timeout',
    });
  });
});

describe('status classes', () => {
  it.each([
    [301, true, undefined],
    [400, true, undefined],
    [401, true, undefined],
    [404, true, undefined],
    [410, false, undefined],
    [429, true, undefined],
    [500, true, undefined],
    [504, true, true],
  ])('%i: retryable %s', (status, retryable, uncertain) => {
    const result = classify(status);
    expect(result).toMatchObject({ ok: false, retryable });
    expect('uncertain' in result ? result.uncertain : undefined).toBe(uncertain);
  });
});
