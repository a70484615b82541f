import type { OnCall, SchoolCalendar } from '../school.ts';
import { DAYS } from '../weekly-schema.ts';
import { localDay, parseInstant, weekdayOfDay } from '../zoned-time.ts';
import { isFeedUrl, onCallCalendarId, type RawOnCall } from './on-call-schema.ts';

/** `on_call` of a party as the engine works with it: days counted, instants in ms. Checked by on-call-checks.ts before. */
export function toOnCall(party: string, raw: RawOnCall, tz: string): OnCall {
  const { rotation, overrides, calendar, match, look_ahead } = raw;
  return {
    ...(rotation && { rotation: toRotation(rotation, tz) }),
    overrides: overrides.map(({ contact, from, to }) => ({
      contact,
      from: parseInstant(from, tz)!,
      to: parseInstant(to, tz)!,
    })),
    ...(calendar !== undefined && { calendar: isFeedUrl(calendar) ? onCallCalendarId(party) : calendar }),
    lookAheadMs: look_ahead,
    match: match.map(({ contact, summary, attendee }) => ({
      contact,
      ...(summary !== undefined && { summary }),
      ...(attendee !== undefined && { attendee }),
    })),
  };
}

function toRotation(
  { contacts, start, handover, every, restrict }: NonNullable<RawOnCall['rotation']>,
  tz: string,
): NonNullable<OnCall['rotation']> {
  const day = localDay(tz, parseInstant(start, tz)!);
  const wait = handover.weekday === undefined ? 0 : (handover.weekday - weekdayOfDay(day) + 7) % 7;
  return {
    contacts,
    firstDay: day + wait,
    everyDays: every,
    handoverMinutes: handover.minutes,
    ...(restrict && {
      restrict: restrict.map(({ weekly }) => ({ ...weekly, days: weekly.days.map((name) => DAYS.indexOf(name)) })),
    }),
  };
}

/** The feeds that parties name by their URL, as calendars of the school. */
export function onCallCalendars(
  parties: Readonly<Record<string, { readonly on_call?: RawOnCall | undefined }>>,
): SchoolCalendar[] {
  return Object.entries(parties).flatMap(([party, { on_call }]) => {
    const url = on_call?.calendar;
    if (url === undefined || !isFeedUrl(url)) return [];
    return [{ id: onCallCalendarId(party), feed: { location: { url }, map: [] }, events: [] }];
  });
}
