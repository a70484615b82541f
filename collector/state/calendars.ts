import { appendAudit } from './audit.ts';
import type { StateDb } from './database.ts';
import type { CalendarTable } from './schema.ts';
import { inSchool } from './school-transaction.ts';

/** A calendar feed as it was last read. Times are ms since the epoch. */
export interface CalendarCopy {
  readonly school: string;
  readonly calendar: string;
  /** The URL or file that `text` came from. */
  readonly location: string;
  /** What the server called `text`, for asking whether it is still current. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** The last good text, which is in force; null: it was never read. Kept for ever. */
  readonly text: string | null;
  /** When `text` was last found to be current. */
  readonly fetchedAt: number | null;
  readonly checkedAt: number | null;
  /** Why it could not be read at the last check, and since when that is so. */
  readonly error: string | null;
  readonly failedSince: number | null;
  /** A newer text that waits for a confirmation. */
  readonly pending: PendingCopy | null;
}

export interface PendingCopy {
  readonly text: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly since: number;
  /** In plain words. */
  readonly reasons: readonly string[];
}

export async function loadCalendars(db: StateDb): Promise<CalendarCopy[]> {
  return (await db.selectFrom('calendar').selectAll().execute()).map(toCopy);
}

export async function findCalendar(db: StateDb, school: string, calendar: string): Promise<CalendarCopy | undefined> {
  const row = await db
    .selectFrom('calendar')
    .selectAll()
    .where('school', '=', school)
    .where('calendar', '=', calendar)
    .executeTakeFirst();
  return row && toCopy(row);
}

/** How the copies stand, without their texts. */
export function calendarMarks(db: StateDb) {
  return db
    .selectFrom('calendar')
    .select(['school', 'calendar', 'location', 'fetched_at as fetchedAt', 'checked_at as checkedAt'])
    .select(['failed_since as failedSince', 'pending_since as pendingSince'])
    .execute();
}

/** Writes a copy down as it is. */
export async function saveCalendar(db: StateDb, copy: CalendarCopy): Promise<void> {
  const { school, calendar, ...rest } = toRow(copy);
  await db
    .insertInto('calendar')
    .values({ school, calendar, ...rest })
    .onConflict((conflict) => conflict.columns(['school', 'calendar']).doUpdateSet(rest))
    .execute();
}

/** Puts in force a copy that somebody confirmed. */
export function saveConfirmed(db: StateDb, copy: CalendarCopy, pending: string, now: number): Promise<void> {
  const { school, calendar } = copy;
  return inSchool(db, school, async (tx) => {
    await saveCalendar(tx, copy);
    await appendAudit(tx, { school, action: 'calendar.confirmed', detail: { calendar, pending }, at: now });
  });
}

/** Writes down that a copy was looked at, without its texts: they may be large, and most checks find nothing new. */
export async function saveCalendarCheck(db: StateDb, copy: CalendarCopy): Promise<void> {
  const { fetched_at, checked_at, error, failed_since } = toRow(copy);
  await db
    .updateTable('calendar')
    .set({ fetched_at, checked_at, error, failed_since })
    .where('school', '=', copy.school)
    .where('calendar', '=', copy.calendar)
    .execute();
}

function toRow(copy: CalendarCopy): CalendarTable {
  const { pending } = copy;
  return {
    school: copy.school,
    calendar: copy.calendar,
    location: copy.location,
    etag: copy.etag,
    last_modified: copy.lastModified,
    copy: copy.text,
    fetched_at: copy.fetchedAt,
    checked_at: copy.checkedAt,
    error: copy.error,
    failed_since: copy.failedSince,
    pending_copy: pending?.text ?? null,
    pending_etag: pending?.etag ?? null,
    pending_last_modified: pending?.lastModified ?? null,
    pending_reasons: pending ? JSON.stringify(pending.reasons) : null,
    pending_since: pending?.since ?? null,
  };
}

function toCopy(row: CalendarTable): CalendarCopy {
  const pending =
    row.pending_copy === null
      ? null
      : {
          text: row.pending_copy,
          etag: row.pending_etag,
          lastModified: row.pending_last_modified,
          since: row.pending_since ?? 0,
          reasons: JSON.parse(row.pending_reasons ?? '[]') as string[],
        };
  return {
    school: row.school,
    calendar: row.calendar,
    location: row.location,
    etag: row.etag,
    lastModified: row.last_modified,
    text: row.copy,
    fetchedAt: row.fetched_at,
    checkedAt: row.checked_at,
    error: row.error,
    failedSince: row.failed_since,
    pending,
  };
}
