/** Types only. What the API of engagements answers (collector/http/engagements.ts). Times are ms since the epoch. */

/** GET /api/schools/:school/engagements */
export interface EngagementList {
  readonly school: string;
  readonly engagements: readonly EngagementView[];
  /** What the linter says of the agreements in force. */
  readonly findings: readonly FindingView[];
  /** What of the school's file did not take effect as written, in plain words. */
  readonly notes: readonly { readonly engagement: string; readonly text: string }[];
}

/** The answer to every change, and one entry of the list. */
export interface EngagementView {
  readonly id: string;
  /** Where it can be changed: in the school's file of that name, or over the API (null). */
  readonly file: string | null;
  readonly status: 'draft' | 'proposed' | 'approved' | 'suspended' | 'ended' | 'expired' | 'revoked';
  /** The version that counts; null: none. */
  readonly inForce: number | null;
  /** The version that waits for approval; null: none. */
  readonly proposal: number | null;
  /** In words, the approvals that version waits for. */
  readonly missing: readonly string[];
  readonly suspended: MarkView | null;
  readonly closed: (MarkView & { readonly status: string }) | null;
  /** Newest first. */
  readonly versions: readonly EngagementVersionView[];
}

export interface EngagementVersionView {
  readonly version: number;
  readonly stage: 'draft' | 'proposed' | 'approved';
  /** As in YAML. */
  readonly body: Readonly<Record<string, unknown>>;
  /** SHA-256 of `body`: what the approvals are of. */
  readonly digest: string;
  /** What both sides sign, in plain words, a sentence or item a line; null for versions of the past, or where the school can no longer read it. */
  readonly text: string | null;
  readonly until: number | null;
  readonly proposed: MarkView;
  readonly approvals: readonly MarkView[];
  readonly approvedAt: number | null;
  /** Until when the others have time to approve what is active on one side's word. */
  readonly breakGlassDeadline: number | null;
  readonly accepted: MarkView | null;
  /** What the linter says of it as if it were in force; null for versions that are not waiting. An E keeps it from being approved. */
  readonly findings: readonly FindingView[] | null;
}

/** Who did something, when, and why; `party` is null for the file and for the passing of time. */
export interface MarkView {
  readonly party: string | null;
  readonly by: string;
  readonly at: number;
  readonly reason: string | null;
}

export interface FindingView {
  readonly level: 'E' | 'W';
  readonly code: string;
  /** Null: about the school as a whole. */
  readonly engagement: string | null;
  /** Within the engagement, or the school. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** 400: everything wrong with the request at once. */
export interface BodyRefused {
  readonly error: string;
  readonly problems: readonly { readonly path: string; readonly expected: string; readonly got: string }[];
}

/** 409: the request is well formed, and not possible as things are. */
export interface CommandRefused {
  readonly error: string;
  readonly expected: string;
  readonly got: string;
}
