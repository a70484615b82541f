import type { TopologyConfig } from '../alert/topology.ts';
import type { ChannelSettings } from '../notify/channels/schema-parts.ts';
import type { Severity } from './decision.ts';

/** A way to reach a contact: what its type is made of is known to collector/notify/channels. */
export type Channel = ChannelSettings;

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
  /** For people: "the provider", "Coastal Tech". */
  readonly name: string;
  /** Contact ids; the first that is not absent is on duty. */
  readonly contacts: readonly string[];
  readonly coverage: 'always' | readonly WeeklyWindow[];
  readonly absences: readonly Absence[];
  /** How its people take turns; undefined: they do not, the first who is not absent is on duty. */
  readonly onCall?: OnCall;
}

/** Turns of the same length, one contact after the other. */
export interface Rotation {
  readonly contacts: readonly string[];
  /** The day of the first hand-over (see `localDay`), the days from one to the next, and the time of day of each (minutes, wall clock). */
  readonly firstDay: number;
  readonly everyDays: number;
  readonly handoverMinutes: number;
  /** Somebody is named at these times only. */
  readonly restrict?: readonly WeeklyWindow[];
}

/** Somebody else than the calendar or the rotation says. Half-open, ms since the epoch. */
export interface OnCallOverride {
  readonly contact: string;
  readonly from: number;
  readonly to: number;
}

export interface OnCall {
  readonly rotation?: Rotation;
  readonly overrides: readonly OnCallOverride[];
  /** The calendar whose events name who is on call. */
  readonly calendar?: string;
  /** An event that fits all given patterns puts `contact` on call; tried in order, before ids and names. */
  readonly match: readonly { readonly summary?: string; readonly attendee?: string; readonly contact: string }[];
  /** How far ahead shifts are looked at for an alert, ms. */
  readonly lookAheadMs: number;
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
  /** What is left out again: an alert that this fits is not covered. */
  readonly not?: GrantScope;
}

export type ScopeKey = Exclude<keyof GrantScope, 'not'>;

/** Half-open [start, end), ms since the epoch. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** When a grant holds: dates, hours of the week, or events of a calendar with lead and lag before and after them. */
export type GrantWindow =
  | ({ readonly kind: 'dates' } & Span)
  | { readonly kind: 'weekly'; readonly weekly: WeeklyWindow }
  | {
      readonly kind: 'calendar';
      readonly calendar: string;
      /** Any of them; empty: every event. */
      readonly categories: readonly string[];
      /** ms of wall clock: 3 d before a date is midnight three dates earlier, also when the clocks change in between. */
      readonly leadMs: number;
      readonly lagMs: number;
    };

/** True after `over` alerts held for `forMs`; false again at `clear` or fewer, when `holdMs` has passed since. */
export interface LoadCondition {
  readonly party: string;
  /** Alerts of this severity and above count. */
  readonly severity: Severity;
  readonly over: number;
  readonly forMs: number;
  readonly clear: number;
  readonly holdMs: number;
}

export const FACT_OPERATORS = ['>=', '<=', '!=', '==', '>', '<'] as const;

export interface FactCondition {
  readonly fact: string;
  readonly operator: (typeof FACT_OPERATORS)[number];
  readonly value: FactValue;
}

export type FactValue = number | string | boolean;

/** All must hold. */
export interface GrantCondition {
  readonly load?: LoadCondition;
  readonly facts: readonly FactCondition[];
}

/** One step of an agreed ladder. */
export interface Rung {
  /** `owner`, `other`, `safety_net`, a party or a contact. */
  readonly to: string;
  readonly afterMs: number;
  /** Ownership moves with it. */
  readonly transfer: boolean;
}

/** What a party owes while it owns an alert, ms; undefined: nothing. */
export interface SlaTarget {
  readonly ackMs?: number;
  /** At least one note each so long. */
  readonly updateMs?: number;
  readonly resolveMs?: number;
  readonly calendar: '24x7' | 'school-hours';
}

export type Sla = { readonly [S in Severity]?: SlaTarget };

