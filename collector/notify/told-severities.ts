import type { OutboxRow } from '../state/outbox.ts';
import type { AlertMessage } from './message.ts';

/** As what an alert was told, or may have been: the severities in its pages, each once. Pure. */
export function toldSeverities(rows: readonly OutboxRow[]): string[] {
  const told = rows.filter(({ kind, status, uncertain }) => kind === 'open' && (uncertain || REACHED.has(status)));
  return [...new Set(told.map(({ body }) => (JSON.parse(body) as AlertMessage).data.alert.severity))].sort();
}

const REACHED: ReadonlySet<OutboxRow['status']> = new Set(['sent', 'sending']);

/** With the severities it was told as, where these are not just the one it has: some receivers know an alert by its severity, too. */
export function withToldAs(message: AlertMessage, told: readonly string[]): AlertMessage {
  const { alert } = message.data;
  if (told.every((severity) => severity === alert.severity)) return message;
  return { ...message, data: { ...message.data, alert: { ...alert, told_as: told } } };
}
