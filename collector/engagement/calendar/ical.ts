import { errorMessage } from '../../../core/errors.ts';
import type { CalendarEvent, CalendarMapping } from '../school.ts';
import { type Categorise, categoriser } from './calendar-category.ts';
import { parseComponent } from './ical-component.ts';
import { readEvent } from './ical-event.ts';
import { DayBudget } from './ical-recur.ts';
import { type Occurrence, occurrencesOf } from './ical-series.ts';
import { calendarText, nameOfEvent } from './ical-text.ts';
import { namedZone, zonesOf } from './ical-zone.ts';

export interface ReadOptions {
  /** The school's IANA zone: that of dates, and of times without one. */
  readonly zone: string;
  readonly map: readonly CalendarMapping[];
  /** What lies in part in [from, until) is read; ms since the epoch. */
  readonly from: number;
  readonly until: number;
}

export interface UnmappedEvent {
  readonly summary: string;
  /** Its own, as the file writes them. */
  readonly categories: readonly string[];
  readonly start: number;
  readonly end: number;
}

export interface CalendarReading {
  /** False: the text is no calendar, is cut off or is too big. Then there are no events, and `problems` says why. */
  readonly readable: boolean;
  /** In order of start. Those that get none of our categories are among them, without any: a grant may mean every event. */
  readonly events: readonly CalendarEvent[];
  /** The first of those that get none of our categories, and how many there are. */
  readonly unmapped: readonly UnmappedEvent[];
  readonly unmappedCount: number;
  /** What was not understood, in words; the first of them. */
  readonly problems: readonly string[];
}

export const MAX_CALENDAR_BYTES = 5 * 1024 * 1024;
const MAX_INSTANCES = 20_000;
const MAX_DAYS = 10_000_000;
const MAX_UNMAPPED = 200;
const MAX_PROBLEMS = 50;

/**
 * Reads iCalendar text (RFC 5545) as events of a school calendar, instances of a series each by itself. Never throws for what is in `text`:
 * an event that is not understood is left out and named, a text that cannot be read as a whole is not `readable`.
 */
export function readCalendar(text: string, options: ReadOptions): CalendarReading {
  // A character is at least a byte: the length tells without counting when it is far too much.
  const bytes = text.length > MAX_CALENDAR_BYTES ? text.length : Buffer.byteLength(text);
  if (bytes > MAX_CALENDAR_BYTES) return unreadable('larger than 5 MB');
  const components = calendarText(text);
  if (typeof components === 'string') return unreadable(components);
  const problems = new Problems();
  const problem = (text: string): void => problems.add(text);
  const budget = new DayBudget(MAX_DAYS);
  const school = namedZone(options.zone);
  const range = { from: options.from, until: options.until };
  const zoneOf = zonesOf(components.zones, { school, name: options.zone, range, budget, problem });
  const written = components.events.flatMap((lines) => {
    if (budget.spent) return [];
    try {
      return [readEvent(parseComponent(lines), zoneOf)];
    } catch (error) {
      problem(`${nameOfEvent(lines)}: ${errorMessage(error)}`);
      return [];
    }
  });
  const instances = occurrencesOf(written, { range, school, budget, limit: MAX_INSTANCES, problem });
  if (budget.spent) return unreadable('its events repeat more than can be followed');
  if (instances.length > MAX_INSTANCES)
    return unreadable(`more than ${MAX_INSTANCES.toLocaleString('en')} events, repetitions counted`);
  return describe(instances, categoriser(options.map), problems.list());
}

function unreadable(problem: string): CalendarReading {
  return { readable: false, events: [], unmapped: [], unmappedCount: 0, problems: [problem] };
}

/** What was not understood, bounded. */
class Problems {
  readonly #all: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#all.length < MAX_PROBLEMS) this.#all.push(problem);
    else this.#more++;
  }

  list(): string[] {
    return this.#more === 0 ? this.#all : [...this.#all, `and ${this.#more} more`];
  }
}

function describe(found: readonly Occurrence[], categorise: Categorise, problems: readonly string[]): CalendarReading {
  const events: CalendarEvent[] = [];
  const unmapped: UnmappedEvent[] = [];
  let unmappedCount = 0;
  for (const { start, end, summary, categories: own, attendees } of found) {
    const categories = categorise(summary, own);
    events.push({ start: start.instant, end, categories, summary, ...(attendees.length > 0 && { attendees }) });
    if (categories.length > 0) continue;
    unmappedCount++;
    if (unmapped.length < MAX_UNMAPPED) unmapped.push({ summary, categories: own, start: start.instant, end });
  }
  return { readable: true, events, unmapped, unmappedCount, problems };
}
