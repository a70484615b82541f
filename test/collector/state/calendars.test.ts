import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type CalendarCopy,
  loadCalendars,
  saveCalendar,
  saveCalendarCheck,
} from '../../../collector/state/calendars.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { memoryState } from './state.ts';

let db: StateDb;
beforeEach(async () => {
  db = await memoryState(new FakeClock());
});
afterEach(() => db.destroy());

const COPY: CalendarCopy = {
  school: 'north',
  calendar: 'district',
  location: 'https://example.org/d.ics',
  etag: '"a"',
  lastModified: 'yesterday',
  text: 'BEGIN:VCALENDAR',
  fetchedAt: 1,
  checkedAt: 2,
  error: null,
  failedSince: null,
  pending: { text: 'next', etag: '"b"', lastModified: null, since: 3, reasons: ['it moves', 'it shrinks'] },
};

it('a copy comes back as it was written, each calendar of each school once', async () => {
  const empty = {
    ...COPY,
    calendar: 'other',
    etag: null,
    lastModified: null,
    text: null,
    fetchedAt: null,
    pending: null,
  };
  const south = { ...COPY, school: 'south' };
  for (const copy of [COPY, empty, south]) await saveCalendar(db, copy);
  const next = { ...COPY, text: 'next', pending: null };
  await saveCalendar(db, next);
  expect(await loadCalendars(db)).toEqual(expect.arrayContaining([next, empty, south]));
  expect(await loadCalendars(db)).toHaveLength(3);
});

it('a check is written down without the texts', async () => {
  await saveCalendar(db, COPY);
  const seen = {
    ...COPY,
    text: 'not written',
    fetchedAt: 10,
    checkedAt: 11,
    error: 'status 500',
    failedSince: 11,
    pending: null,
  };
  await saveCalendarCheck(db, seen);
  expect(await loadCalendars(db)).toEqual([{ ...seen, text: COPY.text, pending: COPY.pending }]);
});
