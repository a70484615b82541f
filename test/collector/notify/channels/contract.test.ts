import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { CHANNEL_TYPES, channelSchema } from '../../../../collector/engagement/channel-schema.ts';
import { allChannels } from '../../../../collector/notify/channels/all-channels.ts';
import type { ChannelParts } from '../../../../collector/notify/channels/channel.ts';
import { createLogger } from '../../../../runtime/logger.ts';
import {
  ACK_URL,
  agreementBody,
  groupBody,
  LONG_SUMMARY,
  linkedBody,
  linkedGroupBody,
  local,
  MESSAGE_ID,
  movedBody,
  openBody,
  resolvedBody,
  safetyNetBody,
  testBody,
} from './messages.ts';
import { alertmanager } from './services/alertmanager.ts';
import { discord } from './services/discord.ts';
import { ntfy } from './services/ntfy.ts';
import { pagerduty } from './services/pagerduty.ts';
import { pushover } from './services/pushover.ts';
import { endpointOf, type ServiceCase } from './services/service-case.ts';
import { slack } from './services/slack.ts';
import { teams } from './services/teams.ts';
import { twilio } from './services/twilio.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

/** What every channel over HTTP keeps to; what is particular to one is in its own file. Email and webhooks have suites of their own. */
const CASES: readonly ServiceCase[] = [slack, discord, teams, ntfy, pushover, twilio, pagerduty, alertmanager];
const BODIES = {
  opened: openBody(),
  linked: linkedBody(),
  resolved: resolvedBody(),
  moved: movedBody(),
  agreement: agreementBody(),
  tests: safetyNetBody(),
};

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const fn of undo.splice(0)) await fn();
});

const never = new AbortController().signal;

async function start(of: ServiceCase, more: Partial<ChannelParts> = {}) {
  const standIn = await startStandIn(of.service);
  undo.push(standIn.close);
  const lines = new PassThrough();
  const channel = of.make({ ...local, log: createLogger('test', 'trace', lines), ...more });
  const endpoint = endpointOf(of.settings(standIn.url));
  const send = (body = openBody(), signal = never) => channel.deliver({ id: MESSAGE_ID, body, endpoint }, signal);
  return { standIn, send, log: () => String(lines.read() ?? '') };
}

const incident = ({ type }: ServiceCase): boolean => type === 'pagerduty' || type === 'alertmanager';
/** Nothing that went over the wire has half a surrogate pair: those are replaced when it is encoded. */
const whole = ({ seen }: StandIn): boolean =>
  !seen.at(-1)!.body.includes('\ufffd') && !/\\ud[89a-f]/i.test(seen.at(-1)!.body);

