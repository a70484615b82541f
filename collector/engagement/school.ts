import type { Severity } from './decision.ts';

/** A way to reach a contact. */
export interface WebhookChannel {
  readonly type: 'webhook';
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_` + base64 of 24 to 64 bytes), the current one first; a message is signed with each. Never logged. */
  readonly secrets: readonly string[];
}

export type Channel = WebhookChannel;

export interface Contact {
  readonly id: string;
  readonly name: string;
  readonly channels: readonly Channel[];
}

/** One weekly window: on each of `days` from `from` to `to` (minutes after midnight, wall clock); `to` <= `from` ends on the next day. */
export interface WeeklyWindow {
  /** 0 = Sunday. */
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Half-open [from, to), ms since the epoch. */
export interface Absence {
  readonly who: readonly string[];
  readonly from: number;
  readonly to: number;
}

export interface Party {
  readonly id: string;
  /** Contact ids; the first that is not absent is on duty. */
  readonly contacts: readonly string[];
  readonly coverage: 'always' | readonly WeeklyWindow[];
  readonly absences: readonly Absence[];
}

/** Which alerts a grant covers: all keys must fit, any entry of a list. */
export interface GrantScope {
  readonly domain?: readonly string[];
  readonly site?: readonly string[];
  /** Globs. */
  readonly zone?: readonly string[];
  readonly vendor?: readonly string[];
  readonly model?: readonly string[];
  readonly device?: readonly string[];
  readonly rule?: readonly string[];
  readonly severity?: readonly Severity[];
  readonly grades?: { readonly list: readonly string[]; readonly match: 'only' | 'any' };
}

export type ScopeKey = keyof GrantScope;

export interface Grant {
  /** `<engagement>#<index>`. */
  readonly id: string;
  readonly owner: string;
  readonly scope: GrantScope;
  readonly priority: number;
}

export type EngagementKind = 'full' | 'domain' | 'threshold' | 'adhoc' | 'override';
export type EngagementStatus = 'draft' | 'proposed' | 'approved' | 'suspended' | 'ended' | 'expired' | 'revoked';

export interface Engagement {
  readonly id: string;
  readonly kind: EngagementKind;
  readonly status: EngagementStatus;
  readonly approvals: readonly string[];
  /** ms since the epoch; -Infinity when not given. */
  readonly approvedAt: number;
  /** In force in [from, until), ms since the epoch; infinite where open. */
  readonly from: number;
  readonly until: number;
  readonly grants: readonly Grant[];
}

/** One school as its file says, checked. Parties and contacts keep the order of the file. */
export interface School {
  readonly school: string;
  /** IANA zone. */
  readonly tz: string;
  readonly parties: ReadonlyMap<string, Party>;
  /** Empty when the file gives none: then decisions can be made, but nobody reached. */
  readonly contacts: ReadonlyMap<string, Contact>;
  /** Contact ids, at least one. */
  readonly safetyNet: readonly string[];
  readonly base: { readonly owner: string };
  readonly engagements: readonly Engagement[];
  /** At or above this severity an owner who is off duty is passed over at once. */
  readonly passUncoveredAt: Severity;
  /** Below it the alert waits for the owner's next duty, at most this long (ms). */
  readonly maxHoldMs: number;
}
