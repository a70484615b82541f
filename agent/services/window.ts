import type { Window } from './service.ts';

/** True when `now` (ms since the epoch) lies in the window, by the clock on the wall there. Pure. */
export function isInside(window: Window, now: number): boolean {
  const { date, weekday, minute } = wallClock(now, window.tz);
  if (minute < window.from || minute >= window.to) return false;
  const everyDay = window.weekdays.length === 0 && window.dates.length === 0;
  return everyDay || window.weekdays.includes(weekday) || window.dates.some(([from, to]) => date >= from && date <= to);
}

/**
 * True when a check is due at a tick of its interval. `sinceMs` is how long ago the last one began; undefined for the first, which is made at once
 * wherever it falls, unless there are none outside. A quarter of an interval early is near enough: ticks stand on a grid.
 */
export function isDue(
  window: Window | undefined,
  intervalMs: number,
  now: number,
  sinceMs: number | undefined,
): boolean {
  if (!window || isInside(window, now)) return true;
  if (window.outsideMs === undefined) return false;
  return sinceMs === undefined || sinceMs >= window.outsideMs - intervalMs / 4;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(now: number, tz: string | undefined): { date: string; weekday: string; minute: number } {
  const key = tz ?? '';
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      ...(tz === undefined ? {} : { timeZone: tz }),
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(key, format);
  }
  const part = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    date: `${part['year']}-${part['month']}-${part['day']}`,
    weekday: part['weekday']!.toLowerCase(),
    minute: Number(part['hour']) * 60 + Number(part['minute']),
  };
}
