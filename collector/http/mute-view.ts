import type { MuteView, RecurrenceView } from '../../core/suppression-api.ts';
import { type Mute, runsUntil, spanOf } from '../alert/mute.ts';
import type { GrantWindow, School } from '../engagement/school.ts';
import { DAYS } from '../engagement/weekly-schema.ts';

/** Pure: a maintenance window or silence as the API shows it. */
export function muteView(mute: Mute, now: number, school: Pick<School, 'tz' | 'calendars'>): MuteView {
  const { id, matchers, startsAt, endsAt, recurring, comment, party, author, createdAt, endedAt, endedBy } = mute;
  const state = spanOf(mute).end <= now ? 'expired' : runsUntil(mute, now, school) === undefined ? 'pending' : 'active';
  return {
    id,
    matchers,
    startsAt: iso(startsAt),
    endsAt: iso(endsAt),
    recurring: recurring ? recurrenceView(recurring) : null,
    comment,
    party,
    createdBy: author,
    createdAt: iso(createdAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    endedBy,
    status: { state },
  };
}

function recurrenceView(window: GrantWindow): RecurrenceView | null {
  if (window.kind === 'calendar') return { calendar: window.calendar, category: window.categories };
  if (window.kind === 'dates') return null;
  const { days, from, to } = window.weekly;
  const clock = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return { weekly: { days: days.map((day) => DAYS[day]!), from: clock(from), to: clock(to) } };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
