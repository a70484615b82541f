import { z } from 'zod';
import { durationFrom } from '../../runtime/config-schema.ts';
import type { Window } from './service.ts';

const WEEKDAYS: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = 'a weekday (mon), weekdays (mon-fri), a date (2026-04-13) or dates (2026-04-13..2026-04-24)';
const HOURS = 'hours of one day such as 07:00-17:00';

const day = z.string(DAY).transform((text, context) => {
  const found = readDay(text);
  if (found) return found;
  context.addIssue({ code: 'custom', message: DAY });
  return z.NEVER;
});

const hours = z.string(HOURS).transform((text, context) => {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  const from = Number(match?.[1]) * 60 + Number(match?.[2]);
  const to = Number(match?.[3]) * 60 + Number(match?.[4]);
  if (match && from < to && to <= 1440) return { from, to };
  context.addIssue({ code: 'custom', message: HOURS });
  return z.NEVER;
});

export const windowSchema = z.strictObject({
  days: z.array(day).min(1).optional(),
  hours: hours.optional(),
  /** IANA name; left out: that of this machine. */
  tz: z.string().refine(isTimeZone, 'a time zone such as America/Chicago').optional(),
  /** How often it is checked at other times. */
  outside: z.union([z.literal('off'), durationFrom('1s', '30m')], 'off, or a duration such as 5m').prefault('5m'),
});

export function toWindow(raw: z.output<typeof windowSchema>): Window {
  const days = raw.days ?? [];
  return {
    weekdays: days.flatMap((d) => ('weekdays' in d ? d.weekdays : [])),
    dates: days.flatMap((d) => ('dates' in d ? [d.dates] : [])),
    from: raw.hours?.from ?? 0,
    to: raw.hours?.to ?? 1440,
    tz: raw.tz,
    outsideMs: raw.outside === 'off' ? undefined : raw.outside,
  };
}

type Day = { readonly weekdays: readonly string[] } | { readonly dates: readonly [from: string, to: string] };

function readDay(text: string): Day | undefined {
  const [first = '', last = first] = text.split('-');
  const from = WEEKDAYS.indexOf(first);
  const to = WEEKDAYS.indexOf(last);
  if (from >= 0 && to >= from) return { weekdays: WEEKDAYS.slice(from, to + 1) };
  const [begin = '', end = begin, more] = text.split('..');
  return more === undefined && isDate(begin) && isDate(end) && begin <= end ? { dates: [begin, end] } : undefined;
}

/** One that the calendar has: there is no 30 February. */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
