import {
  allValues,
  firstValue,
  isDateOnly,
  type JCal,
  type JCalProperty,
  type Length,
  lengthOf,
  propertiesOf,
  propertyOf,
  wallMsOf,
} from './ical-component.ts';
import { type DayBudget, expandRule, type RuleParts, type TimeRange } from './ical-recur.ts';
import type { CalendarZone, ZoneOf } from './ical-zone.ts';

/** A point in time as an event writes it. */
export interface Stamp {
  /** ms since the epoch. */
  readonly instant: number;
  /** The clock on the wall in `zone`, as if it were UTC, ms. */
  readonly wall: number;
  /** A date without time. */
  readonly date: boolean;
  readonly zone: CalendarZone;
}

/** One VEVENT: a single event, a series, or another form of one instance of a series (`instead`: RECURRENCE-ID). */
export interface WrittenEvent {
  readonly uid: string | undefined;
  readonly sequence: number;
  readonly summary: string | undefined;
  readonly categories: readonly string[];
  /** Names (CN) and addresses of who takes part; who declined does not. */
  readonly attendees: readonly string[];
  readonly cancelled: boolean;
  readonly start: Stamp;
  /** Undefined: nothing is said of it. */
  readonly length: Length | undefined;
  readonly instead: Stamp | undefined;
  readonly rules: readonly RuleParts[];
  /** Further instances; with a length of their own where it is given. */
  readonly further: readonly { readonly start: Stamp; readonly length?: Length }[];
  readonly except: readonly Stamp[];
  /** What of it is not followed. */
  readonly ignored: readonly string[];
}

/** One instance of an event. */
export interface Instance {
  readonly start: Stamp;
  /** ms since the epoch. */
  readonly end: number;
}

const DAY_MS = 86_400_000;
/** Nothing that a school plans lasts longer. */
const MAX_LENGTH_MS = 2 * 366 * DAY_MS;

/** Looked at, of each event. */
const MAX_CATEGORIES = 50;
const MAX_ATTENDEES = 50;

/** @throws Error saying what is wrong with it */
export function readEvent(component: JCal, zoneOf: ZoneOf): WrittenEvent {
  const stamps = (name: string) => propertiesOf(component, name).flatMap((p) => stampsOf(p, zoneOf));
  const start = stamps('dtstart')[0];
  if (!start) throw new Error('no DTSTART');
  const instead = propertyOf(component, 'recurrence-id');
  const status = String(firstValue(component, 'status') ?? '').toUpperCase();
  const sequence = Number(firstValue(component, 'sequence'));
  return {
    uid: textOf(firstValue(component, 'uid')),
    sequence: Number.isFinite(sequence) ? sequence : 0,
    summary: textOf(firstValue(component, 'summary')),
    categories: allValues(component, 'categories')
      .slice(0, MAX_CATEGORIES)
      .flatMap((value) => textOf(value) ?? []),
    attendees: propertiesOf(component, 'attendee').slice(0, MAX_ATTENDEES).flatMap(attendeeTexts),
    cancelled: status === 'CANCELLED',
    start,
    length: writtenLength(component, start, zoneOf),
    instead: instead && stampsOf(instead, zoneOf)[0],
    rules: allValues(component, 'rrule') as RuleParts[],
    further: furtherOf(component, zoneOf),
    except: stamps('exdate'),
    ignored: [
      ...(instead?.[1]['range'] === undefined ? [] : ['RANGE is not followed: only the one instance is changed']),
      ...(propertyOf(component, 'exrule') ? ['EXRULE is not followed'] : []),
    ],
  };
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : text;
}

function attendeeTexts([, parameters, , address]: JCalProperty): string[] {
  if (String(parameters['partstat'] ?? '').toUpperCase() === 'DECLINED') return [];
  return [textOf(parameters['cn']), textOf(address)?.replace(/^mailto:/i, '')].flatMap((text) => text ?? []);
}

function stampsOf(property: JCalProperty, zoneOf: ZoneOf): Stamp[] {
  const [name, parameters, , ...values] = property;
  const tzid = typeof parameters['tzid'] === 'string' ? parameters['tzid'] : undefined;
  // An empty list (`EXDATE:`) is written by some programs.
  return values.filter((written) => written !== '--T::').map((written) => stampOf(written, name, tzid, zoneOf));
}

function stampOf(written: unknown, name: string, tzid: string | undefined, zoneOf: ZoneOf): Stamp {
  const wall = wallMsOf(written);
  if (wall === undefined) throw new Error(`${name.toUpperCase()} is not a date or time`);
  const date = isDateOnly(written);
  // Dates are days of the school, whatever zone somebody hung on them.
  const zone = date ? zoneOf(undefined) : zoneOf(String(written).endsWith('Z') ? 'UTC' : tzid);
  return { instant: zone.instantOf(wall), wall, date, zone };
}

