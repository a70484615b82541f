import type { ChannelParts } from '../../../../collector/notify/channels/channel.ts';
import { groupMessage } from '../../../../collector/notify/group-message.ts';
import { openMessage, resolvedMessage } from '../../../../collector/notify/message.ts';
import { handedOver } from '../../../../collector/notify/note-message.ts';
import { safetyNetMessage } from '../../../../collector/notify/safety-net-message.ts';
import { testMessage } from '../../../../collector/notify/test-message.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { alert, decision, schoolDirectory, silent, T0 } from '../fixtures.ts';

/** Bodies as the outbox stores them, made by what makes them. */

type AlertParts = NonNullable<Parameters<typeof alert>[0]>;

export const ALERT_ID = alert().id;
export const MESSAGE_ID = 'msg_0123456789abcdefghijklmnopq';

const to = {
  party: 'provider',
  contact: 'cts.oncall',
  step: 0,
  transfer: false,
  repeat: 0,
  repeatMs: null,
  next: undefined,
};

export function openBody(more: AlertParts = {}): string {
  return JSON.stringify(openMessage(alert(more), decision(), to, T0, schoolDirectory()));
}

export const ACK_URL = 'https://watch.example.org/a/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

/** As a channel gets it where there is a `public_url`. */
export function linkedBody(more: AlertParts = {}): string {
  const message = openMessage(alert(more), decision(), to, T0, schoolDirectory());
  return JSON.stringify({ ...message, data: { ...message.data, ack_url: ACK_URL } });
}

/** Several told together, as a channel gets them where there is a `public_url`. */
export function linkedGroupBody(count: number, more: AlertParts = {}): string {
  const alerts = Array.from({ length: count }, (_, i) => ({
    reference: `msg_${i}`,
    ...openMessage(alert({ id: `a${i}`, ...more }), decision(), to, T0, schoolDirectory()).data,
    ack_url: `${ACK_URL.slice(0, -2)}${String(i).padStart(2, '0')}`,
  }));
  const text = [`${count} alerts at Lincoln Charter (main)`, ...alerts.map(({ alert }) => alert.summary)].join('\n');
  return JSON.stringify({ type: 'alerts.open', timestamp: '2026-10-05T14:00:00.000Z', data: { alerts, text } });
}

export function resolvedBody(more: AlertParts = {}): string {
  const over = alert({ state: 'resolved', resolvedAt: T0 + 600_000, ...more });
  return JSON.stringify(resolvedMessage(over, decision(), 'cts.oncall', T0 + 600_000, schoolDirectory()));
}

/** A note about an alert: it moved to another party. */
export function movedBody(): string {
  const stored = { ...alert(), decision: decision() } as unknown as Parameters<typeof handedOver>[0];
  const moved = { party: 'internal', contact: 'cts.oncall', reason: 'the window ended' };
  return JSON.stringify(handedOver(stored, moved, T0, schoolDirectory()));
}

/** How somebody finds out whether a channel works. */
export function testBody(): string {
  const of = { school: 'lincoln', contact: 'cts.oncall', channel: 'phone', by: 'Kim' };
  return testMessage(of, 'once', schoolDirectory(), T0).body;
}

/** Two alerts of one site in one message. */
export function groupBody(kind: 'open' | 'resolved', more: AlertParts = {}): string {
  const members = ['msg_one', 'msg_two'].map((reference) => ({
    reference,
    message: JSON.parse(kind === 'open' ? openBody(more) : resolvedBody(more)),
  }));
  return JSON.stringify(groupMessage(members, schoolDirectory()));
}

/** One line, longer than any title. */
export const AGREEMENT_TEXT = `ENDS SOON at lincoln: the agreement "help" ends. ${'If it should go on, both sides have to approve an extension before. '.repeat(5)}That is all.`;

export function agreementBody(): string {
  return JSON.stringify({
    type: 'agreement.reminded',
    timestamp: '2026-10-05T14:00:00.000Z',
    data: { agreement: { engagement: 'help', version: 1 }, text: AGREEMENT_TEXT },
  });
}

/** The weekly test of the safety net. */
export function safetyNetBody(): string {
  const to = { school: 'lincoln', round: '2026-10-06', contact: 'principal.ng' };
  return JSON.stringify(safetyNetMessage(to, T0, T0 + 7 * 86_400_000, schoolDirectory()));
}

/** Words, quotes, line breaks and pairs of surrogates, far beyond every limit. */
export const LONG_SUMMARY = 'switch "edge\\7" <b>*down*</b> @everyone 🏫🔥 '.repeat(3000);

export const local: ChannelParts = {
  clock: systemClock,
  log: silent,
  policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }),
};
