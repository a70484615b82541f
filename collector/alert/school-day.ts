import type { School, SchoolCalendar } from '../engagement/school.ts';
import { NO_SCHOOL } from '../engagement/sla/school-hours.ts';
import { WeeklySchedule } from '../engagement/weekly.ts';
import type { CategoriesAt } from './override.ts';

type Calendars = School['calendars'];
type Hours = NonNullable<School['hours']>;

const ONLY_NO_SCHOOL: readonly string[] = [NO_SCHOOL];

/**
 * `categoriesAt` over the schools now in force. What a school's calendars say is worked out once for each state of them (`calendars` is another
 * map when they change) and then looked up by binary search. Outside the hours of a school that gives them there is no school.
 */
export function categoriesOfSchools(
  find: (school: string) => Pick<School, 'calendars' | 'tz' | 'hours'> | undefined,
): CategoriesAt {
  const known = new WeakMap<Calendars, (at: number) => readonly string[]>();
  const schedules = new WeakMap<Hours, WeeklySchedule>();
  return (name, at) => {
    const school = find(name);
    if (!school) return [];
    const { calendars, tz, hours } = school;
    const lookup = remembered(known, calendars, () => categoryLookup([...calendars.values()]));
    const categories = lookup(at);
    if (!hours || categories.includes(NO_SCHOOL)) return categories;
    if (remembered(schedules, hours, () => new WeeklySchedule(tz, hours)).at(at)) return categories;
    return categories.length === 0 ? ONLY_NO_SCHOOL : [...categories, NO_SCHOOL];
  };
}

function remembered<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

/** The categories of all events in force at an instant, each once; events are half-open. */
export function categoryLookup(calendars: readonly SchoolCalendar[]): (at: number) => readonly string[] {
  const events = calendars.flatMap((calendar) => calendar.events).filter((event) => event.categories.length > 0);
  const bounds = [...new Set(events.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const sets = categoriesBetween(bounds, events);
  return (at) => sets[lastAtOrBefore(bounds, at)] ?? [];
}

/** For each bound, what is on from there to the next. */
function categoriesBetween(bounds: readonly number[], events: SchoolCalendar['events']): readonly string[][] {
  const starts = [...events].sort((a, b) => a.start - b.start);
  let on: SchoolCalendar['events'] = [];
  let next = 0;
  return bounds.map((bound) => {
    const begun = next;
    while (next < starts.length && starts[next]!.start <= bound) next++;
    on = [...on, ...starts.slice(begun, next)].filter(({ end }) => end > bound);
    return [...new Set(on.flatMap(({ categories }) => categories))];
  });
}

/** Index of the last bound at or before `at`; -1 before the first. */
function lastAtOrBefore(bounds: readonly number[], at: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
