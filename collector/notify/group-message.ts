import { capital } from '../engagement/explain.ts';
import type { SchoolDirectory } from './directory.ts';
import type { AlertMessage } from './message.ts';

/** Lines of a group's text; the data have them all. */
const LISTED = 10;
const ORDER = ['critical', 'warning', 'info'];

/** One alert of a group: its own message, and the id of that. */
export interface GroupMember {
  readonly reference: string;
  readonly message: AlertMessage;
}

/** Several alerts of one site told as one. `alerts`: the `data` of each alert's own message, worst first, with its reference. */
export interface GroupMessage {
  readonly type: 'alerts.open' | 'alerts.resolved';
  readonly timestamp: string;
  readonly data: {
    readonly alerts: readonly (AlertMessage['data'] & { readonly reference: string })[];
    readonly text: string;
  };
}

/** What is sent in place of the members' own messages, all of which are of one kind, school, site and contact. */
export function groupMessage(members: readonly GroupMember[], directory: SchoolDirectory | undefined): GroupMessage {
  const sorted = [...members].sort(
    (a, b) => rank(a) - rank(b) || order(since(a), since(b)) || order(a.reference, b.reference),
  );
  const { type, data } = sorted[0]!.message;
  const over = type === 'alert.resolved';
  const place = `${directory?.name ?? data.alert.school} (${data.alert.site})`;
  const listed = sorted.slice(0, LISTED).map((member) => line(member, over));
  const more = sorted.length - listed.length;
  const lines = [
    over
      ? `RESOLVED at ${place}: ${count(sorted.length)}`
      : `${capital(count(sorted.length))} at ${place}${critical(sorted)}`,
    ...shared(sorted),
    ...listed,
    ...(more > 0 ? [`and ${more} more.`] : []),
  ];
  return {
    type: over ? 'alerts.resolved' : 'alerts.open',
    timestamp: sorted
      .map(({ message }) => message.timestamp)
      .sort()
      .at(-1)!,
    data: { alerts: sorted.map(({ reference, message }) => ({ reference, ...message.data })), text: lines.join('\n') },
  };
}

function rank({ message }: GroupMember): number {
  const at = ORDER.indexOf(message.data.alert.severity);
  return at < 0 ? ORDER.length : at;
}

function since({ message }: GroupMember): string {
  return message.data.alert.opened_at ?? '';
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function count(alerts: number): string {
  return alerts === 1 ? '1 alert' : `${alerts} alerts`;
}

function critical(members: readonly GroupMember[]): string {
  const number = members.filter(({ message }) => message.data.alert.severity === 'critical').length;
  return number === 0 ? '' : `, ${number} critical`;
}

function line({ reference, message }: GroupMember, over: boolean): string {
  const { severity, summary } = message.data.alert;
  return `${over ? '' : `${severity.toUpperCase()}: `}${summary} [${reference}]`;
}

/** Why the reader is told, where that is the same for all: the second line of each message. */
function shared(members: readonly GroupMember[]): string[] {
  const reasons = new Set(members.map(({ message }) => message.data.text.split('\n')[1] ?? ''));
  const [reason] = reasons;
  return reasons.size === 1 && members[0]!.message.type === 'alert.open' && reason ? [reason] : [];
}
