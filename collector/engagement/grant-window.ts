import type { GrantWindow, SchoolCalendar, Span } from './school.ts';
import { WeeklySchedule } from './weekly.ts';
import { addWallTime } from './zoned-time.ts';

/** A grant without windows holds always; it is longer than any window. */
export const ALWAYS: Span = { start: -Infinity, end: Infinity };

/** When one grant holds, as instants. */
export class GrantWindows {
  /** Dates and calendar events, lead and lag included, in order of start. They may overlap. */
  readonly spans: readonly Span[];
  readonly #weekly: WeeklySchedule | undefined;
  readonly #always: boolean;

  constructor(
    windows: readonly GrantWindow[] | undefined,
    calendars: ReadonlyMap<string, SchoolCalendar>,
    zone: string,
  ) {
    this.#always = windows === undefined;
    this.spans = (windows ?? [])
      .flatMap((window) => spansOf(window, calendars, zone))
      .sort((a, b) => a.start - b.start || a.end - b.end);
    const weekly = (windows ?? []).flatMap((window) => (window.kind === 'weekly' ? [window.weekly] : []));
    this.#weekly = weekly.length > 0 ? new WeeklySchedule(zone, weekly) : undefined;
  }

  /** The shortest window that contains `at`; undefined when none does. */
  at(at: number): Span | undefined {
    if (this.#always) return ALWAYS;
    let found = this.#weekly?.at(at);
    for (const span of this.spans) {
      if (span.start > at) break;
      if (at < span.end && (!found || span.end - span.start < found.end - found.start)) found = span;
    }
    return found;
  }

  /** Every instant in [from, to) at which a window begins or ends, in no order. */
  edges(from: number, to: number): number[] {
    const weekly = this.#weekly?.between(from, to) ?? [];
    return [...this.spans, ...weekly].flatMap(({ start, end }) => [start, end]).filter((t) => from <= t && t < to);
  }
}

function spansOf(window: GrantWindow, calendars: ReadonlyMap<string, SchoolCalendar>, zone: string): Span[] {
  if (window.kind === 'weekly') return [];
  if (window.kind === 'dates') return [{ start: window.start, end: window.end }];
  const { categories, leadMs, lagMs } = window;
  return (calendars.get(window.calendar)?.events ?? [])
    .filter((event) => categories.length === 0 || event.categories.some((c) => categories.includes(c)))
    .map(({ start, end }) => ({ start: addWallTime(zone, start, -leadMs), end: addWallTime(zone, end, lagMs) }));
}
