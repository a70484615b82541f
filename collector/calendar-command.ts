import type { ShiftContents } from '../core/calendar-api.ts';
import { systemClock } from '../runtime/clock.ts';
import { type Output, processOutput } from '../runtime/command-line.ts';
import { readingPeriod } from './calendar/calendar-readings.ts';
import { contentsOf } from './calendar/calendar-view.ts';
import { NOTHING_KNOWN, readFeed, sourceText } from './calendar/feed.ts';
import { onCallContents } from './calendar/on-call-contents.ts';
import { loadCollectorConfig } from './config.ts';
import { type CalendarReading, readCalendar } from './engagement/calendar/ical.ts';
import type { School, SchoolCalendar, Span } from './engagement/school.ts';
import { localTime } from './engagement/zoned-time.ts';
import type { GuardPolicy } from './outbound/guard.ts';

const TIMEOUT_MS = 15_000;

/**
 * `calendar preview`: reads each calendar feed once, of one school or one calendar if they are named, and prints what becomes what. The
 * collector need not run; nothing is written. Returns 1 when one of them cannot be read, or there is none of that name.
 */
export async function previewCalendar(
  configFile: string,
  school?: string,
  calendar?: string,
  output: Output = processOutput,
): Promise<number> {
  const { schools, webhooks } = loadCollectorConfig(configFile);
  const feeds = schools
    .filter((one) => school === undefined || one.school === school)
    .flatMap((one) => [...one.calendars.values()].filter(({ feed }) => feed).map((feed) => ({ school: one, feed })))
    .filter(({ feed }) => calendar === undefined || feed.id === calendar);
  if (feeds.length === 0) {
    const named = [
      ...(school === undefined ? [] : [`school ${school}`]),
      ...(calendar === undefined ? [] : [calendar]),
    ];
    output.err(`no calendar with a url or a file${named.length === 0 ? '' : ` (looked for ${named.join(', ')})`}`);
    return 1;
  }
  let code = 0;
  for (const { school: one, feed } of feeds) if (!(await previewOne(one, feed, webhooks, output))) code = 1;
  return code;
}

async function previewOne(
  school: School,
  calendar: SchoolCalendar,
  policy: GuardPolicy,
  output: Output,
): Promise<boolean> {
  const { location, map } = calendar.feed!;
  const clock = systemClock;
  const client = { clock, policy: () => policy, timeoutMs: TIMEOUT_MS };
  const answer = await readFeed(location, NOTHING_KNOWN, client, new AbortController().signal);
  const title = `${school.school} ${calendar.id} (${sourceText(location)})`;
  if (answer.kind !== 'text') {
    output.err(`${title}: ${answer.kind === 'failed' ? answer.reason : 'no text'}`);
    return false;
  }
  const now = clock.now();
  const reading = readCalendar(answer.text, { zone: school.tz, map, ...readingPeriod(school.tz, now) });
  if (!reading.readable) {
    output.err(`${title}: cannot be read: ${reading.problems.join('; ')}`);
    return false;
  }
  output.out(title);
  const shifts = onCallContents(school, calendar.id, reading.events, now);
  // What gets no category is what a calendar of shifts is made of.
  const lines = shifts.length > 0 && map.length === 0 ? [] : previewLines(reading, school.tz, now);
  for (const line of [...lines, ...shiftLines(shifts, school.tz)]) output.out(`  ${line}`);
  if (lines.length === 0) for (const problem of reading.problems) output.out(`  not understood: ${problem}`);
  return true;
}

/** Whom which events put on call. */
export function shiftLines(contents: readonly ShiftContents[], zone: string): string[] {
  return contents.flatMap(({ party, contacts, unknown, unknownCount }) => [
    ...contacts.flatMap(({ contact, count, events }) => section(`${party}: ${contact} on call`, count, events, zone)),
    ...(unknownCount === 0 ? [] : section(`${party}: nobody known`, unknownCount, unknown, zone)),
    ...(contacts.length + unknownCount === 0 ? [`${party}: no shifts ahead`] : []),
  ]);
}

/** What becomes what, of the events that are not over at `now`. */
export function previewLines(reading: CalendarReading, zone: string, now: number): string[] {
  const { categories, unmapped, unmappedCount, problems } = contentsOf(reading, now);
  return [
    ...categories.flatMap(({ category, count, events }) => section(category, count, events, zone)),
    ...(unmappedCount === 0 ? [] : section('no category', unmappedCount, unmapped, zone)),
    ...(categories.length + unmappedCount === 0 ? ['no events ahead'] : []),
    ...problems.map((problem) => `not understood: ${problem}`),
  ];
}

type Listed = readonly (Span & { readonly summary: string })[];

function section(title: string, count: number, events: Listed, zone: string): string[] {
  return [
    `${title}: ${count} ${count === 1 ? 'event' : 'events'}`,
    ...events.map((event) => `  ${period(zone, event)}  ${event.summary}`),
    ...(count > events.length ? [`  and ${count - events.length} more`] : []),
  ];
}

/** Whole days by their first and last, everything else to the minute. */
function period(zone: string, { start, end }: Span): string {
  const [from, to] = [written(zone, start), written(zone, end)];
  if (from.time !== '00:00' || to.time !== '00:00') return `${from.date} ${from.time} to ${to.date} ${to.time}`;
  const last = written(zone, end - 1).date;
  return from.date === last || end <= start ? from.date : `${from.date} to ${last}`;
}

function written(zone: string, at: number): { date: string; time: string } {
  const { year, month, day, hour, minute } = localTime(zone, at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return { date: `${year}-${two(month)}-${two(day)}`, time: `${two(hour)}:${two(minute)}` };
}
