/**
 * The outer form of iCalendar text (RFC 5545 3.1, 3.4): unfolded lines, cut into the components a school calendar is made of. Only the
 * properties that matter here are kept, so that a broken line in somebody's DESCRIPTION costs nothing, and each component can be parsed by
 * itself: what is wrong with one is no reason to lose the others. A text that is cut off is refused as a whole.
 */
export interface CalendarText {
  /** Content lines, BEGIN and END included. */
  readonly events: readonly (readonly string[])[];
  readonly zones: readonly (readonly string[])[];
}

/** More events than any school has in all its years. */
const MAX_EVENTS = 20_000;
const MAX_DEPTH = 16;

const EVENT_PROPERTIES =
  /^(?:uid|dtstart|dtend|duration|rrule|exrule|rdate|exdate|recurrence-id|status|sequence|categories|summary)[;:]/i;
/** Whoever takes part: kept only where the whole line is one, since nothing else of the event may hang on it. */
const ATTENDEE = /^attendee(?:;[a-z0-9-]{1,60}=(?:"[^"]*"|[^",:;]*)(?:,(?:"[^"]*"|[^",:;]*))*)*:/i;
/** Addresses and names are short; a longer line is something else. */
const MAX_ATTENDEE = 500;
const BOUNDARY = /^(begin|end):\s*([a-z0-9-]+)\s*$/i;

/** The components of `text`, or why it is no (whole) calendar. */
export function calendarText(text: string): CalendarText | string {
  const scan = new Scan();
  for (const line of contentLines(text)) {
    const [, boundary, name] = BOUNDARY.exec(line) ?? [];
    if (boundary === undefined || name === undefined) scan.property(line);
    else if (boundary.toLowerCase() === 'begin') scan.begin(name.toUpperCase(), line);
    else scan.end(name.toUpperCase(), line);
    if (scan.problem !== undefined) return scan.problem;
  }
  return scan.finish();
}

function isKeptProperty(line: string): boolean {
  return EVENT_PROPERTIES.test(line) || (line.length <= MAX_ATTENDEE && ATTENDEE.test(line));
}

/** Where in the nesting of components a text has been read to, and what was kept of it. */
class Scan {
  problem: string | undefined;
  readonly #events: string[][] = [];
  readonly #zones: string[][] = [];
  readonly #open: string[] = [];
  #current: string[] | undefined;
  #calendars = 0;

  begin(name: string, line: string): void {
    this.#open.push(name);
    if (this.#open.length > MAX_DEPTH) this.problem = `components more than ${MAX_DEPTH} deep`;
    if (this.#open.length === 2) {
      this.#current = [];
      if (name === 'VEVENT') this.#events.push(this.#current);
      else if (name === 'VTIMEZONE') this.#zones.push(this.#current);
      else this.#current = undefined;
      if (this.#events.length > MAX_EVENTS) this.problem = `more than ${MAX_EVENTS.toLocaleString('en')} events`;
    }
    if (this.#isKept()) this.#current?.push(line);
  }

  property(line: string): void {
    if (this.#isKept() && (this.#open[1] === 'VTIMEZONE' || isKeptProperty(line))) this.#current?.push(line);
  }

  end(name: string, line: string): void {
    if (this.#isKept()) this.#current?.push(line);
    const ended = this.#open.pop();
    // What stands outside of any calendar (a script's warnings, an empty line) is not ours.
    if (ended === undefined) return;
    if (ended !== name) this.problem = `END:${name} where END:${ended} belongs`;
    if (this.#open.length < 2) this.#current = undefined;
    if (this.#open.length === 0 && name === 'VCALENDAR') this.#calendars++;
  }

  finish(): CalendarText | string {
    if (this.#open.length > 0) return `the text ends inside ${this.#open.at(-1)}: it is cut off`;
    if (this.#calendars === 0) return 'no BEGIN:VCALENDAR: this is not a calendar';
    return { events: this.#events, zones: this.#zones };
  }

  /** Alarms inside an event have a DURATION and a SUMMARY of their own. */
  #isKept(): boolean {
    return this.#open[0] === 'VCALENDAR' && (this.#open.length === 2 || this.#open[1] === 'VTIMEZONE');
  }
}

/** Lines as they were before folding; ended by CRLF, LF or (old programs) CR. */
function* contentLines(text: string): Generator<string> {
  let line = '';
  for (const part of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (part.startsWith(' ') || part.startsWith('\t')) {
      line += part.slice(1);
      continue;
    }
    if (line !== '') yield line;
    line = part;
  }
  if (line !== '') yield line;
}

/** What to call an event in a message: its summary, or its UID. */
export function nameOfEvent(lines: readonly string[]): string {
  for (const property of ['summary', 'uid']) {
    const line = lines.find((text) => new RegExp(`^${property}[;:]`, 'i').test(text));
    const value = line?.slice(line.indexOf(':') + 1).trim();
    if (value) return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
  }
  return 'an event without a summary';
}
