import type { GroupMessage } from '../group-message.ts';
import type { AlertMessage } from '../message.ts';
import type { TestMessage } from '../test-message.ts';
import { type AnswerLink, answerLinks } from './answer-links.ts';

const TEST_LASTS_MS = 5 * 60_000;

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
  /** Undefined for messages about a hand-over or an agreement, or about several alerts. */
  readonly alert: AlertMessage['data']['alert'] | undefined;
  readonly responsibility: AlertMessage['data']['responsibility'] | undefined;
  /** What is tested; undefined for everything but a test. */
  readonly test: TestMessage['data']['test'] | undefined;
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
    test: data.test,
    links: answerLinks(data),
    tone: toneOf(type, type === 'alerts.open' ? worst(data.alerts ?? []) : alert?.severity),
  };
}

/** What is told below the title: where that had to be cut, all of it again. */
export function belowTitle({ title, details, text }: Rendering, shown: string): string {
  return shown === title ? details : text;
}

/** For services that know alerts only: a test as one, which is over five minutes later. Undefined for anything else. */
export function testAlert({ type, timestamp, title, test }: Rendering, id: string): Rendering['alert'] {
  if (type !== 'test') return undefined;
  return {
    id,
    school: test?.school ?? '',
    site: 'collector',
    domain: 'agent',
    severity: 'info',
    rule: 'test',
    summary: title,
    condition: 'a test',
    labels: {},
    value: 0,
    opened_at: timestamp,
    resolved_at: new Date(Date.parse(timestamp) + TEST_LASTS_MS).toISOString(),
  };
}

function toneOf(type: string, severity: string | undefined): Tone {
  if (type === 'alert.resolved' || type === 'alerts.resolved') return 'resolved';
  if (type !== 'alert.open' && type !== 'alerts.open') return 'note';
  return severity === 'critical' || severity === 'warning' ? severity : 'info';
}

function worst(alerts: GroupMessage['data']['alerts']): string | undefined {
  const severities = alerts.map(({ alert }) => alert.severity);
  return ['critical', 'warning'].find((severity) => severities.includes(severity));
}

interface Stored {
  readonly type?: unknown;
  readonly timestamp?: string;
  readonly data: Partial<
    AlertMessage['data'] & Pick<GroupMessage['data'], 'alerts'> & Pick<TestMessage['data'], 'test'>
  >;
}

function parsed(body: string): Stored | undefined {
  try {
    return JSON.parse(body) as Stored;
  } catch {
    return undefined;
  }
}
