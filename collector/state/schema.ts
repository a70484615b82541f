import type { Generated } from 'kysely';

// Longer than 300 lines because it is one list: every table with every column.

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
  mute: MuteTable;
  endpoint: EndpointTable;
  alert_link: AlertLinkTable;
  imported_alert: ImportedAlertTable;
  pushover_receipt: PushoverReceiptTable;
  safety_net_round: SafetyNetRoundTable;
  safety_net_result: SafetyNetResultTable;
  account: AccountTable;
  api_token: ApiTokenTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
  school_lease: SchoolLeaseTable;
  collector_member: CollectorMemberTable;
  inventory_site: InventorySiteTable;
  inventory_device: InventoryDeviceTable;
  inventory_serial: InventorySerialTable;
  device_link: DeviceLinkTable;
  event: EventTable;
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
  /** Null: with the admin token. */
  account: string | null;
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
  /** JSON (Suppression). */
  suppression: string | null;
  held_until: number | null;
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
  /** 1: it was under way when the process ended, and has not been sent again since. */
  interrupted: number;
  /** Messages told together, as one: also the id under which they go out. Null: by itself. */
  group_id: string | null;
}

/** How deliveries to one channel of a contact go. */
export interface EndpointTable {
  school: string;
  contact: string;
  channel: string;
  type: string;
  /** Of its settings, secrets included: what is known counts for these only. */
  fingerprint: string;
  succeeded_at: number | null;
  failed_at: number | null;
  /** Why the last attempt failed; null: it did not. */
  error: string | null;
  /** In a row, since the last success. */
  failures: number;
  failing_since: number | null;
  /** The receiver said that this address is gone for good. */
  disabled_at: number | null;
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

/** A maintenance window or a silence: alerts that its matchers fit are not told of while it runs. Kept after its end. */
export interface MuteTable {
  id: string;
  school: string;
  /** maintenance or silence. */
  kind: string;
  /** JSON: [{name, value, isRegex, isEqual}]. */
  matchers: string;
  starts_at: number;
  /** It never runs after this; a recurring one runs in parts of the time before. */
  ends_at: number;
  /** JSON: hours of the week, or events of a school calendar, within [starts_at, ends_at); null: all of it. */
  recurring: string | null;
  /** Party and person who asked for it. */
  party: string;
  author: string;
  comment: string;
  created_at: number;
  /** Ended by hand before its time. */
  ended_at: number | null;
  ended_by: string | null;
}

/** One-time links to one alert for one contact. Of the link itself only the SHA-256 of its random half is kept. */
export interface AlertLinkTable {
  hash: string;
  alert_id: string;
  school: string;
  /** As which the contact acts. */
  party: string;
  contact: string;
  created_at: number;
  expires_at: number;
  /** How many were written through it. */
  notes: number;
  used_at: number | null;
  used_action: string | null;
}

/** An alert that an Alertmanager tells of: when it last did. One row for each that it says is firing. */
export interface ImportedAlertTable {
  /** Of the alert. */
  key: string;
  school: string;
  site: string;
  starts_at: number;
  heard_at: number;
}

/** An emergency notification of Pushover that waits for somebody to press: one row for each alert it tells of. */
export interface PushoverReceiptTable {
  receipt: string;
  alert_id: string;
  school: string;
  contact: string;
  channel: string;
  /** Of the ladder (alert.round). */
  round: number;
  /** 1: a later one tells the same person of the same alert. */
  superseded: number;
  created_at: number;
  expires_at: number;
  /** When it is looked at next. */
  next_at: number;
}

/** Tests of the safety net: the row is what makes each happen once. */
export interface SafetyNetRoundTable {
  school: string;
  round: string;
  began_at: number;
  actor: string;
}

/** What came of each message of a test. */
export interface SafetyNetResultTable {
  school: string;
  round: string;
  contact: string;
  channel: string;
  result: string;
  reason: string | null;
  changed_at: number;
}

/** People who log in with a name and a password. */
export interface AccountTable {
  /** What they log in with; lower case. */
  login: string;
  name: string;
  role: string;
  party: string | null;
  /** JSON: list of schools. */
  schools: string;
  /** As argon2id's own text form. */
  password: string;
  created_at: number;
  disabled_at: number | null;
  last_login_at: number | null;
  /** Secret of the second factor, base32; null: there is none. It has to be read to check a code, so it cannot be hashed. */
  totp: string | null;
  /** The step of the code that was used last: each is good once. */
  totp_step: number;
}

/** Tokens of programs that use the API (token hashed). Those of agents are in `token`. */
export interface ApiTokenTable {
  id: string;
  hash: string;
  note: string;
  /** One of `role` and `permissions` (JSON: list) is set. */
  role: string | null;
  permissions: string | null;
  party: string | null;
  schools: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
}

/** The audit log: rows are added and never changed (collector/audit/chain.ts). */
export interface AuditTable {
  chain: string;
  seq: number;
  at: number;
  actor: string;
  via: string;
  action: string;
  detail: string;
  prev: string;
  hash: string;
}

/** Where each chain of the audit log ends; also what two writers wait for each other at. */
export interface AuditHeadTable {
  chain: string;
  seq: number;
  hash: string;
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

/** A site whose devices are taken stock of. */
export interface InventorySiteTable {
  school: string;
  site: string;
  /** When the first device was heard of. */
  first_at: number;
  /** Since when devices are heard of without a long gap, and when last. */
  since: number;
  seen_at: number;
}

/** The current inventory document of each device. */
export interface InventoryDeviceTable {
  school: string;
  site: string;
  device: string;
  /** The id of the token that it was delivered with last. */
  agent: string;
  /** As the agent has it. */
  digest: string;
  /** JSON (InventoryDocument). */
  document: string;
  /** JSON: what lists show of it (InventorySummary, collector/inventory/summary.ts). */
  summary: string;
  /** JSON: what it says of itself and its neighbours (DeviceLinks). */
  links: string;
  first_seen: number;
  changed_at: number;
  /** When the agent last read it, by what it said with the digest; and when the collector heard so. */
  read_at: number;
  seen_at: number;
  /** Since when it counts as gone; null: it does not. */
  gone_at: number | null;
}

/** Which device has, or had last, the part that bears this number. */
export interface InventorySerialTable {
  school: string;
  number: string;
  site: string;
  device: string;
  seen_at: number;
  gone_at: number | null;
}

/** Two devices that are, or were last, neighbours; `a` is less than `b`. */
export interface DeviceLinkTable {
  school: string;
  site: string;
  a: string;
  b: string;
  /** JSON: [{a, b}]. */
  ports: string;
  /** JSON: names; empty: neither says so any more. */
  said_by: string;
  since: number;
  seen_at: number;
}

/** What happened: traps, changes of the inventory. Bounded by age and number. */
export interface EventTable {
  seq: Generated<number>;
  /** Of what it tells: the same event twice is one. */
  id: string;
  school: string;
  site: string;
  device: string | null;
  if_name: string | null;
  at: number;
  type: string;
  severity: string;
  domain: string;
  message: string;
  detail: string;
}
