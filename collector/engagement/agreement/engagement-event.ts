import type { EngagementKind } from '../school.ts';

/**
 * What happens to an engagement in its life. Events are only ever added: what an engagement is now follows from them alone (lifecycle.ts), so
 * either side can work it out again. Plain JSON, times in ms since the epoch.
 */
export type EngagementEvent = ProposalEvent | ApprovalEvent | PlainEvent;

interface EventBase {
  readonly engagement: string;
  /** Which version it is about: 1, 2, ... */
  readonly version: number;
  readonly at: number;
  /** The party that did it; null for the file and for the passing of time. */
  readonly party: string | null;
  /** The person who did it, `file <name>`, or `collector`. */
  readonly actor: string;
}

/** A version is laid before the parties. `break_glass`: it is active at once, and ends unless the others approve within a day. */
export interface ProposalEvent extends EventBase {
  readonly type: 'proposed' | 'break_glass';
  readonly detail: Proposal;
}

/** `accepted`: by a party that an ad-hoc engagement makes an owner; it counts as its approval. */
export interface ApprovalEvent extends EventBase {
  readonly type: 'approved' | 'accepted';
  readonly detail: Reasoned;
}

export interface PlainEvent extends EventBase {
  readonly type: 'withdrawn' | 'suspended' | 'resumed' | 'ended' | 'revoked' | 'expired' | 'reminded';
  readonly detail: Reasoned;
}

export interface Reasoned {
  readonly reason?: string;
}

/** What of an engagement's text the parties agree to, with what its life depends on worked out. */
export interface Terms {
  /** As in YAML, without `status`, `approvals` and `approved_at`: those are told by the log. */
  readonly body: Readonly<Record<string, unknown>>;
  /** SHA-256 of `body`, whatever the order of its keys. */
  readonly digest: string;
  readonly kind: EngagementKind;
  /** Null: open. */
  readonly until: number | null;
  /** The parties it makes an owner of something. */
  readonly owners: readonly string[];
  /** The approvals it takes; each may come from any one of the parties named in it. */
  readonly needs: readonly (readonly string[])[];
}

export interface Proposal extends Terms, Reasoned {
  /** The name of the school's file it stands in; null: made over the API. */
  readonly file: string | null;
  readonly stage: 'draft' | 'proposed';
  /** Comes into force with its last approval. False for a draft, and for a file that does not say `approved`. */
  readonly binding: boolean;
  /** When the file says that both sides approved it; null: the file does not, or it was made over the API. */
  readonly approvedAt: number | null;
}

export const ENGAGEMENT_EVENT_TYPES: readonly EngagementEvent['type'][] = [
  'proposed',
  'break_glass',
  'approved',
  'accepted',
  'withdrawn',
  'suspended',
  'resumed',
  'ended',
  'revoked',
  'expired',
  'reminded',
];
