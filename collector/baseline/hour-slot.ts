import { localDay, localTime, weekdayOfDay } from '../engagement/zoned-time.ts';

/** A day with a test, a day with school, a day without: each has its own 24 hours. */
export const SLOTS = 3 * 24;

/**
 * The hour of the kind of school day that an instant (ms) lies in, below SLOTS. What the calendar says counts first, a test before no school; where it
 * says neither, Saturday and Sunday are days without school.
 */
export function hourSlot(zone: string, at: number, categories: readonly string[]): number {
  return kindOfDay(weekdayOfDay(localDay(zone, at)), categories) * 24 + localTime(zone, at).hour;
}

function kindOfDay(weekday: number, categories: readonly string[]): 0 | 1 | 2 {
  if (categories.includes('TESTING')) return 0;
  return categories.includes('NO_SCHOOL') || weekday === 0 || weekday === 6 ? 2 : 1;
}
