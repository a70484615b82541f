import { z } from 'zod';

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** `07:30` -> minutes after midnight; `24:00` is the end of the day. */
const timeOfDay = z
  .string('a time such as 07:30')
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time such as 07:30')
  .transform(minutesOf);

/** A window of the week as school files write it. */
export const weekly = z.strictObject({
  weekly: z.strictObject({ days: z.array(z.enum(DAYS)).min(1), from: timeOfDay, to: timeOfDay }),
});

/** `Mon 08:00` -> 0 = Sunday, and minutes after midnight. */
export const weekdayAndTime = z
  .string('a day and time such as "Mon 08:00"')
  .regex(/^(?:sun|mon|tue|wed|thu|fri|sat) (?:[01]\d|2[0-3]):[0-5]\d$/i, 'a day and time such as "Mon 08:00"')
  .transform((text) => ({ weekday: weekdayOf(text), minutes: minutesOf(text.slice(4)) }));

/** `Mon 08:00`, or `08:00` alone. */
export const maybeWeekdayAndTime = z
  .string('a time such as "Mon 08:00" or "08:00"')
  .regex(/^(?:(?:sun|mon|tue|wed|thu|fri|sat) )?(?:[01]\d|2[0-3]):[0-5]\d$/i, 'a time such as "Mon 08:00" or "08:00"')
  .transform((text) =>
    text.length > 5
      ? { weekday: weekdayOf(text), minutes: minutesOf(text.slice(4)) }
      : { weekday: undefined, minutes: minutesOf(text) },
  );

function weekdayOf(text: string): number {
  return (DAYS as readonly string[]).indexOf(text.slice(0, 3).toLowerCase());
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}
