import type { Party } from './school.ts';
import { instantOfDay, weekdayOf } from './zoned-time.ts';

const DAY_MS = 86_400_000;

/** The contact of the party on duty at `at`: its first that is not absent; undefined outside coverage or when all are absent. */
export function contactOnDuty(party: Party, zone: string, at: number): string | undefined {
  if (!isCovered(party, zone, at)) return undefined;
  return party.contacts.find((contact) => !isAbsent(party, contact, at));
}

function isAbsent(party: Party, contact: string, at: number): boolean {
  return party.absences.some((a) => a.from <= at && at < a.to && a.who.includes(contact));
}

function isCovered(party: Party, zone: string, at: number): boolean {
  if (party.coverage === 'always') return true;
  return windowsAround(party, zone, at, -1, 0).some((w) => w.from <= at && at < w.to);
}

/** The party's windows that start on the days `first` to `last` after the calendar day of `at`, as instants. */
function windowsAround(party: Party, zone: string, at: number, first: number, last: number) {
  if (party.coverage === 'always') return [];
  const windows: { from: number; to: number }[] = [];
  for (let day = first; day <= last; day++) {
    const weekday = weekdayOf(zone, at, day);
    for (const window of party.coverage) {
      if (!window.days.includes(weekday)) continue;
      const endDay = window.to <= window.from ? day + 1 : day;
      windows.push({
        from: instantOfDay(zone, at, day, window.from),
        to: instantOfDay(zone, at, endDay, window.to),
      });
    }
  }
  return windows;
}

/** The first instant in (after, until] at which the party has a contact on duty; undefined when there is none. */
export function nextDuty(party: Party, zone: string, after: number, until: number): number | undefined {
  const days = Math.ceil((until - after) / DAY_MS) + 1;
  // Duty can only begin where a window begins or an absence ends.
  const candidates = [
    ...windowsAround(party, zone, after, 0, days).map((w) => w.from),
    ...party.absences.map((a) => a.to),
  ];
  return candidates
    .filter((t) => t > after && t <= until)
    .sort((a, b) => a - b)
    .find((t) => contactOnDuty(party, zone, t) !== undefined);
}
