import { timeOnly } from '../date-text.ts';
import { instantOfDay, localDay, weekdayOfDay } from '../zoned-time.ts';
import type { OwnedSpan } from './coverage.ts';

/** A part of a day by the wall clock. */
export interface DayPart {
  /** `07:00-17:00`, `all day` */
  readonly hours: string;
  readonly owner: string;
  readonly why: string;
}

/** Days from `first` to `last` (see `localDay`), both included, that are alike, or whose weeks are. */
export interface DayRun {
  readonly first: number;
  readonly last: number;
  /** One entry: every day is like that. Several: by days of the week, from Monday. */
  readonly patterns: readonly { readonly weekdays: readonly number[]; readonly parts: readonly DayPart[] }[];
}

/** Two weeks that are alike are a pattern; less is told day by day. */
const WEEKLY_FROM = 14;
const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0];

/** A year of spans as people would write them down: from when to when it is like this each day, or each week. */
export function dayRuns(spans: readonly OwnedSpan[], zone: string): DayRun[] {
  const days = daysOf(spans, zone);
  const runs: DayRun[] = [];
  for (let i = 0; i < days.length; ) {
    const alike = count(days, i, (day) => day.key === days[i]!.key);
    const weekly = weeksAlike(days, i);
    const length = weekly >= WEEKLY_FROM && weekly > alike ? weekly : alike;
    const run = days.slice(i, i + length);
    runs.push({ first: run[0]!.day, last: run.at(-1)!.day, patterns: patternsOf(run) });
    i += length;
  }
  return runs;
}

interface Day {
  readonly day: number;
  readonly parts: readonly DayPart[];
  readonly key: string;
}

function daysOf(spans: readonly OwnedSpan[], zone: string): Day[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return [];
  const days: Day[] = [];
  let next = 0;
  for (let day = localDay(zone, first.start); day <= localDay(zone, last.end - 1); day++) {
    const [start, end] = [instantOfDay(zone, day, 0), instantOfDay(zone, day + 1, 0)];
    while (spans[next] && spans[next]!.end <= start) next++;
    const parts: DayPart[] = [];
    for (let i = next; i < spans.length && spans[i]!.start < end; i++) {
      const { owner, why, ...span } = spans[i]!;
      const from = span.start <= start ? '00:00' : timeOnly({ tz: zone }, span.start);
      const to = span.end >= end ? '24:00' : timeOnly({ tz: zone }, span.end);
      parts.push({ hours: from === '00:00' && to === '24:00' ? 'all day' : `${from}-${to}`, owner, why });
    }
    days.push({ day, parts, key: JSON.stringify(parts) });
  }
  return days;
}

function count(days: readonly Day[], from: number, test: (day: Day) => boolean): number {
  const end = days.findIndex((day, i) => i >= from && !test(day));
  return (end < 0 ? days.length : end) - from;
}

/** How many days from `from` on each are like the last of their weekday. */
function weeksAlike(days: readonly Day[], from: number): number {
  const week = new Map<number, string>();
  return count(days, from, ({ day, key }) => {
    const weekday = weekdayOfDay(day);
    if (!week.has(weekday)) week.set(weekday, key);
    return week.get(weekday) === key;
  });
}

function patternsOf(run: readonly Day[]): DayRun['patterns'] {
  const patterns = new Map<string, { weekdays: number[]; parts: readonly DayPart[] }>();
  for (const weekday of MONDAY_FIRST) {
    const day = run.find(({ day }) => weekdayOfDay(day) === weekday);
    if (!day) continue;
    const pattern = patterns.get(day.key);
    if (pattern) pattern.weekdays.push(weekday);
    else patterns.set(day.key, { weekdays: [weekday], parts: day.parts });
  }
  return [...patterns.values()];
}

const NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mon-Fri`, `Mon, Wed` */
export function weekdaysText(weekdays: readonly number[]): string {
  const order = weekdays.map((weekday) => MONDAY_FIRST.indexOf(weekday));
  const inARow = order.length > 2 && order.every((place, i) => place === order[0]! + i);
  if (inARow) return `${NAMES[weekdays[0]!]}-${NAMES[weekdays.at(-1)!]}`;
  return weekdays.map((weekday) => NAMES[weekday]).join(', ');
}
