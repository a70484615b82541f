import { errorMessage } from '../../../core/errors.ts';
import { instantOf, isTimeZone, offsetAt } from '../zoned-time.ts';
import { allValues, firstValue, type JCal, offsetMsOf, parseComponent, wallMsOf } from './ical-component.ts';
import { type DayBudget, expandRule, RuleError, type RuleParts, type TimeRange } from './ical-recur.ts';

/** Between the clock on the wall (as if it were UTC, ms) and instants (ms). A time in a gap means the instant after it, one that comes twice the first. */
export interface CalendarZone {
  instantOf(wall: number): number;
  wallOf(instant: number): number;
}

export const UTC_ZONE: CalendarZone = { instantOf: (wall) => wall, wallOf: (instant) => instant };

const DAY_MS = 86_400_000;
/** Changes are worked out from this long before the first event asked for. */
const BEFORE_MS = 3 * 366 * DAY_MS;

const MAX_CHANGES = 1_000;
/** What it costs to work out the instant of a time on a day when the clocks change, in days looked at (DayBudget). */
const DAYS_PER_TIME = 100;

/** A zone of the IANA database, by our own rules for it. */
export function namedZone(name: string): CalendarZone {
  return {
    instantOf: (wall) => {
      const local = new Date(wall);
      return instantOf(name, {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
        hour: local.getUTCHours(),
        minute: local.getUTCMinutes(),
        second: local.getUTCSeconds(),
      });
    },
    wallOf: (instant) => instant + offsetAt(name, instant),
  };
}

/** The IANA zone that a TZID means: itself, or the end of a globally unique one (`/example.org/2025a/Europe/Paris`, RFC 5545 3.8.3.1). */
export function ianaName(tzid: string): string | undefined {
  if (isTimeZone(tzid)) return tzid;
  if (!tzid.startsWith('/')) return undefined;
  const parts = tzid.split('/');
  return [3, 2, 1].map((n) => parts.slice(-n).join('/')).find(isTimeZone);
}

/** When the clocks of a zone change, and how far they are ahead of UTC (ms) on both sides. */
interface ZoneChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The zone that a VTIMEZONE describes, good for times in `range`. @throws RuleError when it describes none */
export function describedZone(component: JCal, range: TimeRange, budget: DayBudget): CalendarZone {
  const changes = component[2]
    .flatMap((observance) => changesOf(observance, range, budget))
    .sort((a, b) => a.at - b.at);
  if (changes.length > MAX_CHANGES) throw new RuleError('its clocks change more than those of any zone');
  const first = changes[0];
  if (!first) throw new RuleError('it says nothing of its offset from UTC');
  const offset = (instant: number): number => changes.findLast((change) => change.at <= instant)?.after ?? first.before;
  return {
    wallOf: (instant) => instant + offset(instant),
    instantOf(wall) {
      const offsets = [offset(wall - DAY_MS), offset(wall + DAY_MS)];
      const fitting = offsets.map((ms) => wall - ms).filter((instant) => instant + offset(instant) === wall);
      if (fitting.length > 0) return Math.min(...fitting);
      const gap = changes.find(({ at, before, after }) => at + before <= wall && wall < at + after);
      return gap?.at ?? wall - offsets[0]!;
    },
  };
}

/** The changes that one STANDARD or DAYLIGHT part makes. Its times are by the clock before the change. */
function changesOf(observance: JCal, range: TimeRange, budget: DayBudget): ZoneChange[] {
  const start = wallMsOf(firstValue(observance, 'dtstart'));
  const before = offsetMsOf(firstValue(observance, 'tzoffsetfrom'));
  const after = offsetMsOf(firstValue(observance, 'tzoffsetto'));
  if (start === undefined || before === undefined || after === undefined) return [];
  const walls = [start];
  for (const written of allValues(observance, 'rdate')) {
    const wall = wallMsOf(written);
    if (wall !== undefined) walls.push(wall);
  }
  const rule = firstValue(observance, 'rrule') as RuleParts | undefined;
  if (rule) {
    if (rule.freq !== 'YEARLY') throw new RuleError('its clocks do not change by the year');
    const until = wallMsOf(rule['until']);
    const endsAt = until !== undefined && String(rule['until']).endsWith('Z') ? until + before : until;
    const from = Math.min(range.from, endsAt ?? range.from) - BEFORE_MS;
    walls.push(
      ...expandRule(rule, { wall: start, date: false }, endsAt, { from, until: range.until + DAY_MS }, budget),
    );
  }
  return walls.map((wall) => ({ at: wall - before, before, after }));
}

/** The zone that a TZID means; undefined: a time without zone, which is the school's. */
export type ZoneOf = (tzid: string | undefined) => CalendarZone;

export interface ZoneOptions {
  /** For times without a zone, and for what cannot be told. */
  readonly school: CalendarZone;
  /** What `school` is called. */
  readonly name: string;
  readonly range: TimeRange;
  readonly budget: DayBudget;
  readonly problem: (text: string) => void;
}

/** `descriptions`: the VTIMEZONEs of the file. Our own rules come first: those in a file are as old as the program that wrote it. */
export function zonesOf(descriptions: readonly (readonly string[])[], options: ZoneOptions): ZoneOf {
  const { school, name, range, budget, problem } = options;
  const described = new Map<string, JCal>();
  for (const lines of descriptions) {
    try {
      const component = parseComponent(lines);
      described.set(String(firstValue(component, 'tzid')), component);
    } catch (error) {
      problem(`a time zone of the file: ${errorMessage(error)}`);
    }
  }
  const find = (tzid: string): CalendarZone => {
    const iana = ianaName(tzid);
    if (iana !== undefined) return namedZone(iana);
    let reason = 'the file does not describe it';
    try {
      const component = described.get(tzid);
      if (component) return describedZone(component, range, budget);
    } catch (error) {
      reason = errorMessage(error);
    }
    problem(`time zone "${tzid.slice(0, 80)}" is not known (${reason}): read as ${name}`);
    return school;
  };
  const known = new Map<string, CalendarZone>([['UTC', UTC_ZONE]]);
  return (tzid) => {
    // Asked once for each time that is written.
    budget.take(DAYS_PER_TIME);
    if (tzid === undefined) return school;
    const zone = known.get(tzid) ?? find(tzid);
    known.set(tzid, zone);
    return zone;
  };
}
