import type { AlertMessage } from '../message.ts';
import { type AlertData, type AnswerLink, answerLinks } from './answer-links.ts';

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
  /** By which the reader answers: one, or one for each of several alerts. */
  readonly links: readonly AnswerLink[];
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
    links: answerLinks(data),
    tone: toneOf(type, alert?.severity),
  };
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
  readonly data: Partial<AlertMessage['data']> & Pick<AlertData, 'alerts'>;
}

function parsed(body: string): Stored | undefined {
  try {
    return JSON.parse(body) as Stored;
  } catch {
    return undefined;
  }
}
