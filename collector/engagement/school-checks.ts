import { DOMAINS } from '../../core/domain.ts';
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
  const ids = new Map<string, number>();
  list(school['engagements']).forEach((item, i) => {
    const engagement = mapping(item);
    const id = text(engagement['id']);
    const earlier = id === undefined ? undefined : ids.get(id);
    if (earlier !== undefined) report(['engagements', i, 'id'], `an id of its own (engagements[${earlier}] has it)`);
    else if (id !== undefined) ids.set(id, i);
    checkEngagement(engagement, ['engagements', i], { zone, parties, known }, report);
  });
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
      for (const who of list(absence['who']))
        if (!own.includes(who)) report([...path, 'who'], `contacts of ${name} (${own.join(', ')})`);
      checkSpan(absence, path, 'from', 'to', zone, report);
    });
    list(party['coverage']).forEach((item, i) => {
      const { from, to } = mapping(mapping(item)['weekly']);
      if (from !== undefined && from === to)
        report(
          ['parties', name, 'coverage', i, 'weekly', 'to'],
          'another time than `from` (a whole day ends at 24:00)',
        );
    });
  }
}

interface Context {
  readonly zone: string;
  readonly parties: readonly string[];
  readonly known: (path: Path, value: unknown) => void;
}

function checkEngagement(engagement: Record<string, unknown>, path: Path, context: Context, report: Report): void {
  const approvals = list(engagement['approvals']);
  for (const [i, party] of approvals.entries()) context.known([...path, 'approvals', i], party);
  const owners = new Set<unknown>();
  list(engagement['grants']).forEach((item, i) => {
    const grant = mapping(item);
    owners.add(grant['owner']);
    context.known([...path, 'grants', i, 'owner'], grant['owner']);
    const scope = mapping(grant['scope']);
    if (scope['domain'] !== undefined && list(scope['domain']).some((d) => !DOMAINS.includes(d as string)))
      report([...path, 'grants', i, 'scope', 'domain'], `domains (${DOMAINS.join(', ')})`);
    if (scope['grades_match'] !== undefined && scope['grades'] === undefined)
      report([...path, 'grants', i, 'scope', 'grades_match'], '`grades` beside it');
  });
  if (engagement['status'] === 'approved') checkApprovals(approvals, owners, path, context, report);
  if (engagement['kind'] === 'adhoc' && engagement['until'] === undefined)
    report([...path, 'until'], 'an end: an ad-hoc engagement expires by itself');
  const approvedAt = text(engagement['approved_at']);
  if (approvedAt !== undefined && parseInstant(approvedAt, context.zone) === undefined)
    report([...path, 'approved_at'], DATE);
  checkSpan(engagement, path, 'from', 'until', context.zone, report);
}

/** Both sides must have agreed: two parties at least, each that is made an owner, and the school's own. */
function checkApprovals(
  approvals: readonly unknown[],
  owners: ReadonlySet<unknown>,
  path: Path,
  { parties }: Context,
  report: Report,
): void {
  const needed = parties.filter((party) => party === 'internal' || owners.has(party));
  const missing = needed.filter((party) => !approvals.includes(party));
  if (missing.length > 0)
    report([...path, 'approvals'], `the approval of ${missing.join(' and ')}, or another status than approved`);
  else if (new Set(approvals).size < 2)
    report([...path, 'approvals'], 'the approval of both sides, or another status than approved');
}

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

function mapping(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
