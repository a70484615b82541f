import { type CalendarCopy, calendarMarks, findCalendar } from '../state/calendars.ts';
import type { StateDb } from '../state/database.ts';

/**
 * Copies that were written elsewhere since: another collector read a feed, or somebody confirmed a change there. `known` gives the copy in
 * memory; undefined for one that is not to be touched now. Texts may be large: only what differs is read.
 */
export async function copiesOfOthers(
  db: StateDb,
  known: (school: string, calendar: string) => CalendarCopy | undefined,
): Promise<CalendarCopy[]> {
  const found: CalendarCopy[] = [];
  for (const mark of await calendarMarks(db)) {
    const copy = known(mark.school, mark.calendar);
    // Never written down yet, or read from elsewhere by now: the one in memory is the newer.
    if (!copy || copy.location !== mark.location) continue;
    const { fetchedAt, checkedAt, failedSince, pending } = copy;
    const same =
      mark.fetchedAt === fetchedAt &&
      mark.checkedAt === checkedAt &&
      mark.failedSince === failedSince &&
      mark.pendingSince === (pending?.since ?? null);
    if (same || (checkedAt === null && fetchedAt !== null)) continue;
    const written = await findCalendar(db, mark.school, mark.calendar);
    if (written) found.push(written);
  }
  return found;
}
