import type { School } from './school.ts';
import { localDay, localTime, weekdayOfDay } from './zoned-time.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sat 21 Mar 2026, 00:00` in the school's zone: evidence and calendars need the year. */
export function dateWithYear(school: Pick<School, 'tz'>, at: number): string {
  return `${dateOnly(school, at)}, ${timeOnly(school, at)}`;
}

/** `Sat 21 Mar 2026` */
export function dateOnly({ tz }: Pick<School, 'tz'>, at: number): string {
  const { year, month, day } = localTime(tz, at);
  return `${WEEKDAYS[weekdayOfDay(localDay(tz, at))]} ${day} ${MONTHS[month - 1]} ${year}`;
}

/** `07:00` */
export function timeOnly({ tz }: Pick<School, 'tz'>, at: number): string {
  const { hour, minute } = localTime(tz, at);
  return `${twoDigits(hour)}:${twoDigits(minute)}`;
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}
