import type { Sample } from '../../core/sample.ts';
import type { CalendarCopy } from '../state/calendars.ts';

/** The collector itself stands for a site in what it measures. */
export const COLLECTOR_SITE = 'collector';

/** How well a calendar is known, for rules: its age, whether it cannot be read, whether a copy waits for a confirmation. */
export function calendarSample(copy: CalendarCopy, now: number): Sample {
  return {
    measurement: 'calendar',
    tags: { school: copy.school, site: COLLECTOR_SITE, calendar: copy.calendar },
    fields: {
      // One that was never read has no age.
      ...(copy.fetchedAt === null ? {} : { age_h: Math.max(0, (now - copy.fetchedAt) / 3_600_000) }),
      failed: copy.error === null ? 0n : 1n,
      pending: copy.pending === null ? 0n : 1n,
    },
    time: now,
  };
}
