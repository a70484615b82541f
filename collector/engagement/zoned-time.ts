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

interface Zone {
  readonly formatter: Intl.DateTimeFormat;
  /** UTC day -> the zone's offset all through it (ms); undefined on a day on which it changes. */
  readonly offsets: Map<number, number | undefined>;
}

const zones = new Map<string, Zone>();
/** Days remembered per zone: asking the formatter costs a hundred times a look-up. */
const DAYS_REMEMBERED = 20_000;

/** @throws RangeError for what is no time zone */
function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) {
    const formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zone = { formatter, offsets: new Map() };
    zones.set(name, zone);
  }
  return zone;
}

/** True for a zone of the IANA database, such as America/New_York (not for an offset such as +05:00). */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    zoneOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The wall clock in `zone` at `instant` (ms). */
export function localTime(zone: string, instant: number): LocalTime {
  const local = new Date(instant + offsetAt(zone, instant));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
}

function utcOf(local: LocalTime): number {
  return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
}

/** How far the zone is ahead of UTC at `instant`, ms. No zone has ever changed twice within a day. */
export function offsetAt(name: string, instant: number): number {
  const zone = zoneOf(name);
  const day = Math.floor(instant / DAY_MS);
  if (!zone.offsets.has(day)) {
    if (zone.offsets.size >= DAYS_REMEMBERED) zone.offsets.clear();
    const start = askOffset(zone, day * DAY_MS);
    zone.offsets.set(day, start === askOffset(zone, (day + 1) * DAY_MS) ? start : undefined);
  }
  return zone.offsets.get(day) ?? askOffset(zone, instant);
}

function askOffset({ formatter }: Zone, instant: number): number {
  const whole = Math.floor(instant / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(whole)) parts[type] = Number(value);
  const { year, month, day, hour, minute, second } = parts;
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - whole;
}

/** The instant of a wall-clock time. One that occurs twice means the first; one that does not exist, the instant after the gap. */
export function instantOf(zone: string, local: LocalTime): number {
  return instantOfWall(zone, utcOf(local));
}

/** `wall`: the wall clock as if it were UTC, ms. */
function instantOfWall(zone: string, wall: number): number {
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

/** The number of the calendar day in `zone` at `instant`; day 0 is 1 January 1970, a Thursday. */
export function localDay(zone: string, instant: number): number {
  return Math.floor((instant + offsetAt(zone, instant)) / DAY_MS);
}

/** The instant `minutes` after midnight of a calendar day (see `localDay`), by the wall clock. */
export function instantOfDay(zone: string, day: number, minutes: number): number {
  return instantOfWall(zone, day * DAY_MS + minutes * 60_000);
}

/** 0 = Sunday. */
export function weekdayOfDay(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The instant `ms` of wall clock after (or, negative, before) `instant`: 3 d before a midnight is a midnight, whatever the clocks do. */
export function addWallTime(zone: string, instant: number, ms: number): number {
  return ms === 0 ? instant : instantOfWall(zone, instant + offsetAt(zone, instant) + ms);
}

/** The day after a written date, or the same time a day later. */
export function nextDate(text: string): string {
  const [date, time] = [text.slice(0, 10), text.slice(10)];
  return new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10) + time;
}
