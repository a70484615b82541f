import type { Plan } from '../plan.ts';
import type { SlaTarget, Span } from '../school.ts';
import { WeeklySchedule } from '../weekly.ts';

/** How much of [from, to) counts by a calendar, ms. Adds up over splits: [a, b) and [b, c) make [a, c). */
export type WorkingTime = (calendar: SlaTarget['calendar'], from: number, to: number) => number;

/** The category of a calendar's events on which there is no school. */
export const NO_SCHOOL = 'NO_SCHOOL';

/**
 * School hours: those of the school's file, else those that the school's own party covers (`internal`, else the first), without NO_SCHOOL events of any calendar. Absences do not
 * count: school goes on while the specialist is ill. A party that covers no hours leaves all of them: a promise is not void for want of a timetable.
 */
export function schoolHours({ school }: Plan): WorkingTime {
  const [first] = school.parties.values();
  const coverage = school.hours ?? (school.parties.get('internal') ?? first)?.coverage ?? 'always';
  const weekly = coverage === 'always' || coverage.length === 0 ? undefined : new WeeklySchedule(school.tz, coverage);
  const closed = union(
    [...school.calendars.values()].flatMap(({ events }) => events.filter((e) => e.categories.includes(NO_SCHOOL))),
  );
  return (calendar, from, to) => {
    if (to <= from) return 0;
    if (calendar === '24x7') return to - from;
    const hours = weekly ? union(weekly.between(from, to)) : [{ start: from, end: to }];
    let sum = 0;
    for (const hour of hours) {
      const [start, end] = [Math.max(from, hour.start), Math.min(to, hour.end)];
      sum += end - start - overlap(closed, start, end);
    }
    return sum;
  };
}

/** The same instants in spans that do not touch, in order. */
function union(spans: readonly Span[]): Span[] {
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** How much of [from, to) lies in the spans, which do not overlap. */
function overlap(spans: readonly Span[], from: number, to: number): number {
  let sum = 0;
  for (const { start, end } of spans) sum += Math.max(0, Math.min(to, end) - Math.max(from, start));
  return sum;
}
