import { weekdayOfDay } from '../zoned-time.ts';

/**
 * Recurrence rules (RFC 5545 3.3.10). ical.js reads them, but they are followed here: its search for the next time does not end where there is
 * none (FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30), and it leaves parts aside that calendars of schools use (BYSETPOS with FREQ=YEARLY, as Outlook
 * writes "the fourth Thursday of November"). Here periods are gone through one by one, from the first that matters, and their days looked at.
 */

/** A rule as ical.js reads it: names in lower case, one value or a list. */
export type RuleParts = Readonly<Record<string, unknown>>;

/** From (inclusive) and until (exclusive), ms: instants, or the clock on the wall as if it were UTC. */
export interface TimeRange {
  readonly from: number;
  readonly until: number;
}

/** Where a rule begins, by the clock on the wall as if it were UTC, ms: what recurs does so by that clock, whatever the zone does. */
export interface RuleStart {
  readonly wall: number;
  /** A date without time. */
  readonly date: boolean;
}

/** A rule (of an event, of a time zone) that cannot be followed. */
export class RuleError extends Error {}

/** Work that one text may cause, in days looked at; each takes less than a microsecond. */
export class DayBudget {
  #left: number;

  constructor(days: number) {
    this.#left = days;
  }

  get spent(): boolean {
    return this.#left < 0;
  }