describe.each(CASES.map((of) => [of.type, of] as const))('%s', (_type, of) => {
  it.each(Object.entries(BODIES))('takes what %s', async (name, body) => {
    const { standIn, send } = await start(of);
    const skipped = incident(of) && ['moved', 'agreement', 'tests'].includes(name);
    expect(await send(body)).toEqual(skipped ? { ok: true, skipped: expect.stringMatching(/note/) } : { ok: true });
    expect(standIn.seen).toHaveLength(skipped ? 0 : 1);
  });

  it('takes a test, and shows it', async () => {
    const { standIn, send } = await start(of);
    expect(await send(testBody())).toEqual({ ok: true });
    expect(standIn.seen[0]!.body.replaceAll('+', ' ')).toContain('TEST at Lincoln Charter');
  });

  it('takes several alerts as one, within its limits, or asks for each by itself', async () => {
    const { standIn, send } = await start(of);
    expect(of.make(local).perAlert ?? false).toBe(incident(of));
    if (incident(of)) return;
    expect(await send(groupBody('open'))).toEqual({ ok: true });
    expect(decodeURIComponent(standIn.seen[0]!.body.replaceAll('+', ' '))).toContain(
      '2 alerts at Lincoln Charter (main), 2 critical',
    );
    expect(standIn.seen[0]!.body).toContain(MESSAGE_ID);
    expect(await send(groupBody('resolved'))).toEqual({ ok: true });
    expect(await send(groupBody('open', { summary: LONG_SUMMARY }))).toEqual({ ok: true });
    expect(whole(standIn)).toBe(true);
  });

  it('tells all of a first line that is longer than a title', async () => {
    const { standIn, send } = await start(of);
    await send(BODIES.agreement);
    const body = standIn.seen[0]?.body.replaceAll('+', ' ') ?? '';
    expect(body.includes('That is all.')).toBe(!incident(of));
  });

  it('keeps to the limits, and names the message', async () => {
    const { standIn, send } = await start(of);
    expect(await send(openBody({ summary: LONG_SUMMARY, condition: LONG_SUMMARY }))).toEqual({ ok: true });
    expect(standIn.seen[0]!.body).toContain(MESSAGE_ID);
    expect(whole(standIn)).toBe(true);
    const odd = `half a pair \ud83c, control \u0001\u0002 ${'"\\'.repeat(20_000)}`;
    expect(await send(openBody({ summary: odd, condition: odd }))).toEqual({ ok: true });
  });

  it('carries the link to the alert whole, however long the rest', async () => {
    const { standIn, send } = await start(of);
    await send(linkedBody({ summary: LONG_SUMMARY, condition: LONG_SUMMARY }));
    await send(openBody());
    const [linked, plain] = standIn.seen.map(({ body }) => decodeURIComponent(body.replaceAll(/%(?!3A|2F)/g, '%25')));
    // What Alertmanager gets, it shows to others.
    expect(linked!.includes(ACK_URL)).toBe(of.type !== 'alertmanager');
    expect(plain).not.toContain('/a/');
  });

  it('carries a link for each of several alerts, as many as it holds', async () => {
    if (incident(of)) return;
    const { standIn, send } = await start(of);
    const held = { slack: 10, discord: 9, teams: 6, ntfy: 10, pushover: 1, twilio: 3 }[of.type]!;
    for (const more of [{}, { summary: 'é_<b>*&|' }, { summary: LONG_SUMMARY }]) {
      expect(await send(linkedGroupBody(12, more))).toEqual({ ok: true });
      const body = decodeURIComponent(standIn.seen.at(-1)!.body.replaceAll(/%(?!3A|2F)/g, '%25'));
      const found = new Set(body.match(/https:\/\/watch\.example\.org\/a\/[\w-]{43}/g));
      expect([found.size, [...found][0]!.slice(-2)], of.type).toEqual([held, '00']);
    }
  });

  it('asked too often', async () => {
    const { standIn, send } = await start(of);
    standIn.next.push(of.busy.answer);
    const result = await send();
    const after = of.busy.retryAfterMs === undefined ? {} : { retryAfterMs: of.busy.retryAfterMs };
    const reason = expect.stringMatching(/^status 429/);
    expect(result).toEqual({ ok: false, retryable: of.busy.final !== true, reason, ...after });
  });

  it('not well: again, later', async () => {
    const { standIn, send } = await start(of);
    standIn.next.push(of.down);
    expect(await send()).toMatchObject({ ok: false, retryable: true });
    standIn.next.push({ status: 504 });
    expect(await send()).toMatchObject({ ok: false, retryable: true, uncertain: true });
    standIn.next.push({ status: 307, headers: { location: `${standIn.url}/elsewhere` } });
    expect(await send()).toMatchObject({ ok: false, retryable: true });
    expect(standIn.seen).toHaveLength(3);
  });

  it('refused for good, and what is secret reaches neither reason nor log', async () => {
    const { standIn, send, log } = await start(of);
    standIn.next.push(of.final);
    const result = await send();
    expect(result).toMatchObject({ ok: false, retryable: false });
    const said = JSON.stringify(result) + log();
    for (const secret of of.secrets) expect(said).not.toContain(secret);
  });

  it('no answer, or one that breaks off: it may have arrived', async () => {
    const { standIn, send } = await start(of, { timeoutMs: 200 });
    standIn.next.push('hang', 'reset');
    expect(await send()).toMatchObject({ ok: false, retryable: true, uncertain: true });
    expect(await send()).toMatchObject({ ok: false, retryable: true, uncertain: true });
  });

  it('nobody listens: it has not arrived', async () => {
    const { standIn, send } = await start(of);
    await standIn.close();
    const result = await send();
    expect(result).toMatchObject({ ok: false, retryable: true, uncertain: false });
    for (const secret of of.secrets) expect(JSON.stringify(result)).not.toContain(secret);
  });

  it('the process stops: ends at once', async () => {
    const stop = new AbortController();
    const { standIn, send } = await start(of);
    standIn.next.push('hang');
    const sending = send(openBody(), stop.signal);
    while (standIn.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await sending).toMatchObject({ ok: false, retryable: true, uncertain: true });
  });

  it('does not reach into the own network unless that is allowed', async () => {
    const { standIn, send, log } = await start(of, { policy: () => ({ allow: [], ports: [] }) });
    const result = await send();
    expect(result).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining('is not public') });
    expect(standIn.seen).toEqual([]);
    for (const secret of of.secrets) expect(JSON.stringify(result) + log()).not.toContain(secret);
  });

  it('is given nothing but our messages', async () => {
    const { standIn, send } = await start(of);
    for (const body of ['', '[]', '{"type":"alert.open"}', 'null'])
      expect(await send(body)).toMatchObject({ ok: false, retryable: false });
    expect(standIn.seen).toEqual([]);
  });

  it('with a key too many, or one too few, is no channel', () => {
    const settings = of.settings('https://service.example');
    expect(channelSchema.safeParse(settings).success).toBe(true);
    expect(channelSchema.safeParse({ ...settings, colour: 'red' }).success).toBe(false);
    expect(channelSchema.safeParse({ type: of.type }).success).toBe(false);
  });
});

it('every kind of channel that a school may choose is delivered by one', () => {
  const types = allChannels({ ...local, mailServer: () => undefined }).map(({ type }) => type);
  expect(types).toEqual([...CHANNEL_TYPES]);
  expect(channelSchema.options).toHaveLength(types.length);
});
