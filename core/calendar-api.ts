/** Types only (the browser is not served this file). What the API tells of school calendars and published links. Times are ms since the epoch. */

/** GET /api/schools/:school/calendars */
export interface CalendarList {
  readonly school: string;
  readonly tz: string;
  readonly calendars: readonly CalendarView[];
}

/**
 * `written`: its events stand in the school's file. Of a feed: `ok`, `pending` (a copy waits for a confirmation), `failed` (the last good copy
 * is in force), `never_read` (there is none yet).
 */
export type CalendarStatus = 'written' | 'ok' | 'pending' | 'failed' | 'never_read';

export interface CalendarView {
  readonly calendar: string;
  readonly status: CalendarStatus;
  /** Where it is read from, without what may be secret in it; null for one that is written in the file. */
  readonly source: string | null;
  /** When the copy in force was last found to be current, and when it was last looked at. */
  readonly fetchedAt: number | null;
  readonly checkedAt: number | null;
  /** Since when, and why, it cannot be read. */
  readonly failedSince: number | null;
  readonly error: string | null;
  /** What is in force. */
  readonly contents: CalendarContents;
  readonly pending: PendingView | null;
}

export interface PendingView {
  /** Of exactly this copy: a confirmation names it. */
  readonly id: string;
  readonly seenAt: number;
  readonly reasons: readonly string[];
  readonly contents: CalendarContents;
}

/** What becomes what, of the events that are not over: "these 14 events become TESTING". */
export interface CalendarContents {
  readonly categories: readonly CategoryView[];
  /** What gets none of our categories; the first of them. */
  readonly unmapped: readonly EventView[];
  readonly unmappedCount: number;
  /** What was not understood. */
  readonly problems: readonly string[];
  /** For each party that takes its shifts from it. */
  readonly onCall?: readonly ShiftContents[];
}

/** Whom events put on call: "these 14 events put it.kim on call". */
export interface ShiftContents {
  readonly party: string;
  readonly contacts: readonly ShiftsView[];
  /** What names nobody of the party; the first of them. */
  readonly unknown: readonly EventView[];
  readonly unknownCount: number;
}

export interface ShiftsView {
  readonly contact: string;
  readonly count: number;
  /** The first of them. */
  readonly events: readonly EventView[];
}

export interface CategoryView {
  readonly category: string;
  readonly count: number;
  /** The first of them. */
  readonly events: readonly EventView[];
}

export interface EventView {
  readonly summary: string;
  readonly start: number;
  readonly end: number;
}

/** GET /api/schools/:school/ics-links */
export interface IcsLinkList {
  readonly links: readonly IcsLinkView[];
}

export interface IcsLinkView {
  readonly id: string;
  /** Null: every party. */
  readonly party: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** POST /api/schools/:school/ics-links; `url` is shown this once. */
export interface IcsLinkCreated {
  readonly id: string;
  readonly url: string;
}
