import { patternOf } from '../pattern.ts';
import type { CalendarEvent, Contact, OnCall, Span } from '../school.ts';

/** An event of an on-call calendar, with the contact whom it puts on call. */
export interface NamedShift extends Span {
  readonly contact: string;
  readonly summary: string;
}

/** An event that names nobody of the party. */
export interface UnknownShift extends Span {
  readonly summary: string;
}

export interface ShiftReading {
  /** In order of start. */
  readonly shifts: readonly NamedShift[];
  readonly unknown: readonly UnknownShift[];
}

/** Patterns and names are looked for in this much of a text. */
const MATCHED_CHARACTERS = 500;

/**
 * Whom each event puts on call: by `match`, in its order; else by an attendee whose address is that of a contact's e-mail or whose name is a
 * contact's; else by the first id or name of a contact in the summary.
 */
export function readShifts(
  events: readonly CalendarEvent[],
  match: OnCall['match'],
  contacts: readonly Pick<Contact, 'id' | 'name' | 'channels'>[],
): ShiftReading {
  const contactOf = namer(match, contacts);
  const shifts: NamedShift[] = [];
  const unknown: UnknownShift[] = [];
  for (const event of events) {
    const { start, end, summary } = event;
    if (end <= start) continue;
    const contact = contactOf(summary.slice(0, MATCHED_CHARACTERS), event.attendees ?? []);
    if (contact === undefined) unknown.push({ start, end, summary });
    else shifts.push({ start, end, contact, summary });
  }
  return { shifts, unknown };
}

type Namer = (summary: string, attendees: readonly string[]) => string | undefined;

function namer(match: OnCall['match'], contacts: readonly Pick<Contact, 'id' | 'name' | 'channels'>[]): Namer {
  const patterns = match.map(({ summary, attendee, contact }) => ({
    contact,
    summary: summary === undefined ? undefined : patternOf(summary),
    attendee: attendee === undefined ? undefined : patternOf(attendee),
  }));
  const addresses = new Map<string, string>();
  for (const { id, name, channels } of [...contacts].reverse()) {
    addresses.set(name.toLowerCase(), id);
    for (const { type, address } of channels) if (type === 'email') addresses.set(address.toLowerCase(), id);
  }
  const names = contacts.flatMap(({ id, name }) =>
    [...new Set([id, name])].map((word) => ({ id, is: wholeWord(word) })),
  );
  return (summary, attendees) => {
    const mapped = patterns.find(
      (p) =>
        p.summary?.test(summary) !== false &&
        (p.attendee === undefined || attendees.some((one) => p.attendee!.test(one))),
    );
    if (mapped) return mapped.contact;
    for (const attendee of attendees) {
      const known = addresses.get(attendee.toLowerCase());
      if (known !== undefined) return known;
    }
    return firstNamed(summary, names);
  };
}

function firstNamed(summary: string, names: readonly { readonly id: string; readonly is: RegExp }[]) {
  let first: { readonly id: string; readonly at: number; readonly length: number } | undefined;
  for (const { id, is } of names) {
    const found = is.exec(summary);
    if (!found) continue;
    const { index: at } = found;
    const { length } = found[0];
    if (!first || at < first.at || (at === first.at && length > first.length)) first = { id, at, length };
  }
  return first?.id;
}

const SYNTAX = /[\\^$.*+?()[\]{}|/-]/g;

/** `it.kim` is in "On call: it.kim (wk 3)", and not in "it.kimberly". */
function wholeWord(word: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${word.replace(SYNTAX, '\\$&')}(?![\\p{L}\\p{N}_])`, 'iu');
}
