import { isDeepStrictEqual } from 'node:util';
import type { CalendarReading } from '../engagement/calendar/ical.ts';
import type { CalendarCopy, PendingCopy } from '../state/calendars.ts';
import { type FeedAnswer, type KnownText, NOTHING_KNOWN } from './feed.ts';

/** What is done with the answer of a feed. Pure: the service reads, asks here, and writes down what comes out. */

export interface Judgement {
  readonly now: number;
  readonly read: (text: string) => CalendarReading;
  /** Why the change from one copy to the next needs a confirmation; empty: it needs none. */
  readonly reasons: (old: CalendarReading, next: CalendarReading) => readonly string[];
}

export interface Judged {
  readonly copy: CalendarCopy;
  /** What is in force, or what waits, is another text than before. */
  readonly textsChanged: boolean;
  /** Other events are in force. */
  readonly eventsChanged: boolean;
}

export function blankCopy(school: string, calendar: string, location: string): CalendarCopy {
  return {
    school,
    calendar,
    location,
    etag: null,
    lastModified: null,
    text: null,
    fetchedAt: null,
    checkedAt: null,
    error: null,
    failedSince: null,
    pending: null,
  };
}

/** The copy for a feed that is now read from elsewhere: what was good stays in force until that has been read. */
export function relocated(copy: CalendarCopy, location: string): CalendarCopy {
  if (copy.location === location) return copy;
  return { ...copy, location, ...NOTHING_KNOWN, pending: null };
}

/** What to ask the server about: the newest text that one has. */
export function knownText(copy: CalendarCopy): KnownText {
  const newest = copy.pending ?? copy;
  return copy.text === null ? NOTHING_KNOWN : { etag: newest.etag, lastModified: newest.lastModified };
}

export function judge(copy: CalendarCopy, answer: FeedAnswer, judgement: Judgement): Judged {
  const { now } = judgement;
  if (answer.kind === 'failed') return failed(copy, answer.reason, now);
  if (answer.kind === 'text') return judgeText(copy, { ...answer, since: now, reasons: [] }, judgement);
  // What waited may need no confirmation any more: the time it was about is over.
  if (copy.pending) return judgeText(copy, copy.pending, judgement);
  return { copy: { ...wellRead(copy, now), fetchedAt: now }, textsChanged: false, eventsChanged: false };
}

function wellRead(copy: CalendarCopy, now: number): CalendarCopy {
  return { ...copy, checkedAt: now, error: null, failedSince: null };
}

/** A text that cannot be read never takes the place of one that could. */
function failed(copy: CalendarCopy, reason: string, now: number): Judged {
  const failing = { ...copy, checkedAt: now, error: reason, failedSince: copy.failedSince ?? now };
  return { copy: failing, textsChanged: false, eventsChanged: false };
}

function judgeText(before: CalendarCopy, next: PendingCopy, { now, read, reasons }: Judgement): Judged {
  const reading = read(next.text);
  if (!reading.readable) return failed(before, `cannot be read: ${reading.problems[0] ?? 'no reason known'}`, now);
  const copy = wellRead(before, now);
  if (copy.text === null) return { ...accepted(copy, next, now), eventsChanged: true };
  const old = read(copy.text);
  if (!old.readable) return { ...accepted(copy, next, now), eventsChanged: true };
  // Many servers put the time of asking into each text: only its events tell whether it is another.
  if (isDeepStrictEqual(old.events, reading.events)) return { ...accepted(copy, next, now), eventsChanged: false };
  const asks = reasons(old, reading);
  if (asks.length === 0) return { ...accepted(copy, next, now), eventsChanged: true };
  const since =
    copy.pending && isDeepStrictEqual(read(copy.pending.text).events, reading.events) ? copy.pending.since : next.since;
  const pending = { ...next, since, reasons: asks };
  return { copy: { ...copy, pending }, textsChanged: !isDeepStrictEqual(copy.pending, pending), eventsChanged: false };
}

function accepted(copy: CalendarCopy, { text, etag, lastModified }: PendingCopy, now: number) {
  const textsChanged = copy.text !== text || copy.etag !== etag || copy.pending !== null;
  return { copy: { ...copy, text, etag, lastModified, fetchedAt: now, pending: null }, textsChanged };
}

/** The copy once somebody confirmed what waited. It was read when it was last looked at. */
export function confirmed(copy: CalendarCopy): CalendarCopy {
  if (!copy.pending) return copy;
  return accepted(copy, copy.pending, copy.error === null ? (copy.checkedAt ?? copy.pending.since) : copy.pending.since)
    .copy;
}
