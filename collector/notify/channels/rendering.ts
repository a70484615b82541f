import type { AlertMessage } from '../message.ts';

/** What a channel makes its own form of a message from. */
export interface Rendering {
  readonly type: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** The first line of the text. */
  readonly title: string;
  /** The lines after it. */
  readonly details: string;
  readonly text: string;
  /** Undefined for messages about a hand-over or an agreement. */
  readonly alert: AlertMessage['data']['alert'] | undefined;
  readonly responsibility: AlertMessage['data']['responsibility'] | undefined;
  /** The reader's link to the alert (alert-links.ts); undefined where there is none. */
  readonly ackUrl: string | undefined;
  /** How loud it is: that of an alert that opened, `resolved` for its end, `note` for everything that asks for nothing. */
  readonly tone: Tone;
}

export type Tone = 'critical' | 'warning' | 'info' | 'resolved' | 'note';

/** Reads what the outbox stored. Undefined for a body that is not one of our messages. */
export function renderingOf(body: string): Rendering | undefined {
  const message = parsed(body);
  const text = message?.data?.text;
  if (typeof message?.type !== 'string' || typeof text !== 'string') return undefined;
  const { type, timestamp = '', data } = message;
  const end = text.indexOf('\n');
  const alert = type.startsWith('alert.') ? data.alert : undefined;
  return {
    type,
    timestamp,
    text,
    title: end < 0 ? text : text.slice(0, end),
    details: end < 0 ? '' : text.slice(end + 1),
    alert,
    responsibility: data.responsibility,
    ackUrl: typeof data.ack_url === 'string' ? data.ack_url : undefined,
    tone: toneOf(type, alert?.severity),
  };
}

/** Which alerts a message tells of (one, or several at once), and whom; for what is more than text in a channel. */
export function alertsOf(body: string): {
  readonly alerts: readonly { readonly id: string; readonly school: string }[];
  readonly contact: string;
} {
  const data = parsed(body)?.data;
  const alerts = [...(data?.alert ? [data.alert] : []), ...(data?.alerts ?? [])];
  return { alerts, contact: data?.responsibility?.contact ?? '' };
}

/** What is told below the title: where that had to be cut, all of it again. */
export function belowTitle({ title, details, text }: Rendering, shown: string): string {
  return shown === title ? details : text;
}

function toneOf(type: string, severity: string | undefined): Tone {
  if (type === 'alert.resolved') return 'resolved';
  if (type !== 'alert.open') return 'note';
  return severity === 'critical' || severity === 'warning' ? severity : 'info';
}

interface Stored {
  readonly type?: unknown;
  readonly timestamp?: string;
  readonly data: Partial<AlertMessage['data']> & {
    readonly alerts?: readonly AlertMessage['data']['alert'][];
  };
}

/** What stands beside the link, in all channels. */
export const ACK_LABEL = 'Acknowledge or decline';

function parsed(body: string): Stored | undefined {
  try {
    return JSON.parse(body) as Stored;
  } catch {
    return undefined;
  }
}
