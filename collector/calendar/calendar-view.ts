import { createHash } from 'node:crypto';
import type { CalendarContents, CalendarStatus, CalendarView, EventView } from '../../core/calendar-api.ts';
import type { CalendarReading } from '../engagement/calendar/ical.ts';
import type { CalendarEvent, School, SchoolCalendar } from '../engagement/school.ts';
import type { CalendarCopy } from '../state/calendars.ts';
import { sourceText } from './feed.ts';
import { onCallContents } from './on-call-contents.ts';

/** Events listed of each category, and of what gets none. */
const LISTED = 100;

/** A calendar of `school` as the API shows it; `copy` and the readings only of one that comes from a feed. */
export function calendarView(
  school: Pick<School, 'parties' | 'contacts'>,
  calendar: SchoolCalendar,
  copy: CalendarCopy | undefined,
  inForce: CalendarReading | undefined,
  waiting: CalendarReading | undefined,
  now: number,
): CalendarView {
  const pending = copy?.pending;
  const contents = (reading: Pick<CalendarReading, 'events' | 'problems'>): CalendarContents => {
    const onCall = onCallContents(school, calendar.id, reading.events, now);
    return { ...contentsOf(reading, now), ...(onCall.length > 0 && { onCall }) };
  };
  return {
    calendar: calendar.id,
    status: statusOf(calendar, copy),
    source: calendar.feed ? sourceText(calendar.feed.location) : null,
    fetchedAt: copy?.fetchedAt ?? null,
    checkedAt: copy?.checkedAt ?? null,
    failedSince: copy?.failedSince ?? null,
    error: copy?.error ?? null,
    contents: contents(inForce ?? { events: calendar.events, problems: [] }),
    pending:
      pending && waiting
        ? {
            id: pendingId(pending.text),
            seenAt: pending.since,
            reasons: pending.reasons,
            contents: contents(waiting),
          }
        : null,
  };
}

/** Of exactly this text, so that nobody confirms what they have not seen. */
export function pendingId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function statusOf({ feed }: SchoolCalendar, copy: CalendarCopy | undefined): CalendarStatus {
  if (!feed) return 'written';
  if (!copy || copy.text === null) return 'never_read';
  if (copy.error !== null) return 'failed';
  return copy.pending ? 'pending' : 'ok';
}

/** What becomes what, of the events that are not over. */
export function contentsOf(
  { events, problems }: Pick<CalendarReading, 'events' | 'problems'>,
  now: number,
): CalendarContents {
  const ahead = events.filter((event) => event.end > now);
  const words = [...new Set(ahead.flatMap((event) => event.categories))].sort();
  const unmapped = ahead.filter((event) => event.categories.length === 0);
  return {
    categories: words.map((category) => {
      const of = ahead.filter((event) => event.categories.includes(category));
      return { category, count: of.length, events: of.slice(0, LISTED).map(eventView) };
    }),
    unmapped: unmapped.slice(0, LISTED).map(eventView),
    unmappedCount: unmapped.length,
    problems,
  };
}

function eventView({ summary, start, end }: CalendarEvent): EventView {
  return { summary, start, end };
}
