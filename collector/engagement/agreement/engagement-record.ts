import type { EngagementStatus } from '../school.ts';
import type { Terms } from './engagement-event.ts';

/** One engagement with all its versions, as its events add up to. Plain JSON, times in ms since the epoch. */
export interface EngagementRecord {
  readonly id: string;
  /** The school's file it stands in; null: it was made over the API. Only there can it be changed. */
  readonly file: string | null;
  readonly status: EngagementStatus;
  /** Oldest first, never empty. */
  readonly versions: readonly EngagementVersion[];
  /** The version that counts, also while suspended; null: none. */
  readonly inForce: number | null;
  /** The version that waits for approvals; null: none. Equal to `inForce` for one that is active on one side's word. */
  readonly proposal: number | null;
  readonly suspended: Mark | null;
  /** How it came to an end; null while a version is in force, or none has ever been. */
  readonly closed: (Mark & { readonly status: 'ended' | 'expired' | 'revoked' }) | null;
}

export interface EngagementVersion extends Terms {
  readonly version: number;
  /** `approved` once it came into force with all approvals; it stays so when it is replaced. */
  readonly stage: 'draft' | 'proposed' | 'approved';
  readonly binding: boolean;
  readonly proposed: Mark;
  readonly approvals: readonly Approval[];
  /** When the last approval came, or when the file says so; null: not approved, or the file does not say. */
  readonly approvedAt: number | null;
  /** Set while it is active on one side's word; the others have until `deadline`. */
  readonly breakGlass: (Mark & { readonly deadline: number }) | null;
  /** The owner of an ad-hoc engagement said that it takes the work. */
  readonly accepted: Mark | null;
  /** When the parties were told that its end is near. */
  readonly remindedAt: number | null;
}

/** Who did something, when, and why. */
export interface Mark {
  readonly party: string | null;
  readonly by: string;
  readonly at: number;
  readonly reason: string | null;
}

export interface Approval extends Mark {
  readonly party: string;
}

/** Records of one school by engagement, in the order in which they were made. */
export type EngagementRecords = ReadonlyMap<string, EngagementRecord>;

export function versionOf(record: EngagementRecord, version: number | null): EngagementVersion | undefined {
  return version === null ? undefined : record.versions[version - 1];
}

export function inForceOf(record: EngagementRecord): EngagementVersion | undefined {
  return versionOf(record, record.inForce);
}

export function proposalOf(record: EngagementRecord): EngagementVersion | undefined {
  return versionOf(record, record.proposal);
}

/** The approvals still to come; each may be given by any one of the parties named in it. */
export function missingApprovals({ needs, approvals }: Pick<EngagementVersion, 'needs' | 'approvals'>) {
  const given = approvals.map((approval) => approval.party);
  return needs.filter((parties) => !parties.some((party) => given.includes(party)));
}

/** `internal and provider`, `internal and provider or cabler`. */
export function approvalsText(needs: readonly (readonly string[])[]): string {
  return needs.map((parties) => parties.join(' or ')).join(' and ');
}

/** The parties that a version binds, or that have their say in it. */
export function partiesTo({ needs, approvals, proposed }: EngagementVersion): ReadonlySet<string> {
  const proposer = proposed.party === null ? [] : [proposed.party];
  return new Set([...needs.flat(), ...approvals.map((approval) => approval.party), ...proposer]);
}
