/** Types only, as core/page-api.ts: what the API says of maintenance windows, silences and suppressed alerts. Times are ISO 8601 in UTC, as Alertmanager's. */
import type { AlertView, SuppressionView } from './page-api.ts';

/** Alertmanager's form: `isRegex`: the value is a pattern over the whole label; `isEqual` false: the label must not be so. */
export interface MatcherView {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** A part of the time in which it runs: hours of the week in the school's zone, or events of a school calendar. */
export type RecurrenceView =
  | { readonly weekly: { readonly days: readonly string[]; readonly from: string; readonly to: string } }
  | { readonly calendar: string; readonly category: readonly string[] };

/** GET, POST /api/schools/:school/maintenance and .../silences */
export interface MuteView {
  readonly id: string;
  readonly matchers: readonly MatcherView[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly recurring: RecurrenceView | null;
  readonly comment: string;
  /** Party and person. */
  readonly party: string;
  readonly createdBy: string;
  readonly createdAt: string;
  /** Ended before its time, by whom; null: not. */
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  /** `pending`: it has yet to begin, or to begin again. */
  readonly status: { readonly state: 'pending' | 'active' | 'expired' };
}

/** GET /api/schools/:school/suppressed: what nobody is told of, under what it is suppressed by */
export interface SuppressedList {
  readonly school: string;
  readonly groups: readonly SuppressedGroup[];
  /** Devices named in the school's topology that no agent has pinged since the collector started: a slip of the pen? */
  readonly unknownDevices: readonly string[];
}

export interface SuppressedGroup {
  readonly by: SuppressionView['by'];
  readonly of: string | null;
  readonly reason: string;
  /** The alert that is the cause; null where it is none, or none is known yet. */
  readonly cause: AlertView | null;
  readonly alerts: readonly AlertView[];
}
