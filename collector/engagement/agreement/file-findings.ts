import type { Engagement } from '../school.ts';
import type { Terms } from './engagement-event.ts';
import {
  approvalsText,
  type EngagementRecord,
  type EngagementVersion,
  inForceOf,
  missingApprovals,
  versionOf,
} from './engagement-record.ts';

/** One engagement as the school's file has it now. */
export interface Written {
  readonly engagement: Engagement;
  readonly terms: Terms;
  readonly file: string;
  /** Its status is draft or proposed: it is not to be in force, whoever approved it. */
  readonly pending: boolean;
  /** `approved_at`; null: none. */
  readonly approvedAt: number | null;
  /** The same as it is written. */
  readonly approvedText: string | undefined;
  /** Ad hoc without an end: it cannot come into force. How far off the end may be is for the linter to say. */
  readonly endless: boolean;
}

/** The file has it as agreed, at work or suspended. */
export function saysInForce({ engagement: { status } }: Written): boolean {
  return status === 'approved' || status === 'suspended';
}

export function madeElsewhere({ engagement, file }: Written): string {
  return `engagement ${engagement.id} was made over the API: what ${file} says of it is left out; give it another id there`;
}

/** A text that has ended and that the file has as approved all the same. */
export function staysClosed(record: EngagementRecord | undefined, written: Written): string[] {
  const { id } = written.engagement;
  const closed = record?.closed?.status;
  // That its time has come is no surprise.
  if (!saysInForce(written) || closed === undefined || closed === 'expired') return [];
  return [
    `engagement ${id} was ${closed}, but ${dateText(written, true)}: it stays ${closed}; set approved_at to the day both sides approved it anew`,
  ];
}

/**
 * Why a version that the file has as approved is not in force.
 * @param outdated the approved version whose approvals the file still shows; undefined when they are those of this version
 */
export function notInForce(
  { record }: { readonly record: EngagementRecord | undefined },
  written: Written,
  number: number,
  outdated: EngagementVersion | undefined,
): string[] {
  const { id, approvals } = written.engagement;
  const version = record && versionOf(record, number);
  if (!record || !version || !saysInForce(written)) return [];
  const current = inForceOf(record);
  const instead = current ? `version ${current.version} stays in force` : `it is not in force`;
  if (outdated) {
    const same = outdated.approvedAt === written.approvedAt;
    return [
      `engagement ${id} was changed, but ${dateText(written, same)}: ${instead}; set approved_at to the day both sides approved the change`,
    ];
  }
  if (current === version) {
    const gone = missingApprovals({
      needs: version.needs,
      approvals: version.approvals.filter((a) => approvals.includes(a.party)),
    });
    if (gone.length === 0) return [];
    return [
      `engagement ${id} no longer shows the approval of ${approvalsText(gone)}: ${instead}; to end it, set its status to revoked`,
    ];
  }
  const missing = missingApprovals(version);
  if (missing.length > 0)
    return [`engagement ${id} says approved, but the approval of ${approvalsText(missing)} is missing: ${instead}`];
  return written.endless ? [`engagement ${id} is ad hoc and has no until: ${instead}`] : [];
}

/** `approved_at is still 2026-07-01` */
function dateText({ approvedText }: Written, still: boolean): string {
  if (approvedText === undefined) return 'approved_at is missing';
  return `approved_at is ${still ? 'still ' : ''}${approvedText}`;
}
