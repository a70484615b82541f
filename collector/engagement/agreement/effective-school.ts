import type { BodyProblem } from '../../../runtime/config-issue.ts';
import type { Engagement, School } from '../school.ts';
import {
  type EngagementRecord,
  type EngagementRecords,
  type EngagementVersion,
  inForceOf,
  versionOf,
} from './engagement-record.ts';
import { decodeEngagement } from './engagement-terms.ts';
import { agreedAt } from './lifecycle-due.ts';

/**
 * The school as it works now: what its file says, with exactly those versions of its engagements that are in force. One that can no longer be
 * read (the file dropped a party it names) is left out, see `unreadable`. A school that was not read from a file keeps what its text has.
 */
export function effectiveSchool(school: School, records: EngagementRecords): School {
  const order = school.engagements.map((engagement) => engagement.id);
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  const agreed = [...records.values()]
    .sort((a, b) => place(a.id) - place(b.id))
    .flatMap((record) => engagementInForce(record, school) ?? []);
  const written = school.source ? [] : school.engagements.filter((engagement) => !records.has(engagement.id));
  return { ...school, engagements: [...written, ...agreed] };
}

/** As `effectiveSchool`, as if a version had all its approvals already: what the linter and the parties look at before they approve. */
export function schoolWith(school: School, records: EngagementRecords, id: string, version: EngagementVersion): School {
  const record = records.get(id);
  const approvals = [
    ...new Set([...version.needs.map((parties) => parties[0]!), ...version.approvals.map((a) => a.party)]),
  ];
  const agreed: EngagementVersion = {
    ...version,
    version: 1,
    approvedAt: version.approvedAt ?? version.proposed.at,
    breakGlass: null,
    approvals: approvals.map((party) => ({ ...version.proposed, party })),
  };
  const approved: EngagementRecord = {
    ...(record ?? { id, file: null, suspended: null }),
    status: 'approved',
    versions: [agreed],
    inForce: 1,
    proposal: null,
    closed: null,
  };
  return effectiveSchool(school, new Map([...records, [id, approved]]));
}

/** One version as the router knows engagements; `problems` when the school can no longer read it. */
export function engagementOf(
  record: EngagementRecord,
  number: number,
  school: School,
): { readonly engagement: Engagement } | { readonly problems: readonly BodyProblem[] } {
  const version = versionOf(record, number)!;
  const status = record.inForce === number ? record.status : version.stage;
  const approvals = version.approvals.map((approval) => approval.party);
  const read = decodeEngagement({ ...version.body, status, approvals }, school);
  if ('problems' in read) return read;
  // It stops by itself at its deadline, also when nobody is there to write that down.
  const until = Math.min(read.engagement.until, version.breakGlass?.deadline ?? Infinity);
  return { engagement: { ...read.engagement, until, approvedAt: agreedAt(version) } };
}

function engagementInForce(record: EngagementRecord, school: School): Engagement | undefined {
  if (record.inForce === null) return undefined;
  const read = engagementOf(record, record.inForce, school);
  return 'engagement' in read ? read.engagement : undefined;
}

/** Why versions in force do not count although they should, in plain words. */
export function unreadable(school: School, records: EngagementRecords): { engagement: string; text: string }[] {
  return [...records.values()].flatMap((record) => {
    const version = inForceOf(record);
    const read = version && engagementOf(record, version.version, school);
    if (!version || !read || 'engagement' in read) return [];
    const problems = read.problems.map((p) => `${p.path}: expected ${p.expected}, got ${p.got}`).join('; ');
    const text = `version ${version.version} of engagement ${record.id} is in force, but does not fit the school any more and is left out: ${problems}`;
    return [{ engagement: record.id, text }];
  });
}
