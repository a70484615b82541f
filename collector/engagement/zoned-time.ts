/** A wall-clock time, as written on a calendar. `hour` 24 is midnight at the end of the day. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

/** True for a zone of the IANA database, such as America/New_York (not for an offset such as +05:00). */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The wall clock in `zone` at `instant` (ms). */
export function localTime(zone: string, instant: number): LocalTime {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts;
  return { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second! };
}

function utcOf(local: LocalTime): number {
  return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
}

/** How far the zone is ahead of UTC at `instant`, ms. */
function offsetAt(zone: string, instant: number): number {
  const whole = Math.floor(instant / 1000) * 1000;
  return utcOf(localTime(zone, whole)) - whole;
}

/** The instant of a wall-clock time. One that occurs twice means the first; one that does not exist, the instant after the gap. */
export function instantOf(zone: string, local: LocalTime): number {
  const wall = utcOf(local);
  const before = offsetAt(zone, wall - DAY_MS);
  const after = offsetAt(zone, wall + DAY_MS);
  const fitting = [wall - before, wall - after].filter((t) => t + offsetAt(zone, t) === wall);
  if (fitting.length > 0) return Math.min(...fitting);
  // In the gap: the clock changes between these two; find the second when.
  let low = Math.floor((wall - after) / 1000);
  let high = Math.ceil((wall - before) / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/;

/** Reads `2026-10-01`, `2026-10-01T08:00` (both in `zone`) or an instant with offset; undefined for anything else. */
export function parseInstant(text: string, zone: string): number | undefined {
  const match = WRITTEN.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const local = { year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second! };
  // Date.UTC rolls 31 February over into March; such a date is a mistake.
  const rolled = new Date(utcOf(local));
  if (rolled.getUTCMonth() + 1 !== month || rolled.getUTCDate() !== day || hour! > 23 || minute! > 59 || second! > 59)
    return undefined;
  if (match[7] === undefined) return instantOf(zone, local);
  const instant = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(instant) ? undefined : instant;
}

/** The instant `minutes` after midnight of the calendar day `days` after that of `instant`. */
export function instantOfDay(zone: string, instant: number, days: number, minutes: number): number {
  const today = localTime(zone, instant);
  const date = new Date(Date.UTC(today.year, today.month - 1, today.day + days));
  return instantOf(zone, {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Math.floor(minutes / 60),
    minute: minutes % 60,
    second: 0,
  });
}

/** The weekday (0 = Sunday) of the calendar day `days` after that of `instant`. */
export function weekdayOf(zone: string, instant: number, days: number): number {
  const today = localTime(zone, instant);
  return new Date(Date.UTC(today.year, today.month - 1, today.day + days)).getUTCDay();
}
