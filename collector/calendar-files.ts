import { readFileSync } from 'node:fs';
import { errorMessage } from '../core/errors.ts';
import { readCalendar } from './engagement/calendar/ical.ts';
import { HORIZON_MS } from './engagement/horizon.ts';
import type { School, SchoolCalendar } from './engagement/school.ts';

/** How far around now events are read; what is asked about years that are further away has no calendar. */
const BEFORE_MS = HORIZON_MS;
const AFTER_MS = 3 * HORIZON_MS;

export interface WithCalendars {
  readonly school: School;
  /** Calendars that could not be read, and why. They have no events. */
  readonly unreadable: readonly { readonly calendar: string; readonly problem: string }[];
}

/** The school with the events of the calendars it gives as files, for commands: the running collector reads feeds by itself. */
export function withCalendarFiles(school: School, now: number): WithCalendars {
  const unreadable: { calendar: string; problem: string }[] = [];
  const calendars = new Map(
    [...school.calendars].map(([id, calendar]) => {
      const read = readFile(calendar, school.tz, now);
      if (typeof read === 'string') unreadable.push({ calendar: id, problem: read });
      return [id, typeof read === 'string' ? calendar : read];
    }),
  );
  return { school: { ...school, calendars }, unreadable };
}

function readFile(calendar: SchoolCalendar, zone: string, now: number): SchoolCalendar | string {
  const { feed } = calendar;
  if (!feed || !('file' in feed.location)) return calendar;
  let text: string;
  try {
    text = readFileSync(feed.location.file, 'utf8');
  } catch (error) {
    return errorMessage(error);
  }
  const reading = readCalendar(text, { zone, map: feed.map, from: now - BEFORE_MS, until: now + AFTER_MS });
  return reading.readable ? { ...calendar, events: reading.events } : (reading.problems[0] ?? 'no calendar');
}
