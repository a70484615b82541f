import { isDeepStrictEqual } from 'node:util';
import { backoffDelay } from '../../core/backoff.ts';
import type { CalendarView } from '../../core/calendar-api.ts';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { CalendarReading } from '../engagement/calendar/ical.ts';
import type { CalendarEvent, CalendarFeed, School, SchoolCalendar } from '../engagement/school.ts';
import { localDay } from '../engagement/zoned-time.ts';
import type { GuardPolicy } from '../outbound/guard.ts';
import type { GuardedClient, Resolve } from '../outbound/guarded-request.ts';
import {
  type CalendarCopy,
  loadCalendars,
  saveCalendar,
  saveCalendarCheck,
  saveConfirmed,
} from '../state/calendars.ts';
import type { StateDb } from '../state/database.ts';
import { blankCopy, confirmed, judge, knownText, relocated } from './calendar-copy.ts';
import { CalendarReadings } from './calendar-readings.ts';
import { calendarSample } from './calendar-sample.ts';
import { calendarView, pendingId } from './calendar-view.ts';
import { copiesOfOthers } from './copies-of-others.ts';
import { locationText, readFeed } from './feed.ts';
import { reasonsFor } from './feed-reasons.ts';

export interface CalendarServiceParts {
  readonly db: StateDb;
  readonly clock: Clock;
  readonly log: Logger;
  /** As configured now, without the events of feeds: a reload may change them. */
  readonly schools: () => readonly School[];
  /** Where feeds may be fetched from. */
  readonly policy: () => GuardPolicy;
  /** Other events are in force for a school: what was planned by the old ones has to be planned anew. */
  readonly onChange: (school: string) => void;
  /** Takes one sample for each calendar and minute. */
  readonly record: (samples: readonly Sample[]) => void;
  /** Whether this collector answers for the school, and so reads its feeds; the others take its copies. Default: it does for all. */
  readonly holds?: (school: string) => boolean;
  /** In [0, 1). */
  readonly random?: () => number;
  /** For one request, ms. Default 15,000. */
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
}

export type Confirmation = 'confirmed' | 'nothing_pending' | 'another_pending';

const TICK_MS = 5_000;
const POLL_MS = 15 * 60_000;
/** Around POLL_MS, so that a thousand collectors do not ask a server at once. */
const JITTER = 0.1;
const FILE_MS = 60_000;
const REPORT_MS = 60_000;
const TIMEOUT_MS = 15_000;
const RETRY = { initial: 60_000, max: POLL_MS, factor: 2 };
const CHECKS_AT_ONCE = 4;

/** A calendar that comes from elsewhere, while the collector runs. Times are monotonic. */
interface Watched {
  copy: CalendarCopy;
  dueAt: number;
  failures: number;
  busy: boolean;
}

interface Filled {
  readonly events: readonly (readonly CalendarEvent[])[];
  readonly school: School;
}

/**
 * Keeps the calendars that come from elsewhere: reads them again and again, keeps the last good copy of each over restarts, and holds back a
 * copy whose change somebody has to confirm. `withEvents` puts what is in force into a school.
 */
export class CalendarService {
  readonly #parts: CalendarServiceParts;
  readonly #client: GuardedClient;
  readonly #readings = new CalendarReadings();
  readonly #watched = new Map<string, Watched>();
  readonly #filled = new WeakMap<School, Filled>();
  readonly #days = new Map<string, number>();
  readonly #checks = new Set<Promise<void>>();
  #reportDue = 0;

  constructor(parts: CalendarServiceParts) {
    const { clock, policy, timeoutMs = TIMEOUT_MS, resolve } = parts;
    this.#parts = parts;
    this.#client = { clock, policy, timeoutMs, ...(resolve && { resolve }) };
  }

