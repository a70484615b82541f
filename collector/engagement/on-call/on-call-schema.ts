import { z } from 'zod';
import { durationFrom, slug } from '../../../runtime/config-schema.ts';
import { pattern } from '../pattern.ts';
import { maybeWeekdayAndTime, weekly } from '../weekly-schema.ts';

/** How the people of a party take turns (`on_call`); what spans several keys is in on-call-checks.ts. */

/** `1w`, `3d` -> days. */
const turn = z
  .string('a number of days or weeks such as 1w or 3d')
  .regex(/^[1-9]\d{0,2}[dw]$/, 'a number of days or weeks such as 1w or 3d')
  .transform((text) => Number(text.slice(0, -1)) * (text.endsWith('w') ? 7 : 1));

const rotationSchema = z.strictObject({
  contacts: z.array(slug).min(1),
  /** The first hand-over is on this day, or on the first day after it that fits `handover`. */
  start: z.string(),
  handover: maybeWeekdayAndTime,
  every: turn.prefault('1w'),
  restrict: z.array(weekly).min(1).optional(),
});

const matchSchema = z
  .strictObject({ summary: pattern.optional(), attendee: pattern.optional(), contact: slug })
  .refine((m) => m.summary !== undefined || m.attendee !== undefined, '`summary` or `attendee` to match');

export const onCallSchema = z
  .strictObject({
    rotation: rotationSchema.optional(),
    overrides: z.array(z.strictObject({ contact: slug, from: z.string(), to: z.string() })).default([]),
    /** One of `calendars`, or the URL of a feed. */
    calendar: z.string().min(1).optional(),
    match: z.array(matchSchema).default([]),
    /** Shifts so far ahead that are empty or reach nobody are an alert. */
    look_ahead: durationFrom('1h', '31d').prefault('72h'),
  })
  .refine(
    (onCall) => onCall.rotation !== undefined || onCall.calendar !== undefined || onCall.overrides.length > 0,
    'a `rotation`, a `calendar` or `overrides`',
  );

export type RawOnCall = z.output<typeof onCallSchema>;

/** True for what is the address of a feed rather than the name of a calendar. */
export function isFeedUrl(text: string): boolean {
  return /^(?:https?|webcal):\/\//i.test(text) && URL.canParse(text);
}

/** The calendar that stands for a feed which a party names by its URL. */
export function onCallCalendarId(party: string): string {
  return `on-call-${party}`;
}
