import type { EngagementList, EngagementVersionView, EngagementView, FindingView } from '../../core/engagement-api.ts';
import { formatPath } from '../../runtime/config-issue.ts';
import { agreementText } from '../engagement/agreement/agreement-text.ts';
import { engagementOf, schoolWith } from '../engagement/agreement/effective-school.ts';
import {
  approvalsText,
  type EngagementRecord,
  type EngagementRecords,
  type EngagementVersion,
  missingApprovals,
  proposalOf,
} from '../engagement/agreement/engagement-record.ts';
import type { Finding } from '../engagement/lint/lint-finding.ts';
import type { School } from '../engagement/school.ts';

/** What of a school the views are made from. */
export interface ViewContext {
  /** As its file says. */
  readonly configured: School;
  readonly effective: School;
  readonly records: EngagementRecords;
  readonly lint: (school: School) => readonly Finding[];
}

export function engagementList(context: ViewContext, notes: EngagementList['notes']): EngagementList {
  const { configured, effective, records, lint } = context;
  return {
    school: configured.school,
    engagements: [...records.values()].map((record) => engagementView(record, context)),
    findings: lint(effective).map((finding) => findingView(finding, effective)),
    notes,
  };
}

export function engagementView(record: EngagementRecord, context: ViewContext): EngagementView {
  const { id, file, status, inForce, proposal, suspended, closed } = record;
  const waiting = proposalOf(record);
  return {
    id,
    file,
    status,
    inForce,
    proposal,
    missing: waiting ? missingApprovals(waiting).map((parties) => approvalsText([parties])) : [],
    suspended,
    closed,
    versions: record.versions.map((version) => versionView(record, version, context)).reverse(),
  };
}

function versionView(
  record: EngagementRecord,
  version: EngagementVersion,
  context: ViewContext,
): EngagementVersionView {
  const { configured, records, lint } = context;
  const number = version.version;
  const waiting = record.proposal === number;
  const current = waiting || record.inForce === number;
  const read = current ? engagementOf(record, number, configured) : undefined;
  const candidate = waiting ? schoolWith(configured, records, record.id, version) : undefined;
  return {
    version: number,
    stage: version.stage,
    body: version.body,
    digest: version.digest,
    text: read && 'engagement' in read ? agreementText(read.engagement, configured) : null,
    until: version.until,
    proposed: version.proposed,
    approvals: version.approvals,
    approvedAt: version.approvedAt,
    breakGlassDeadline: version.breakGlass?.deadline ?? null,
    accepted: version.accepted,
    findings: candidate ? lint(candidate).map((finding) => findingView(finding, candidate)) : null,
  };
}

/** The linter points into a school's list of engagements; here it is said by id. */
export function findingView({ level, code, path, expected, got }: Finding, { engagements }: School): FindingView {
  const [key, index, ...rest] = path;
  const engagement = key === 'engagements' && typeof index === 'number' ? engagements[index]?.id : undefined;
  const where = formatPath(engagement === undefined ? path : rest);
  return { level, code, engagement: engagement ?? null, path: where, expected, got };
}
