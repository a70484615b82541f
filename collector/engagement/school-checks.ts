import { DOMAINS } from '../../core/domain.ts';
import { list, mapping, text } from './half-read.ts';
import { checkOnCall } from './on-call/on-call-checks.ts';
import { checkTopology } from './topology-schema.ts';
import { isTimeZone, parseInstant } from './zoned-time.ts';

type Path = (string | number)[];
type Report = (path: Path, expected: string) => void;

/** Words that mean something else where a party may stand. */
const RESERVED = ['owner', 'other', 'safety_net', 'base'];

/**
 * The checks across keys of a school file. `raw` may be half-read (other keys already wrong): anything may be missing or of another type,
 * which the schema reports.
 */
export function checkSchool(raw: unknown, report: Report): void {
  const school = mapping(raw);
  const tz = text(school['tz']);
  if (tz !== undefined && !isTimeZone(tz)) report(['tz'], 'a time zone such as America/New_York');
  const zone = tz !== undefined && isTimeZone(tz) ? tz : 'UTC';
  const parties = Object.keys(mapping(school['parties']));
  if (school['parties'] !== undefined && parties.length === 0) report(['parties'], 'at least one party');
  for (const name of parties)
    if (RESERVED.includes(name) || !/^[a-z][a-z0-9_-]*$/i.test(name))
      report(['parties', name], `a party name that starts with a letter and is none of ${RESERVED.join(', ')}`);
  checkContacts(school, zone, report);
  const known = (path: Path, value: unknown) => {
    if (typeof value === 'string' && !parties.includes(value)) report(path, `a party (${parties.join(', ')})`);
  };
  known(['base', 'owner'], mapping(school['base'])['owner']);
  checkCalendars(school, zone, report);
  checkTopology(school['topology'], report);
  const calendars = Object.keys(mapping(school['calendars']));
  const context = { zone, parties, people: peopleOf(school, parties), calendars, known };
  const ids = new Map<string, number>();
  list(school['engagements']).forEach((item, i) => {
    const engagement = mapping(item);
    const id = text(engagement['id']);
    const earlier = id === undefined ? undefined : ids.get(id);
    if (earlier !== undefined) report(['engagements', i, 'id'], `an id of its own (engagements[${earlier}] has it)`);
    else if (id !== undefined) ids.set(id, i);
    checkEngagement(engagement, ['engagements', i], context, report);
  });
}

/** Everybody a ladder may name. */
function peopleOf(school: Record<string, unknown>, parties: readonly string[]): string[] {
  const contacts = [
    ...Object.values(mapping(school['parties'])).flatMap((party) => list(mapping(party)['contacts'])),
    ...list(school['safety_net']),
  ].filter((contact) => typeof contact === 'string');
  return [...new Set(['owner', 'other', 'safety_net', ...parties, ...contacts])];
}

function checkCalendars(school: Record<string, unknown>, zone: string, report: Report): void {
  for (const [name, events] of Object.entries(mapping(school['calendars'])))
    for (const [i, event] of list(events).entries())
      checkSpan(mapping(event), ['calendars', name, i], 'start', 'end', zone, report);
  list(school['facts']).forEach((fact, i) => {
    const from = text(mapping(fact)['from']);
    if (from !== undefined && parseInstant(from, zone) === undefined) report(['facts', i, 'from'], DATE);
  });
  const learned = text(school['learn_until']);
  if (learned !== undefined && parseInstant(learned, zone) === undefined) report(['learn_until'], DATE);
}

function checkContacts(school: Record<string, unknown>, zone: string, report: Report): void {
  const contacts = school['contacts'] === undefined ? undefined : Object.keys(mapping(school['contacts']));
  const known = (path: Path, value: unknown) => {
    if (contacts && typeof value === 'string' && !contacts.includes(value))
      report(path, `one of the contacts (${contacts.join(', ')})`);
  };
  for (const [i, contact] of list(school['safety_net']).entries()) known(['safety_net', i], contact);
  for (const [name, item] of Object.entries(mapping(school['parties']))) {
    const party = mapping(item);
    const own = list(party['contacts']);
    for (const [i, contact] of own.entries()) known(['parties', name, 'contacts', i], contact);
    list(party['absences']).forEach((item, i) => {
      const absence = mapping(item);
      const path = ['parties', name, 'absences', i];
      checkSpan(absence, path, 'from', 'to', zone, report);
    });
    list(party['coverage']).forEach((item, i) => {
      const { from, to } = mapping(mapping(item)['weekly']);
      if (from !== undefined && from === to) report(['parties', name, 'coverage', i, 'weekly', 'to'], WHOLE_DAY);
    });
    if (party['on_call'] === undefined) continue;
    const context = { zone, party: name, contacts: own, calendars: Object.keys(mapping(school['calendars'])) };
    const span = (item: Record<string, unknown>, path: Path) => checkSpan(item, path, 'from', 'to', zone, report);
    checkOnCall(party['on_call'], ['parties', name, 'on_call'], { ...context, checkSpan: span }, report);
  }
}

