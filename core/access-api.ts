/** Types only. What the API tells of who is logged in, and of the audit log. Times are ms since the epoch. */

/** GET /api/me */
export interface WhoAmI {
  readonly kind: 'operator' | 'account' | 'token';
  readonly name: string;
  /** Null: the operator, or a token with a list of permissions. */
  readonly role: 'director' | 'specialist' | 'provider_technician' | 'provider_lead' | 'auditor' | null;
  /** The party they act for at each of their schools; null: for none, or (the operator) for whom they say. */
  readonly party: string | null;
  /** Null: all of them. */
  readonly schools: readonly string[] | null;
  /** What a token may do at most; null: what its role may. */
  readonly permissions: readonly string[] | null;
}

/** GET /api/schools/:school/audit */
export interface AuditPageView {
  readonly school: string;
  /** Where the log ends now: keep it, to see later that nothing was cut off. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Oldest first. */
  readonly rows: readonly AuditRowView[];
  /** Give it as `after` for the next page; null: there is none. */
  readonly next: number | null;
}

export interface AuditRowView {
  readonly chain: string;
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly via: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly prev: string;
  readonly hash: string;
}
