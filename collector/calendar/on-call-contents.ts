import type { EventView, ShiftContents } from '../../core/calendar-api.ts';
import { readShifts } from '../engagement/on-call/shift-events.ts';
import type { CalendarEvent, School } from '../engagement/school.ts';

/** Events listed of each contact, and of what names nobody. */
const LISTED = 100;

/** Whom the events of a calendar put on call, of those that are not over; empty for one that no party takes its shifts from. */
export function onCallContents(
  school: Pick<School, 'parties' | 'contacts'>,
  calendar: string,
  events: readonly CalendarEvent[],
  now: number,
): ShiftContents[] {
  return [...school.parties.values()].flatMap(({ id: party, contacts, onCall }) => {
    if (onCall?.calendar !== calendar) return [];
    const people = contacts.map((id) => school.contacts.get(id) ?? { id, name: id, channels: [] });
    const ahead = events.filter((event) => event.end > now);
    const { shifts, unknown } = readShifts(ahead, onCall.match, people);
    const named = Map.groupBy(shifts, ({ contact }) => contact);
    return [
      {
        party,
        contacts: contacts.flatMap((contact) => {
          const own = named.get(contact) ?? [];
          return own.length === 0 ? [] : [{ contact, count: own.length, events: own.slice(0, LISTED).map(eventView) }];
        }),
        unknown: unknown.slice(0, LISTED).map(eventView),
        unknownCount: unknown.length,
      },
    ];
  });
}

function eventView({ summary, start, end }: EventView): EventView {
  return { summary, start, end };
}
