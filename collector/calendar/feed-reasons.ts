import { confirmationReasons, shrinkReasons } from '../engagement/calendar/feed-change.ts';
import type { CalendarReading } from '../engagement/calendar/ical.ts';
import type { School } from '../engagement/school.ts';

/** Football and concerts move every day: without one of our categories an event matters only where a grant means every event. */
export function reasonsFor(
  school: School,
  calendar: string,
  old: CalendarReading,
  next: CalendarReading,
  now: number,
): string[] {
  const every = school.engagements.some(({ grants }) =>
    grants.some(({ when }) =>
      when?.some((w) => w.kind === 'calendar' && w.calendar === calendar && w.categories.length === 0),
    ),
  );
  // Shifts are swapped on the day itself: that has to count at once, and only a loss of many is asked about.
  const shifts = [...school.parties.values()].some(({ onCall }) => onCall?.calendar === calendar);
  const matter = ({ events }: CalendarReading) => events.filter((event) => every || event.categories.length > 0);
  const reasons = confirmationReasons(matter(old), matter(next), now, school.tz);
  return reasons.length > 0 || !shifts ? reasons : shrinkReasons(old.events, next.events, now);
}
