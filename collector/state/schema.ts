import type { Generated } from 'kysely';

/** The state database. Times are ms since the epoch, JSON is text, booleans are 0 or 1: the same on SQLite and PostgreSQL. */
export interface StateSchema {
  meta: MetaTable;
  token: TokenTable;
  session: SessionTable;
  agent: AgentTable;
  alert: AlertTable;
  alert_event: AlertEventTable;
  rule_state: RuleStateTable;
  outbox: OutboxTable;
  load_latch: LoadLatchTable;
  engagement_event: EngagementEventTable;
  calendar: CalendarTable;
  ics_link: IcsLinkTable;
  school_lease: SchoolLeaseTable;
  collector_member: CollectorMemberTable;
}

/** Single values: schema version, the admin token's hash. */
export interface MetaTable {
  name: string;
  value: string;
}

/** Agents' tokens. Only the SHA-256 is kept; the token itself was shown once. */
export interface TokenTable {
  id: string;
  hash: string;
  school: string;
  site: string;
  note: string;
  created_at: number;
  revoked_at: number | null;
}

/** Page logins (cookie value hashed). */
export interface SessionTable {
  hash: string;
  created_at: number;
  expires_at: number;
}

/** Who delivers for a site: last time heard, for the dead-man rule. */
export interface AgentTable {
  school: string;
  site: string;
  token_id: string;
  first_seen: number;
  last_seen: number;
}

/** The current form of each alert: the fold of its events, kept for reading. */
export interface AlertTable {
  id: string;
  key: string;
  school: string;
  site: string;
  rule: string;
  domain: string;
  severity: string;
  state: string;
  labels: string;
  summary: string;
  condition: string;
  value: number;
  owner: string | null;
  why: string | null;
  decision: string | null;
  decided_at: number | null;
  round: number;
  claimed_by: string | null;
  acked_by: string | null;
  acked_at: number | null;
  noted_at: number | null;
  pending_at: number;
  opened_at: number | null;
  resolved_at: number | null;
}

export interface AlertEventTable {
  seq: Generated<number>;
  alert_id: string;
  school: string;
  type: string;
  at: number;
  decided_at: number;
  detail: string;
}

/** What the evaluator must remember over a restart: one row per rule and thing whose condition is not plain "good". */
export interface RuleStateTable {
  key: string;
  school: string;
  rule: string;
  state: string;
}

/** One message to one contact over one channel. */
export interface OutboxTable {
  /** Also the webhook-id: constant over retries. */
  id: string;
  alert_id: string;
  school: string;
  /** open, resolved, or a note. */
  kind: string;
  /** Of the ladder it belongs to (alert.round). */
  round: number;
  party: string;
  contact: string;
  channel: string;
  /** Index of the ladder step in the decision; -1 for a resolved message. */
  step: number;
  /** 0 for the first message of a step, then 1, 2, ... for its repeats. */
  repeat: number;
  /** The next repeat follows this long after this one was sent; null: no repeats. */
  repeat_ms: number | null;
  /** 1: ownership moves to `party` when this row comes due. */
  transfer: number;
  body: string;
  /** waiting, sending, sent, failed (gave up), cancelled. */
  status: string;
  /** 1: an earlier attempt may have reached the receiver although no answer came (timeout, connection lost, crash). */
  uncertain: number;
  due_at: number;
  attempts: number;
  last_error: string | null;
  created_at: number;
  sent_at: number | null;
}

/** Where each load threshold stands (engagement/load.ts), by grant. */
export interface LoadLatchTable {
  school: string;
  grant_id: string;
  state: string;
}

/** What happened to a school's engagements, and by them; only ever added to. */
export interface EngagementEventTable {
  seq: Generated<number>;
  school: string;
  /** Null for what is about the school as a whole, as is `version`. */
  engagement: string | null;
  version: number | null;
  type: string;
  at: number;
  /** Whose deed it was; null: nobody's. */
  party: string | null;
  actor: string;
  detail: string;
}

/** A school calendar that comes from elsewhere: the last good copy, how reading it goes, a newer copy that waits for a confirmation. */
export interface CalendarTable {
  school: string;
  calendar: string;
  /** URL or file. */
  location: string;
  etag: string | null;
  last_modified: string | null;
  /** iCalendar text; null until it was read for the first time. */
  copy: string | null;
  fetched_at: number | null;
  checked_at: number | null;
  error: string | null;
  failed_since: number | null;
  pending_copy: string | null;
  pending_etag: string | null;
  pending_last_modified: string | null;
  pending_reasons: string | null;
  pending_since: number | null;
}

/** Links under which responsibility is published as .ics (token hashed). */
export interface IcsLinkTable {
  id: string;
  hash: string;
  school: string;
  party: string | null;
  created_at: number;
  revoked_at: number | null;
}

/** Which collector writes for a school: one at a time. Times are by the database's clock. */
export interface SchoolLeaseTable {
  school: string;
  /** Null: given up. */
  holder: string | null;
  /** Where the holder takes writes for it. */
  url: string | null;
  /** One more each time it changes hands: what was begun under a former one no longer counts. */
  epoch: number;
  expires_at: number;
  /** A collector that has fewer schools and asked for this one. */
  wanted_by: string | null;
}

/** The collectors that live, so that each takes its share. */
export interface CollectorMemberTable {
  id: string;
  url: string | null;
  expires_at: number;
}
