import { list, mapping } from '../half-read.ts';
import { parseInstant } from '../zoned-time.ts';
import { isFeedUrl, onCallCalendarId } from './on-call-schema.ts';

type Path = (string | number)[];
type Report = (path: Path, expected: string) => void;

interface Context {
  readonly zone: string;
  readonly party: string;
  /** Of the party. */
  readonly contacts: readonly unknown[];
  readonly calendars: readonly string[];
  readonly checkSpan: (owner: Record<string, unknown>, path: Path) => void;
}

/** What of `on_call` spans several keys. `raw` may be half-read: anything may be missing or of another type, which the schema reports. */
export function checkOnCall(raw: unknown, path: Path, context: Context, report: Report): void {
  const onCall = mapping(raw);
  const known = (at: Path, value: unknown): void => {
    if (typeof value === 'string' && !context.contacts.includes(value))
      report(at, `one of the contacts of ${context.party} (${context.contacts.join(', ') || 'it has none'})`);
  };
  const rotation = mapping(onCall['rotation']);
  for (const [i, contact] of list(rotation['contacts']).entries()) known([...path, 'rotation', 'contacts', i], contact);
  const { start } = rotation;
  if (typeof start === 'string' && (start.length !== 10 || parseInstant(start, context.zone) === undefined))
    report([...path, 'rotation', 'start'], 'a date such as 2026-08-31');
  checkHandover(rotation, [...path, 'rotation', 'handover'], report);
  for (const [i, item] of list(rotation['restrict']).entries()) {
    const { from, to } = mapping(mapping(item)['weekly']);
    if (from !== undefined && from === to)
      report([...path, 'rotation', 'restrict', i, 'weekly', 'to'], 'another time than `from`');
  }
  for (const [i, item] of list(onCall['overrides']).entries()) {
    known([...path, 'overrides', i, 'contact'], mapping(item)['contact']);
    context.checkSpan(mapping(item), [...path, 'overrides', i]);
  }
  for (const [i, item] of list(onCall['match']).entries())
    known([...path, 'match', i, 'contact'], mapping(item)['contact']);
  checkCalendar(onCall, path, context, report);
}

/** A day of the week is the same at each hand-over only where whole weeks pass between them. */
function checkHandover(rotation: Record<string, unknown>, path: Path, report: Report): void {
  const { handover, every } = rotation;
  // Read already, or still as it was written.
  const days = typeof every === 'number' ? every : typeof every === 'string' && every.endsWith('w') ? 7 : 1;
  const named = typeof handover === 'string' ? handover.length > 5 : mapping(handover)['weekday'] !== undefined;
  if (every !== undefined && handover !== undefined && named && days % 7 !== 0)
    report(path, 'a time without a day, such as "08:00", unless `every` is whole weeks');
}

function checkCalendar(onCall: Record<string, unknown>, path: Path, context: Context, report: Report): void {
  const { calendar } = onCall;
  const { calendars } = context;
  if (calendar === undefined) {
    if (list(onCall['match']).length > 0) report([...path, 'match'], '`calendar` beside it');
    return;
  }
  if (typeof calendar !== 'string') return;
  const id = onCallCalendarId(context.party);
  if (isFeedUrl(calendar)) {
    if (calendars.includes(id)) report([...path, 'calendar'], `the name of a calendar (${id} is one already)`);
  } else if (!calendars.includes(calendar))
    report([...path, 'calendar'], `a URL, or one of the calendars (${calendars.join(', ') || 'none is declared'})`);
}