/** What happens to open alerts where ownership moves to this grant (take) or away from it (give). */
export interface Handover {
  readonly take: 'unacked' | 'new' | 'all';
  readonly give: 'unacked' | 'all' | 'none';
  /** How long before the boundary the incoming party is briefed. */
  readonly briefMs: number;
  /** How long after the boundary the outgoing party is told second. */
  readonly overlapMs: number;
  readonly accept: 'optional' | 'required';
}

export interface Grant {
  /** `<engagement>#<index>`. */
  readonly id: string;
  readonly owner: string;
  readonly scope: GrantScope;
  readonly priority: number;
  /** Any of them; undefined: always. */
  readonly when?: readonly GrantWindow[];
  readonly condition?: GrantCondition;
  /** Parties that see it and are not paged; undefined: every other party. Empty: the others see only that something exists. */
  readonly informed?: readonly string[];
  readonly ladder?: readonly Rung[];
  readonly sla?: Sla;
  readonly handover: Handover;
}

/** Nothing agreed: what is not acknowledged moves, the incoming party is briefed a day before. */
export const DEFAULT_HANDOVER: Handover = {
  take: 'unacked',
  give: 'unacked',
  briefMs: 24 * 3_600_000,
  overlapMs: 0,
  accept: 'optional',
};

/** One event of a school calendar, instances of a series each by itself. */
export interface CalendarEvent extends Span {
  readonly categories: readonly string[];
  readonly summary: string;
  /** Names and addresses of who takes part, where it gives any. */
  readonly attendees?: readonly string[];
}

/** An event whose SUMMARY, or one of whose CATEGORIES, fits the pattern (all that are given) gets our `category`. JavaScript's syntax, `(?i)` first ignores case. */
export interface CalendarMapping {
  readonly summary?: string;
  readonly categories?: string;
  readonly category: string;
}

/** Where a calendar that is not written in the file comes from (iCalendar, RFC 5545); a `file` is an absolute path. */
export interface CalendarFeed {
  readonly location: { readonly url: string } | { readonly file: string };
  readonly map: readonly CalendarMapping[];
}

export interface SchoolCalendar {
  readonly id: string;
  /** Undefined: the events stand in the file. */
  readonly feed?: CalendarFeed;
  /** In order of start; empty for a feed until it was read. */
  readonly events: readonly CalendarEvent[];
}

/** Facts that hold from `from` (ms) until the same fact is given anew. */
export interface FactEntry {
  readonly from: number;
  readonly values: Readonly<Record<string, FactValue>>;
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
  /** When its people get their weekly test message, wall clock; undefined: Tuesday 10:00. `weekday` 0 = Sunday. */
  readonly safetyNetTest?: { readonly weekday: number; readonly minutes: number };
  readonly base: { readonly owner: string };
  readonly engagements: readonly Engagement[];
  /** At or above this severity an owner who is off duty is passed over at once. */
  readonly passUncoveredAt: Severity;
  /** Below it the alert waits for the owner's next duty, at most this long (ms). */
  readonly maxHoldMs: number;
  /** How long a window that ended still holds while the incoming party is not on duty (ms). */
  readonly lingerMs: number;
  readonly calendars: ReadonlyMap<string, SchoolCalendar>;
  /** When there is school, by the week; undefined: the file does not say. */
  readonly hours?: readonly WeeklyWindow[];
  /** In order of `from`. */
  readonly facts: readonly FactEntry[];
  /** What hangs on what; undefined: nothing is known of that. Decides who is told, not who answers. */
  readonly topology?: TopologyConfig;
  /** Until then only what is critical is told of (ms); undefined: all is. */
  readonly learnUntil?: number;
  /** The longest that a maintenance window may be, ms; default 8 hours. */
  readonly maxMaintenanceMs?: number;
  /** Where it was read from; undefined for a school from text. No part of what decisions follow from. */
  readonly source?: SchoolSource;
}

export interface SchoolSource {
  readonly file: string;
  /** As they stand in the file, not decoded. */
  readonly engagements: readonly unknown[];
}
