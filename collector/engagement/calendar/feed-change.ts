import { dateTime } from '../explain.ts';
import type { CalendarEvent, School } from '../school.ts';

/** A boundary nearer than this has people who already act by it. */
export const CONFIRM_WITHIN_MS = 72 * 3_600_000;
/** How much of what is ahead may vanish without a question. */
const SHRINKS_BY = 0.2;
/** Reasons that are listed; one is enough to ask. */
const MAX_REASONS = 20;

/**
 * Why the change of a feed must be confirmed before it counts, each reason in plain words; none: it may take effect at once. Asked when more
 * than a fifth of the events ahead is gone, when the last event ahead of a category is gone (a feed that renames "State test" would otherwise
 * end that arrangement unseen), and when a start or end within 72 h, or of what goes on now, moved, appeared or vanished. `old` and `next`: all
 * events of both copies over the same period that can matter to anybody; `zone`: for the dates.
 */
export function confirmationReasons(
  old: readonly CalendarEvent[],
  next: readonly CalendarEvent[],
  now: number,
  zone: string,
): string[] {
  const [before, after] = [eventsAhead(old, now), eventsAhead(next, now)];
  const reasons = [...shrinkReasons(before, after, now), ...boundaryReasons(before, after, now, { tz: zone })];
  const more = reasons.length - MAX_REASONS;
  return more <= 0 ? reasons : [...reasons.slice(0, MAX_REASONS), `and ${more} more changes within 72 h`];
}

function eventsAhead(events: readonly CalendarEvent[], now: number): CalendarEvent[] {
  return events.filter((event) => event.end > now);
}

/** Only for what is lost: the first two questions of `confirmationReasons`. */
export function shrinkReasons(old: readonly CalendarEvent[], next: readonly CalendarEvent[], now: number): string[] {
  const [before, after] = [eventsAhead(old, now), eventsAhead(next, now)];
  const reasons: string[] = [];
  if (after.length < before.length * (1 - SHRINKS_BY)) {
    const percent = Math.round((1 - after.length / before.length) * 100);
    reasons.push(`${percent} % of the events ahead are gone: ${after.length} of ${before.length} are left`);
  }
  const left = new Set(after.flatMap((event) => event.categories));
  for (const category of new Set(before.flatMap((event) => event.categories))) {
    const lost = before.filter((event) => event.categories.includes(category)).length;
    if (!left.has(category)) reasons.push(`no ${category} is ahead any more: ${lost} ${lost === 1 ? 'was' : 'were'}`);
  }
  return reasons;
}

function boundaryReasons(
  before: readonly CalendarEvent[],
  after: readonly CalendarEvent[],
  now: number,
  school: Pick<School, 'tz'>,
): string[] {
  const near = (at: number): boolean => now <= at && at < now + CONFIRM_WITHIN_MS;
  const goesOn = ({ start, end }: CalendarEvent): boolean => start <= now && now < end;
  const { gone, come: added } = differences(before, after);
  const come = byName(added);
  const reasons: { readonly at: number; readonly text: string }[] = [];
  for (const event of gone) {
    const moved = takePartner(event, come);
    const changed = moved ? boundariesChanged(event, moved) : [event.start, event.end];
    if (![event, ...(moved ? [moved] : [])].some(goesOn) && !changed.some(near)) continue;
    const text = moved
      ? `${named(event)} moves from ${dates(event, school)} to ${dates(moved, school)}`
      : `${named(event)}, ${dates(event, school)}, is gone`;
    reasons.push({ at: Math.min(event.start, moved?.start ?? Infinity), text });
  }
  for (const event of [...come.values()].flat()) {
    if (!goesOn(event) && !near(event.start) && !near(event.end)) continue;
    reasons.push({ at: event.start, text: `${named(event)}, ${dates(event, school)}, is new` });
  }
  return reasons.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

/** What is in one copy and not in the other. Two events are the same when they mean the same time and categories, whatever they are called. */
function differences(before: readonly CalendarEvent[], after: readonly CalendarEvent[]) {
  const key = ({ start, end, categories }: CalendarEvent): string => [start, end, ...[...categories].sort()].join(' ');
  const count = new Map<string, number>();
  for (const event of after) count.set(key(event), (count.get(key(event)) ?? 0) + 1);
  const gone = before.filter((event) => {
    const left = count.get(key(event)) ?? 0;
    count.set(key(event), left - 1);
    return left <= 0;
  });
  const come = after.filter((event) => {
    const extra = count.get(key(event)) ?? 0;
    count.set(key(event), extra - 1);
    return extra > 0;
  });
  return { gone, come };
}

/** By name and categories. */
function byName(events: readonly CalendarEvent[]): Map<string, CalendarEvent[]> {
  return Map.groupBy(events, nameKey);
}

function nameKey({ summary, categories }: CalendarEvent): string {
  return JSON.stringify([summary, categories]);
}

/** The new form of an event that is gone: of the same name and categories, the nearest in time. It is taken out of `come`. */
function takePartner(event: CalendarEvent, come: Map<string, CalendarEvent[]>): CalendarEvent | undefined {
  const distance = (other: CalendarEvent): number =>
    Math.abs(other.start - event.start) + Math.abs(other.end - event.end);
  const named = come.get(nameKey(event)) ?? [];
  let best = 0;
  named.forEach((other, i) => {
    if (distance(other) < distance(named[best]!)) best = i;
  });
  return named.splice(best, 1)[0];
}

function boundariesChanged(old: CalendarEvent, next: CalendarEvent): number[] {
  return [
    ...(old.start === next.start ? [] : [old.start, next.start]),
    ...(old.end === next.end ? [] : [old.end, next.end]),
  ];
}

function named({ summary, categories }: CalendarEvent): string {
  const name = summary === '' ? 'An event' : `"${summary.slice(0, 60)}"`;
  return categories.length === 0 ? name : `${name} (${categories.join(', ')})`;
}

function dates({ start, end }: CalendarEvent, school: Pick<School, 'tz'>): string {
  return `${dateTime(school, start)} to ${dateTime(school, end)}`;
}