  /** @throws RuleError when it is spent */
  take(days: number): void {
    this.#left -= days;
    if (this.#left < 0) throw new RuleError('the calendar repeats more than can be followed');
  }
}

const DAY_MS = 86_400_000;
/** For one rule: 270 years of days. */
const DAYS_PER_RULE = 100_000;
const INSTANCES_PER_RULE = 5_000;
const TIMES_A_DAY = 300;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/**
 * The times in `range` (wall clock) at which a rule holds that began at `start`, ascending. `endsAt`: the last time, inclusive, where it has an
 * UNTIL. @throws RuleError when it cannot be followed
 */
export function expandRule(
  rule: RuleParts,
  start: RuleStart,
  endsAt: number | undefined,
  range: TimeRange,
  budget: DayBudget,
): number[] {
  const periods = periodsOf(rule, start.wall);
  const fits = dayFilter(rule, start.wall);
  const times = timesOfDay(rule, start);
  const positions = numbers(rule, 'bysetpos');
  const last = Math.min(range.until - 1, endsAt ?? Infinity);
  // A series that ends by number has to be counted from its start.
  const counted = 'count' in rule;
  let left = counted ? Number(rule['count']) : Infinity;
  let looked = 0;
  const found: number[] = [];
  for (let n = counted ? 0 : periods.before(range.from); ; n++) {
    const { first, end } = periods.at(n);
    if (first * DAY_MS > last) return found;
    budget.take(end - first);
    looked += end - first;
    if (looked > DAYS_PER_RULE) throw new RuleError('it repeats more than can be followed');
    for (const wall of inPositions(wallsOf(first, end, fits, times), positions)) {
      if (wall < start.wall) continue;
      if (wall > last || left-- <= 0) return found;
      if (wall >= range.from && found.push(wall) > INSTANCES_PER_RULE)
        throw new RuleError(`it repeats more than ${INSTANCES_PER_RULE.toLocaleString('en')} times`);
    }
  }
}

function wallsOf(first: number, end: number, fits: (day: number) => boolean, times: readonly number[]): number[] {
  const walls: number[] = [];
  for (let day = first; day < end; day++) if (fits(day)) for (const time of times) walls.push(day * DAY_MS + time);
  return walls;
}

/** BYSETPOS: the first, the second, the last (-1) of a period. */
function inPositions(walls: readonly number[], positions: readonly number[]): readonly number[] {
  if (positions.length === 0) return walls;
  return walls.filter((_, i) => positions.includes(i + 1) || positions.includes(i - walls.length));
}

/** Periods by number: the one with the start is 0, the next INTERVAL days, weeks, months or years later is 1. */
interface Periods {
  /** Its days, as numbers (day 0 is 1 January 1970); `end` is the first that is not in it. */
  at(n: number): { first: number; end: number };
  /** The last that begins at or before a wall-clock time; 0 before the start. */
  before(wall: number): number;
}

function periodsOf(rule: RuleParts, start: number): Periods {
  const interval = Math.max(1, Number(rule['interval'] ?? 1));
  const months = rule['freq'] === 'MONTHLY' ? 1 : rule['freq'] === 'YEARLY' ? 12 : 0;
  if (months > 0) {
    const firstMonth = Math.floor(monthOf(start) / months) * months;
    return {
      at: (n) => {
        const month = firstMonth + n * interval * months;
        return { first: firstDayOf(month), end: firstDayOf(month + months) };
      },
      before: (wall) => Math.max(0, Math.floor((monthOf(wall) - firstMonth) / (interval * months))),
    };
  }
  const days = { DAILY: 1, WEEKLY: 7 }[String(rule['freq'])];
  if (days === undefined)
    throw new RuleError(`FREQ=${rule['freq']}: only DAILY, WEEKLY, MONTHLY and YEARLY are followed`);
  const startDay = Math.floor(start / DAY_MS);
  // ical.js counts weekdays from 1, Sunday.
  const weekStart = Number(rule['wkst'] ?? 2) - 1;
  const firstDay = days === 7 ? startDay - ((weekdayOfDay(startDay) - weekStart + 7) % 7) : startDay;
  return {
    at: (n) => ({ first: firstDay + n * interval * days, end: firstDay + n * interval * days + days }),
    before: (wall) => Math.max(0, Math.floor((wall / DAY_MS - firstDay) / (interval * days))),
  };
}

/** Months since year 0. */
function monthOf(wall: number): number {
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Infinite for a year no clock knows, which ends every search. */
function firstDayOf(month: number): number {
  const ms = Date.UTC(Math.floor(month / 12), month % 12, 1);
  return Number.isNaN(ms) ? Infinity : ms / DAY_MS;
}

/** Which days of a period a rule means. Where it names none, it is the day of the start. */
function dayFilter(rule: RuleParts, start: number): (day: number) => boolean {
  if ('byweekno' in rule) throw new RuleError('BYWEEKNO is not followed');
  const began = new Date(start);
  const { freq } = rule;
  const weekdays = weekdaysOf(rule);
  const yearDays = numbers(rule, 'byyearday');
  let months = numbers(rule, 'bymonth');
  let monthDays = numbers(rule, 'bymonthday');
  if (weekdays.length + yearDays.length + monthDays.length === 0) {
    if (freq === 'WEEKLY') weekdays.push({ weekday: began.getUTCDay(), nth: 0 });
    if (freq === 'YEARLY' && months.length === 0) months = [began.getUTCMonth() + 1];
    if (freq === 'MONTHLY' || freq === 'YEARLY') monthDays = [began.getUTCDate()];
  }
  // The second Tuesday: of the year where no month is named, else of the month.
  const ofYear = freq === 'YEARLY' && months.length === 0;
  return (day) => {
    const date = new Date(day * DAY_MS);
    if (months.length > 0 && !months.includes(date.getUTCMonth() + 1)) return false;
    const inMonth = placeIn(day, monthOf(date.getTime()), 1);
    if (monthDays.length > 0 && !isAmong(monthDays, inMonth)) return false;
    if (yearDays.length === 0 && weekdays.length === 0) return true;
    const inYear = placeIn(day, date.getUTCFullYear() * 12, 12);
    if (yearDays.length > 0 && !isAmong(yearDays, inYear)) return false;
    return weekdays.length === 0 || weekdays.some((one) => isWeekday(one, day, ofYear ? inYear : inMonth));
  };
}

/** The how manieth day it is, from the front (1) and from the back (-1). */
interface Place {
  readonly front: number;
  readonly back: number;
}

function placeIn(day: number, month: number, months: number): Place {
  return { front: day - firstDayOf(month) + 1, back: day - firstDayOf(month + months) };
}

function isAmong(wanted: readonly number[], { front, back }: Place): boolean {
  return wanted.includes(front) || wanted.includes(back);
}

/** `MO`, or `2MO` and `-1MO` within months and years. */
interface Weekday {
  readonly weekday: number;
  /** 0: each. */
  readonly nth: number;
}

function isWeekday({ weekday, nth }: Weekday, day: number, { front, back }: Place): boolean {
  if (weekdayOfDay(day) !== weekday) return false;
  return nth === 0 || (nth > 0 ? Math.ceil(front / 7) : Math.floor(back / 7)) === nth;
}

function weekdaysOf(rule: RuleParts): Weekday[] {
  const within = rule['freq'] === 'MONTHLY' || rule['freq'] === 'YEARLY';
  return list(rule, 'byday').map((written) => {
    const [, nth, name] = /^([+-]?\d+)?(\w\w)$/.exec(String(written)) ?? [];
    return { weekday: WEEKDAYS.indexOf(name ?? ''), nth: within ? Number(nth ?? 0) : 0 };
  });
}

/** ms after midnight, ascending. */
function timesOfDay(rule: RuleParts, { wall, date }: RuleStart): number[] {
  if (date) return [0];
  const at = new Date(wall);
  const given = (name: string, otherwise: number): number[] => {
    const values = numbers(rule, name);
    return values.length > 0 ? values : [otherwise];
  };
  const hours = given('byhour', at.getUTCHours());
  const minutes = given('byminute', at.getUTCMinutes());
  const seconds = given('bysecond', at.getUTCSeconds());
  if (hours.length * minutes.length * seconds.length > TIMES_A_DAY)
    throw new RuleError(`it repeats more than ${TIMES_A_DAY} times a day`);
  return hours
    .flatMap((h) => minutes.flatMap((m) => seconds.map((s) => ((h * 60 + m) * 60 + s) * 1000)))
    .sort((a, b) => a - b);
}

function list(rule: RuleParts, name: string): unknown[] {
  const value = rule[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function numbers(rule: RuleParts, name: string): number[] {
  return list(rule, name).map(Number);
}
