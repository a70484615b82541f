import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EmailChannel } from '../../../../collector/notify/channels/email.ts';
import { mailServerSchema } from '../../../../collector/notify/channels/email-schema.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { makeCertificates } from '../../../support/certificates.ts';
import { type MailServerBehaviour, startMailServer } from '../../../support/mail-server.ts';
import { silent } from '../fixtures.ts';
import { ALERT_ID, agreementBody, LONG_SUMMARY, MESSAGE_ID, openBody, resolvedBody } from './messages.ts';

let tls: { readonly cert: string; readonly key: string; readonly ca: string };
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-mail-'));
  const { cert, key, ca } = makeCertificates(dir);
  const read = (file: string) => readFileSync(file, 'utf8');
  tls = { cert: read(cert), key: read(key), ca: read(ca) };
});
afterAll(() => rmSync(dir, { recursive: true }));

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const fn of undo.splice(0)) await fn();
});

async function server(behaviour: MailServerBehaviour = {}) {
  const started = await startMailServer(behaviour);
  undo.push(started.close);
  return started;
}

const never = new AbortController().signal;
const endpoint = { type: 'email', id: 'email', address: 'kim@example.org', secrets: [] };

function send(
  settings: Record<string, unknown>,
  { body = openBody(), id = MESSAGE_ID, signal = never, timeoutMs = 5_000 } = {},
) {
  const parsed = mailServerSchema.parse({
    host: '127.0.0.1',
    tls: 'none',
    from: 'Bellwether <watch@lincoln.example>',
    ...settings,
  });
  const channel = new EmailChannel({ clock: systemClock, log: silent, server: () => parsed, timeoutMs });
  return channel.deliver({ id, body, endpoint }, signal);
}

