import type { Cause } from '../audit/cause.ts';
import { ENGAGEMENT_EVENT_TYPES } from '../engagement/agreement/engagement-event.ts';
import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import type { EngagementLogEntry } from './engagements.ts';

const AUDITED: readonly string[] = [
  ...ENGAGEMENT_EVENT_TYPES.filter((type) => type !== 'reminded'),
  'handover_accepted',
];

/** Who proposed, approved and ended what, also by a file or because its time was over. The digest says which text it was. */
export async function auditEngagementEvent(tx: StateDb, entry: Omit<EngagementLogEntry, 'seq'>): Promise<void> {
  const { school, engagement, version, type, at, party, actor, detail } = entry;
  if (!AUDITED.includes(type)) return;
  const { digest, stage, reason, id } = detail;
  await appendAudit(tx, {
    school,
    action: type === 'handover_accepted' ? 'handover.accepted' : `engagement.${type}`,
    detail: { engagement, version, party, by: actor, digest, stage, reason, handover: id },
    at,
    ...causeOf(actor),
  });
}

/** A request may be what brings to light that a time was over: it was not the asker's doing. */
function causeOf(actor: string): { readonly cause?: Cause } {
  if (actor.startsWith('file ')) return { cause: { actor: 'collector', via: 'file' } };
  return actor === 'collector' ? { cause: { actor: 'collector', via: 'clock' } } : {};
}
