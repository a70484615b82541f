import type { Span, WeeklyWindow } from './school.ts';
import { instantOfDay, localDay, weekdayOfDay } from './zoned-time.ts';

/** Calendar days remembered; a year and a half. */
const DAYS_REMEMBERED = 600;

/** Windows of the week by the wall clock of a zone, as instants. Days are worked out once: routing asks about the same ones over and over. */
export class WeeklySchedule {
  readonly #zone: string;
  readonly #windows: readonly WeeklyWindow[];
  readonly #days = new Map<number, readonly Span[]>();

  constructor(zone: string, windows: readonly WeeklyWindow[]) {
    this.#zone = zone;
    this.#windows = windows;
  }

  /** The shortest window that contains `at`. */
  at(at: number): Span | undefined {
    if (this.#windows.length === 0) return undefined;
    const today = localDay(this.#zone, at);
    let found: Span | undefined;
    // A window ends on the next day at the latest, so only yesterday's and today's can contain this instant.
    for (const day of [today - 1, today])
      for (const span of this.#startingOn(day))
        if (span.start <= at && at < span.end && (!found || span.end - span.start < found.end - found.start))
          found = span;
    return found;
  }

  /** Windows that overlap [from, to), by start. */
  between(from: number, to: number): Span[] {
    if (this.#windows.length === 0) return [];
    const spans: Span[] = [];
    const last = localDay(this.#zone, to);
    for (let day = localDay(this.#zone, from) - 1; day <= last; day++)
      for (const span of this.#startingOn(day)) if (span.start < to && span.end > from) spans.push(span);
    return spans.sort((a, b) => a.start - b.start);
  }

  #startingOn(day: number): readonly Span[] {
    const known = this.#days.get(day);
    if (known) return known;
    if (this.#days.size >= DAYS_REMEMBERED) this.#days.clear();
    const weekday = weekdayOfDay(day);
    const spans = this.#windows
      .filter((window) => window.days.includes(weekday))
      .map(({ from, to }) => ({
        start: instantOfDay(this.#zone, day, from),
        end: instantOfDay(this.#zone, to <= from ? day + 1 : day, to),
      }))
      // In the night the clocks go forward a window may vanish.
      .filter((span) => span.start < span.end);
    this.#days.set(day, spans);
    return spans;
  }
}