describe('a mail that arrives', () => {
  it('says what happened, and mail programs keep an alert in one thread', async () => {
    const { port, taken } = await server();
    expect(await send({ port })).toEqual({ ok: true });
    expect(await send({ port }, { body: resolvedBody(), id: 'msg_over' })).toEqual({ ok: true });
    const [open, over] = taken;
    expect(open).toMatchObject({ from: 'watch@lincoln.example', to: ['kim@example.org'] });
    const thread = `<alert.${ALERT_ID}@lincoln.example>`;
    expect(open!.headers).toMatchObject({
      from: 'Bellwether <watch@lincoln.example>',
      to: 'kim@example.org',
      'message-id': `<${MESSAGE_ID}@lincoln.example>`,
      references: thread,
      'in-reply-to': thread,
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(open!.headers['subject']).toMatch(/^CRITICAL at .*: 5 of 8 access points do not answer$/);
    expect(open!.raw).toContain(`Ref ${MESSAGE_ID}`);
    expect(over!.headers).toMatchObject({ references: thread, 'message-id': '<msg_over@lincoln.example>' });
    expect(over!.headers['subject']).toMatch(/^RESOLVED at /);
  });

  it('about no alert belongs to no thread', async () => {
    const { port, taken } = await server();
    expect(await send({ port }, { body: agreementBody() })).toEqual({ ok: true });
    expect(taken[0]!.headers).not.toHaveProperty('references');
  });

  it('is one mail with one recipient, whatever the summary holds', async () => {
    const { port, taken } = await server();
    const summary = `x\r\nBcc: eve@example.net\r\n\r\n${LONG_SUMMARY}`;
    expect(await send({ port }, { body: openBody({ summary }) })).toEqual({ ok: true });
    expect(taken[0]!.to).toEqual(['kim@example.org']);
    expect(taken[0]!.headers).not.toHaveProperty('bcc');
  });

  it.each([['starttls'], ['implicit']])('goes by %s, logged in', async (kind) => {
    const login = { user: 'bellwether', password: 'a password of length' };
    const { cert, key, ca } = tls;
    const { port, taken } = await server({ cert, key, login, secure: kind === 'implicit' });
    expect(await send({ port, tls: kind, ca, ...login })).toEqual({ ok: true });
    expect(taken[0]).toMatchObject({ secure: true, user: 'bellwether' });
  });
});

describe('a mail that does not', () => {
  it.each([
    ['recipient', 550, false],
    ['recipient', 450, true],
    ['message', 554, false],
    ['message', 451, true],
  ] as const)('refused at the %s with %i', async (at, code, retryable) => {
    const { port } = await server({ refuse: { at, code } });
    expect(await send({ port })).toEqual({ ok: false, retryable, reason: `the mail server answers ${code}` });
  });

  it('a login that is refused is tried again: it is the collector that is set up wrong', async () => {
    const { cert, key, ca } = tls;
    const { port } = await server({ cert, key, login: { user: 'a', password: 'b' } });
    const result = await send({ port, tls: 'starttls', ca, user: 'a', password: 'wrong-password' });
    expect(result).toEqual({ ok: false, retryable: true, reason: 'the mail server refuses the login (535)' });
  });

  it('a server without STARTTLS gets nothing in clear text', async () => {
    const { port, taken } = await server();
    expect(await send({ port, tls: 'starttls' })).toMatchObject({ ok: false, retryable: true });
    expect(taken).toEqual([]);
  });

  it('a certificate of somebody else', async () => {
    const { cert, key } = tls;
    const { port, taken } = await server({ cert, key });
    expect(await send({ port, tls: 'starttls' })).toMatchObject({ ok: false, retryable: true, uncertain: false });
    expect(taken).toEqual([]);
  });

  it('no answer after the message: it may have been taken', async () => {
    const { port, taken } = await server({ silent: true });
    expect(await send({ port }, { timeoutMs: 400 })).toEqual({
      ok: false,
      retryable: true,
      uncertain: true,
      reason: 'no answer within 400 ms',
    });
    expect(taken).toHaveLength(1);
  });

  it('a server that never greets: it was not taken', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    undo.push(async () => void mute.close());
    const { port } = mute.address() as AddressInfo;
    expect(await send({ port }, { timeoutMs: 200 })).toMatchObject({ ok: false, retryable: true, uncertain: false });
  });

  it('nobody listens', async () => {
    const { port, close } = await startMailServer();
    await close();
    const result = await send({ port });
    expect(result).toMatchObject({ ok: false, retryable: true, uncertain: false });
    expect((result as { reason: string }).reason).toContain('ECONNREFUSED');
  });

  it('the process stops: ends at once', async () => {
    const { port } = await server({ silent: true });
    const stop = new AbortController();
    const sending = send({ port }, { signal: stop.signal });
    stop.abort();
    expect(await sending).toMatchObject({ ok: false, retryable: true });
  });

  it('no server is configured', async () => {
    const channel = new EmailChannel({ clock: systemClock, log: silent, server: () => undefined });
    expect(await channel.deliver({ id: 'x', body: openBody(), endpoint }, never)).toMatchObject({ retryable: true });
  });
});

describe('the settings of the mail server', () => {
  const said = (settings: Record<string, unknown>): string => {
    const result = mailServerSchema.safeParse({ host: 'mail.example.org', from: 'a@example.org', ...settings });
    return result.success ? JSON.stringify(result.data) : result.error.issues.map((i) => i.message).join();
  };

  it.each([
    [{}, '"port":587'],
    [{ tls: 'implicit' }, '"port":465'],
    [{ tls: 'none' }, '"port":25'],
    [{ tls: 'none', user: 'a', password: 'b' }, 'starttls or implicit'],
    [{ user: 'a' }, 'both user and password'],
    [{ from: 'nobody' }, 'a mail address'],
    [{ from: 'X\r\nBcc: <a@example.org>' }, 'a mail address'],
  ])('%j', (settings, expected) => expect(said(settings)).toContain(expected));
});