interface Context {
  readonly zone: string;
  readonly parties: readonly string[];
  /** Whom a ladder may name. */
  readonly people: readonly string[];
  readonly calendars: readonly string[];
  readonly known: (path: Path, value: unknown) => void;
}

/** One engagement of a school whose parties, people and calendars are known. */
export function checkEngagement(
  engagement: Record<string, unknown>,
  path: Path,
  context: Context,
  report: Report,
): void {
  for (const [i, party] of list(engagement['approvals']).entries()) context.known([...path, 'approvals', i], party);
  checkTerms(engagement, path, context, report);
  for (const [i, grant] of list(engagement['grants']).entries())
    checkGrant(mapping(grant), [...path, 'grants', i], context, report);
  const approvedAt = text(engagement['approved_at']);
  if (approvedAt !== undefined && parseInstant(approvedAt, context.zone) === undefined)
    report([...path, 'approved_at'], DATE);
  checkSpan(engagement, path, 'from', 'until', context.zone, report);
}

function checkGrant(grant: Record<string, unknown>, path: Path, context: Context, report: Report): void {
  context.known([...path, 'owner'], grant['owner']);
  checkTerms(grant, path, context, report);
  const scope = mapping(grant['scope']);
  checkScope(scope, [...path, 'scope'], report);
  checkScope(mapping(scope['not']), [...path, 'scope', 'not'], report);
  list(grant['when']).forEach((item, i) => {
    const window = mapping(item);
    const at = [...path, 'when', i];
    const { from, to } = mapping(window['weekly']);
    if (from !== undefined && from === to) report([...at, 'weekly', 'to'], WHOLE_DAY);
    if (window['from'] !== undefined) checkSpan(window, at, 'from', 'to', context.zone, report);
    const calendar = text(window['calendar']);
    if (calendar !== undefined && !context.calendars.includes(calendar))
      report([...at, 'calendar'], `one of the calendars (${context.calendars.join(', ') || 'none is declared'})`);
  });
  context.known([...path, 'if', 'load', 'party'], mapping(mapping(grant['if'])['load'])['party']);
}

function checkScope(scope: Record<string, unknown>, path: Path, report: Report): void {
  if (scope['domain'] !== undefined && list(scope['domain']).some((d) => !DOMAINS.includes(d as string)))
    report([...path, 'domain'], `domains (${DOMAINS.join(', ')})`);
  if (scope['grades_match'] !== undefined && scope['grades'] === undefined)
    report([...path, 'grades_match'], '`grades` beside it');
}

/** What may stand on an engagement and on a grant. */
function checkTerms(terms: Record<string, unknown>, path: Path, context: Context, report: Report): void {
  for (const [i, party] of list(terms['informed']).entries()) context.known([...path, 'informed', i], party);
  list(terms['ladder']).forEach((item, i) => {
    const to = text(mapping(item)['to']);
    if (to !== undefined && !context.people.includes(to))
      report(
        [...path, 'ladder', i, 'to'],
        `owner, other, safety_net, a party or a contact (${context.people.join(', ')})`,
      );
  });
}

const WHOLE_DAY = 'another time than `from` (a whole day ends at 24:00)';
const DATE = 'a date such as 2026-10-01, or 2026-10-01T08:00';

function checkSpan(
  owner: Record<string, unknown>,
  path: Path,
  fromKey: string,
  toKey: string,
  zone: string,
  report: Report,
): void {
  const read = (key: string): number | undefined => {
    const written = text(owner[key]);
    const instant = written === undefined ? undefined : parseInstant(written, zone);
    if (written !== undefined && instant === undefined) report([...path, key], DATE);
    return instant;
  };
  const from = read(fromKey);
  const to = read(toKey);
  if (from !== undefined && to !== undefined && to <= from) report([...path, toKey], `a time after \`${fromKey}\``);
}
