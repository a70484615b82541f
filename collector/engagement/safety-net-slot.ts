import type { School } from './school.ts';
import { instantOfDay, localDay, weekdayOfDay } from './zoned-time.ts';

/** When the safety net of a school is tested. `week`: the day it was meant for (2026-11-24), which is what makes it once a week. */
export interface TestSlot {
  readonly week: string;
  /** ms since the epoch. */
  readonly at: number;
}

const DEFAULT = { weekday: 2, minutes: 10 * 60 };
/** A collector that was away tests later on that day, and after that on the next: nobody is woken for a test. */
const LATE_MS = 4 * 3_600_000;
const DAY_MS = 86_400_000;
/** Slots are looked for this far ahead: no test window is as long. */
const DAYS_AHEAD = 120;

/** The slot whose time it is; undefined when it is none's. Never on a day that a TESTING event touches: then it is that of the next day without. */
export function dueSlot(school: School, now: number): TestSlot | undefined {
  const day = localDay(school.tz, now);
  const slot = slotOn(school, day);
  const end = Math.min(slot.at + LATE_MS, instantOfDay(school.tz, day + 1, 0));
  return slot.at <= now && now < end && !isTesting(school, day) ? slot : undefined;
}

/** The next slot after `now` of a week that is not `done`; undefined when there is none within 120 days. */
export function nextSlot(school: School, now: number, done: (week: string) => boolean): TestSlot | undefined {
  const today = localDay(school.tz, now);
  for (let day = today; day < today + DAYS_AHEAD; day++) {
    const slot = slotOn(school, day);
    if (slot.at > now && !done(slot.week) && !isTesting(school, day)) return slot;
  }
  return undefined;
}

/** The week that `now` belongs to, and when its test was meant to be. */
export function weekOf(school: School, now: number): TestSlot {
  const { weekday, minutes } = school.safetyNetTest ?? DEFAULT;
  const day = localDay(school.tz, now);
  const meant = day - ((weekdayOfDay(day) - weekday + 7) % 7);
  return { week: dateOf(meant), at: instantOfDay(school.tz, meant, minutes) };
}

/** That day's slot, of the week that began with the agreed day. */
function slotOn(school: School, day: number): TestSlot {
  const { weekday, minutes } = school.safetyNetTest ?? DEFAULT;
  const meant = day - ((weekdayOfDay(day) - weekday + 7) % 7);
  return { week: dateOf(meant), at: instantOfDay(school.tz, day, minutes) };
}

function isTesting({ calendars, tz }: School, day: number): boolean {
  const [start, end] = [instantOfDay(tz, day, 0), instantOfDay(tz, day + 1, 0)];
  return [...calendars.values()].some(({ events }) =>
    events.some((event) => event.categories.includes('TESTING') && event.start < end && event.end > start),
  );
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