  /** Takes up the copies from before a restart: what they say counts at once, also without a network. */
  async start(): Promise<void> {
    for (const copy of await loadCalendars(this.#parts.db)) {
      this.#watched.set(keyOf(copy.school, copy.calendar), { copy, dueAt: 0, failures: 0, busy: false });
    }
    for (const school of this.#parts.schools()) for (const feed of feedsOf(school)) this.#watch(school, feed);
  }

  /** Reads what is due until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'calendars not looked at, tried again', every: TICK_MS },
      async () => {
        await this.#adopt();
        this.#tick(signal);
      },
      signal,
    );
    await Promise.all(this.#checks);
  }

  /** The school with the events of each feed as its copy in force has them. The same school comes back as the same object until they change. */
  withEvents(school: School): School {
    const feeds = feedsOf(school);
    if (feeds.length === 0) return school;
    const events = feeds.map((calendar) => this.#inForce(school, calendar)?.events ?? []);
    const before = this.#filled.get(school);
    if (before && isDeepStrictEqual(before.events, events)) return before.school;
    const calendars = new Map(school.calendars);
    feeds.forEach((calendar, i) => void calendars.set(calendar.id, { ...calendar, events: events[i]! }));
    const filled = { ...school, calendars };
    this.#filled.set(school, { events, school: filled });
    return filled;
  }

  /** Puts a copy in force that waits; with `pending` only if it is that one. */
  async confirm(school: string, calendar: string, pending?: string): Promise<Confirmation> {
    const { db, clock, log, onChange } = this.#parts;
    const watched = this.#watched.get(keyOf(school, calendar));
    if (!watched?.copy.pending) return 'nothing_pending';
    if (pending !== undefined && pendingId(watched.copy.pending.text) !== pending) return 'another_pending';
    const next = confirmed(watched.copy);
    await saveConfirmed(db, next, pendingId(watched.copy.pending.text), clock.now());
    // What a check found in the meantime is found again by the next one.
    watched.copy = next;
    log.info({ school, calendar }, 'calendar change confirmed');
    onChange(school);
    return 'confirmed';
  }

  /** Every calendar of a school, for the API. */
  list(school: School): CalendarView[] {
    const now = this.#parts.clock.now();
    return [...school.calendars.values()].map((calendar) => {
      const copy = calendar.feed && this.#watched.get(keyOf(school.school, calendar.id))?.copy;
      const waiting = copy?.pending ? this.#read(school, calendar, copy.pending.text) : undefined;
      return calendarView(school, calendar, copy, this.#inForce(school, calendar), waiting, now);
    });
  }

  async #adopt(): Promise<void> {
    const { db, holds, onChange } = this.#parts;
    if (!holds) return;
    const idle = (school: string, calendar: string): CalendarCopy | undefined => {
      const watched = this.#watched.get(keyOf(school, calendar));
      return watched?.busy === false ? watched.copy : undefined;
    };
    for (const copy of await copiesOfOthers(db, idle)) {
      const watched = this.#watched.get(keyOf(copy.school, copy.calendar))!;
      const before = watched.copy;
      watched.copy = copy;
      if (before.text !== copy.text) onChange(copy.school);
    }
  }

  #tick(signal: AbortSignal): void {
    const { clock, schools, record, onChange, holds } = this.#parts;
    const reports: Sample[] = [];
    for (const school of schools()) {
      const feeds = feedsOf(school);
      for (const calendar of feeds) {
        const watched = this.#watch(school, calendar);
        const own = holds?.(school.school) ?? true;
        if (own && !watched.busy && watched.dueAt <= clock.monotonic()) this.#begin(school, calendar, watched, signal);
        reports.push(calendarSample(watched.copy, clock.now()));
      }
      if (feeds.length > 0 && this.#isNewDay(school)) onChange(school.school);
    }
    if (clock.monotonic() < this.#reportDue) return;
    this.#reportDue = clock.monotonic() + REPORT_MS;
    record(reports);
  }

  /** Each day the events of another day come into sight. */
  #isNewDay({ school, tz }: School): boolean {
    const day = localDay(tz, this.#parts.clock.now());
    const before = this.#days.get(school);
    this.#days.set(school, day);
    return before !== undefined && before !== day;
  }

  #watch({ school }: School, calendar: Feed): Watched {
    const key = keyOf(school, calendar.id);
    const location = locationText(calendar.feed.location);
    const watched = this.#watched.get(key) ?? {
      copy: blankCopy(school, calendar.id, location),
      dueAt: 0,
      failures: 0,
      busy: false,
    };
    this.#watched.set(key, watched);
    if (watched.copy.location !== location) {
      watched.copy = relocated(watched.copy, location);
      watched.dueAt = 0;
    }
    return watched;
  }

  #begin(school: School, calendar: Feed, watched: Watched, signal: AbortSignal): void {
    // What finds no place now is still due at the next tick.
    if (this.#checks.size >= CHECKS_AT_ONCE) return;
    watched.busy = true;
    const check = this.#check(school, calendar, watched, signal)
      .catch((error: unknown) =>
        this.#parts.log.error(
          { school: school.school, calendar: calendar.id, err: errorMessage(error) },
          'calendar not checked, tried again',
        ),
      )
      .finally(() => {
        watched.busy = false;
        watched.dueAt = this.#parts.clock.monotonic() + this.#pause(calendar.feed, watched);
        this.#checks.delete(check);
      });
    this.#checks.add(check);
  }

  #pause({ location }: CalendarFeed, { copy, failures }: Watched): number {
    if ('file' in location) return FILE_MS;
    const random = (this.#parts.random ?? Math.random)();
    if (copy.error !== null) return backoffDelay(failures, RETRY, random);
    return POLL_MS * (1 + JITTER * (2 * random - 1));
  }

  async #check(school: School, calendar: Feed, watched: Watched, signal: AbortSignal): Promise<void> {
    const { db, clock, onChange } = this.#parts;
    const asked = watched.copy;
    const answer = await readFeed(calendar.feed.location, knownText(asked), this.#client, signal);
    // The end of the collector, a confirmation or another location in the meantime: this answer is about something else.
    if (signal.aborted || watched.copy !== asked) return;
    const judged = judge(asked, answer, {
      now: clock.now(),
      read: (text) => this.#read(school, calendar, text),
      reasons: (old, next) => reasonsFor(school, calendar.id, old, next, clock.now()),
    });
    watched.copy = judged.copy;
    watched.failures = judged.copy.error === null ? 0 : watched.failures + 1;
    this.#tell(asked, judged.copy);
    // In force from here, also when it cannot be written down: then the next check writes it.
    if (judged.eventsChanged) onChange(school.school);
    try {
      if (judged.textsChanged || asked.checkedAt === null) await saveCalendar(db, judged.copy);
      else await saveCalendarCheck(db, judged.copy);
    } catch (error) {
      // As if not yet written: a text that is only in memory would be lost with the next restart.
      if (watched.copy === judged.copy) watched.copy = { ...judged.copy, checkedAt: null };
      throw error;
    }
  }

  #tell(before: CalendarCopy, { school, calendar, error, pending }: CalendarCopy): void {
    const { log } = this.#parts;
    if (error !== null && before.error !== error) log.warn({ school, calendar, reason: error }, 'calendar not read');
    if (error === null && before.error !== null) log.info({ school, calendar }, 'calendar read again');
    if (pending && !before.pending)
      log.warn({ school, calendar, reasons: pending.reasons }, 'calendar change waits for a confirmation');
  }

  #inForce(school: School, calendar: SchoolCalendar): CalendarReading | undefined {
    const text = calendar.feed && this.#watched.get(keyOf(school.school, calendar.id))?.copy.text;
    return typeof text === 'string' ? this.#read(school, calendar, text) : undefined;
  }

  #read({ school, tz }: School, calendar: SchoolCalendar, text: string): CalendarReading {
    const map = calendar.feed?.map ?? [];
    return this.#readings.of(keyOf(school, calendar.id), text, tz, map, this.#parts.clock.now());
  }
}

type Feed = SchoolCalendar & { readonly feed: CalendarFeed };

function feedsOf(school: School): Feed[] {
  return [...school.calendars.values()].filter((calendar): calendar is Feed => calendar.feed !== undefined);
}

function keyOf(school: string, calendar: string): string {
  return `${school}\u0000${calendar}`;
}