/** From DTEND or DURATION. Between two times the clock on the wall counts: a night shift of a series stays one when the clocks change. */
function writtenLength(component: JCal, start: Stamp, zoneOf: ZoneOf): Length | undefined {
  const ends = propertyOf(component, 'dtend');
  const end = ends && stampsOf(ends, zoneOf)[0];
  if (end) {
    if (end.instant < start.instant) throw new Error('it ends before it starts');
    return checked({ wall: start.zone.wallOf(end.instant) - start.wall, exact: 0 });
  }
  const duration = firstValue(component, 'duration');
  if (duration === undefined) return undefined;
  const length = lengthOf(duration);
  if (!length) throw new Error('DURATION is not a duration');
  return checked(length);
}

function checked(length: Length): Length {
  const ms = length.wall + length.exact;
  // An end within the hour that comes twice may look as if it came before the start.
  if (ms < -3_600_000) throw new Error('it lasts less than nothing');
  if (ms > MAX_LENGTH_MS) throw new Error('it lasts more than two years');
  return length;
}

function furtherOf(component: JCal, zoneOf: ZoneOf): WrittenEvent['further'] {
  return propertiesOf(component, 'rdate').flatMap((property) => {
    if (property[2] !== 'period') return stampsOf(property, zoneOf).map((start) => ({ start }));
    const [name, parameters, , ...periods] = property;
    const tzid = typeof parameters['tzid'] === 'string' ? parameters['tzid'] : undefined;
    return periods.map((period) => {
      const [from, to] = period as [unknown, unknown];
      const start = stampOf(from, name, tzid, zoneOf);
      const given = lengthOf(to);
      const length = given ?? { wall: stampOf(to, name, tzid, zoneOf).wall - start.wall, exact: 0 };
      return { start, length: checked(length) };
    });
  });
}

/** When an instance ends that starts at `start`. All-day events last at least a day, times of which no end is told none. */
export function endOf(start: Stamp, length: Length | undefined): number {
  if (start.date) {
    const days = Math.max(1, Math.ceil(((length?.wall ?? 0) + (length?.exact ?? 0)) / DAY_MS));
    return start.zone.instantOf(start.wall + days * DAY_MS);
  }
  if (!length) return start.instant;
  return Math.max(start.instant, start.zone.instantOf(start.wall + length.wall) + length.exact);
}

/**
 * The instances of a series (or the one of a single event) that lie in [from, until) in part, before other forms of single ones are put in.
 * @throws RuleError when a rule cannot be followed
 */
export function instancesOf(
  event: WrittenEvent,
  range: TimeRange,
  school: CalendarZone,
  budget: DayBudget,
): Instance[] {
  const { start, length } = event;
  const starts = new Map<number, { start: Stamp; length: Length | undefined }>([[start.instant, { start, length }]]);
  // A day on each side: `range` are instants, rules go by the clock on the wall.
  const reach = Math.max(0, (length?.wall ?? 0) + (length?.exact ?? 0)) + 2 * DAY_MS;
  const walls = { from: range.from - reach, until: range.until + DAY_MS };
  for (const rule of event.rules)
    for (const wall of expandRule(rule, start, endsAt(rule, start), walls, budget)) {
      const stamp = { ...start, wall, instant: start.zone.instantOf(wall) };
      if (!starts.has(stamp.instant)) starts.set(stamp.instant, { start: stamp, length });
    }
  for (const more of event.further)
    starts.set(more.start.instant, { start: more.start, length: more.length ?? length });
  const except = new InstanceSet(event.except);
  return [...starts.values()]
    .filter((one) => !except.has(one.start, school))
    .map((one) => ({ start: one.start, end: endOf(one.start, one.length) }));
}

/** What EXDATE and RECURRENCE-ID point at. A date means what starts on that day, and a time what takes that day. */
export class InstanceSet {
  readonly #instants = new Set<number>();
  /** By the clock on the wall at midnight. */
  readonly #dates = new Set<number>();
  readonly #datesOfTimes = new Set<number>();

  constructor(stamps: readonly Stamp[]) {
    for (const { date, wall, instant } of stamps) {
      if (date) this.#dates.add(wall);
      else {
        this.#instants.add(instant);
        this.#datesOfTimes.add(midnight(wall));
      }
    }
  }

  /** `school`: whose days dates are. */
  has(start: Stamp, school: CalendarZone): boolean {
    if (start.date) return this.#dates.has(start.wall) || this.#datesOfTimes.has(start.wall);
    if (this.#instants.has(start.instant)) return true;
    return this.#dates.has(midnight(start.wall)) || this.#dates.has(midnight(school.wallOf(start.instant)));
  }
}

function midnight(wall: number): number {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/** The last time of a rule, by the clock on the wall where the event takes place. */
function endsAt(rule: RuleParts, start: Stamp): number | undefined {
  const written = rule['until'];
  if (written === undefined) return undefined;
  const wall = wallMsOf(written);
  if (wall === undefined) throw new Error('UNTIL is not a date or time');
  // A date as the end of something with times: through that day, as the programs mean it that write so.
  if (isDateOnly(written)) return start.date ? wall : wall + DAY_MS - 1000;
  return String(written).endsWith('Z') ? start.zone.wallOf(wall) : wall;
}
