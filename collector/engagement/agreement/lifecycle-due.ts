import type { EngagementEvent } from './engagement-event.ts';
import { type EngagementRecord, type EngagementVersion, inForceOf, proposalOf } from './engagement-record.ts';
import { asOf, COLLECTOR } from './lifecycle.ts';

/** How long before its end the parties are reminded to extend an engagement. */
export const REMINDER_MS = 3 * 86_400_000;

/** What the passing of time has made due and nobody has written down yet: ends that were reached, and reminders. */
export function dueEvents(records: Iterable<EngagementRecord>, at: number): EngagementEvent[] {
  return [...records].flatMap((record) => [...ends(record, at), ...reminder(record, at)]);
}

function ends(record: EngagementRecord, at: number): EngagementEvent[] {
  const after = asOf(record, at);
  const events: EngagementEvent[] = [];
  if (record.inForce !== null && after.inForce === null && after.closed)
    events.push(byTime(record, record.inForce, after.closed.status, after.closed.at, after.closed.reason));
  const proposal = proposalOf(record);
  if (proposal && proposal.version !== record.inForce && after.proposal === null)
    events.push(
      byTime(record, proposal.version, 'expired', proposal.until ?? at, 'it was not approved before its end'),
    );
  return events;
}

function reminder(record: EngagementRecord, at: number): EngagementEvent[] {
  const version = inForceOf(asOf(record, at));
  if (!version || version.until === null || version.remindedAt !== null) return [];
  const due = version.until - REMINDER_MS;
  // Who agreed on it a moment ago knows when it ends.
  if (at < due || agreedAt(version) >= due) return [];
  return [byTime(record, version.version, 'reminded', at, 'its end is near')];
}

/** ms; -Infinity when not known. */
export function agreedAt({ approvedAt, breakGlass }: EngagementVersion): number {
  return approvedAt ?? breakGlass?.at ?? -Infinity;
}

function byTime(
  { id }: EngagementRecord,
  version: number,
  type: 'ended' | 'expired' | 'revoked' | 'reminded',
  at: number,
  reason: string | null,
): EngagementEvent {
  const base = { engagement: id, version, type, at, party: null, actor: COLLECTOR };
  return { ...base, detail: reason === null ? {} : { reason } };
}
