import { isDeepStrictEqual } from 'node:util';
import { type CalendarReading, type ReadOptions, readCalendar } from '../engagement/calendar/ical.ts';
import type { CalendarMapping } from '../engagement/school.ts';
import { instantOfDay, localDay } from '../engagement/zoned-time.ts';

/** 400 days can be looked ahead; the windows of events behind them may begin earlier, by their lead. */
const DAYS_AHEAD = 460;
/** For what is asked of the past, and for windows that still linger. */
const DAYS_BACK = 400;
/** The one in force, the one that waits, and the one just read. */
const KEPT = 3;

/** The period that calendars are read for: whole days of the school, so that it changes once a day. */
export function readingPeriod(zone: string, now: number): Pick<ReadOptions, 'from' | 'until'> {
  const day = localDay(zone, now);
  return { from: instantOfDay(zone, day - DAYS_BACK, 0), until: instantOfDay(zone, day + DAYS_AHEAD, 0) };
}

interface Kept {
  readonly text: string;
  readonly options: ReadOptions;
  readonly reading: CalendarReading;
}

/** Readings of texts, made once for a text, a mapping and a day. The same reading comes back as the same object. */
export class CalendarReadings {
  readonly #kept = new Map<string, Kept[]>();

  /** `key`: whose texts these are; the last few of each are kept. */
  of(key: string, text: string, zone: string, map: readonly CalendarMapping[], now: number): CalendarReading {
    const options = { zone, map, ...readingPeriod(zone, now) };
    const kept = this.#kept.get(key) ?? [];
    const found = kept.find((one) => one.text === text && isDeepStrictEqual(one.options, options));
    const latest = found ?? { text, options, reading: readCalendar(text, options) };
    this.#kept.set(key, [latest, ...kept.filter((one) => one !== latest)].slice(0, KEPT));
    return latest.reading;
  }
}
