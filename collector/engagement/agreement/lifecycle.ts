import type { EngagementStatus } from '../school.ts';
import type { ApprovalEvent, EngagementEvent, PlainEvent, ProposalEvent } from './engagement-event.ts';
import {
  type EngagementRecord,
  type EngagementRecords,
  type EngagementVersion,
  inForceOf,
  type Mark,
  missingApprovals,
  proposalOf,
  versionOf,
} from './engagement-record.ts';

/** How long one side's word alone keeps an ad-hoc engagement active. */
export const BREAK_GLASS_MS = 24 * 3_600_000;
/** Who acts where only time has passed. */
export const COLLECTOR = 'collector';

/** What the engagements of one school are at `at`: the fold of their events, oldest first. */
export function foldEngagements(events: Iterable<EngagementEvent>, at: number): EngagementRecords {
  const records = applyEvents(new Map(), events);
  return new Map([...records].map(([id, record]) => [id, asOf(record, at)]));
}

/** The records after some more events; those given are left as they are. */
export function applyEvents(records: EngagementRecords, events: Iterable<EngagementEvent>): EngagementRecords {
  const after = new Map(records);
  for (const event of events) {
    const record = applyEvent(after.get(event.engagement), event);
    if (record) after.set(event.engagement, record);
  }
  return after;
}

/** One event further. Undefined: it tells of an engagement that was never proposed. */
export function applyEvent(before: EngagementRecord | undefined, event: EngagementEvent): EngagementRecord | undefined {
  const record = before && asOf(before, event.at);
  const after = step(record, event);
  return after && withStatus(after);
}

/**
 * The record when `at` has come: what has passed its end is closed, also before that was written down. An end, once reached, is not undone by
 * a clock that goes back.
 */
export function asOf(record: EngagementRecord, at: number): EngagementRecord {
  let after = record;
  const current = inForceOf(after);
  const end = current && endOf(current);
  if (current && end && end.at <= at)
    after = {
      ...after,
      inForce: null,
      suspended: null,
      closed: { ...end, party: null, by: COLLECTOR },
      proposal: after.proposal === current.version ? null : after.proposal,
    };
  const until = proposalOf(after)?.until ?? null;
  if (until !== null && until <= at) {
    const closed = { status: 'expired', ...byTime(until, 'it was not approved before its end') } as const;
    after = { ...after, proposal: null, closed: after.inForce === null ? (after.closed ?? closed) : null };
  }
  return after === record ? record : withStatus(after);
}

/** When a version in force stops by itself, and as what. */
function endOf({ until, breakGlass }: EngagementVersion) {
  if (breakGlass && breakGlass.deadline <= (until ?? Infinity))
    return {
      status: 'revoked',
      at: breakGlass.deadline,
      reason: 'the other side did not approve within 24 h',
    } as const;
  return until === null ? undefined : ({ status: 'expired', at: until, reason: 'its end was reached' } as const);
}

function byTime(at: number, reason: string): Mark {
  return { party: null, by: COLLECTOR, at, reason };
}

function step(record: EngagementRecord | undefined, event: EngagementEvent): EngagementRecord | undefined {
  switch (event.type) {
    case 'proposed':
    case 'break_glass':
      return record && versionOf(record, event.version) ? restated(record, event) : withVersion(record, event);
    case 'approved':
    case 'accepted':
      return record && withApproval(record, event);
    default:
      return record && withPlain(record, event);
  }
}

function withVersion(record: EngagementRecord | undefined, event: ProposalEvent): EngagementRecord {
  const { file, stage, binding, approvedAt, reason: _reason, ...terms } = event.detail;
  const mark = markOf(event);
  const alone = event.type === 'break_glass';
  const version: EngagementVersion = {
    ...terms,
    version: event.version,
    stage,
    binding,
    proposed: mark,
    approvals: alone && event.party !== null ? [{ ...mark, party: event.party }] : [],
    approvedAt,
    breakGlass: alone ? { ...mark, deadline: event.at + BREAK_GLASS_MS } : null,
    accepted: null,
    remindedAt: null,
  };
  const base = record ?? { id: event.engagement, status: 'draft', inForce: null, suspended: null, closed: null };
  return {
    ...base,
    file,
    versions: [...(record?.versions ?? []), version],
    proposal: event.version,
    ...(alone && { inForce: event.version, suspended: null, closed: null }),
  };
}

/** The file says something else about a version whose text is the same: that it is binding now, or when it was approved. */
function restated(record: EngagementRecord, event: ProposalEvent): EngagementRecord {
  const { stage, binding, approvedAt, file } = event.detail;
  const after = changeVersion({ ...record, file }, event.version, (version) => ({
    ...version,
    stage: version.stage === 'approved' ? 'approved' : stage,
    binding,
    approvedAt,
  }));
  return intoForce(after, event.version, event.at);
}

function withApproval(record: EngagementRecord, event: ApprovalEvent): EngagementRecord {
  const { party } = event;
  if (party === null) return record;
  const mark = markOf(event);
  const after = changeVersion(record, event.version, (version) => ({
    ...version,
    approvals: version.approvals.some((approval) => approval.party === party)
      ? version.approvals
      : [...version.approvals, { ...mark, party }],
    accepted: event.type === 'accepted' ? mark : version.accepted,
  }));
  return intoForce(after, event.version, event.at);
}

/** The proposal takes the place of the version in force once nobody's approval is missing. */
function intoForce(record: EngagementRecord, number: number, at: number): EngagementRecord {
  const version = versionOf(record, number);
  if (!version || record.proposal !== number || !version.binding || missingApprovals(version).length > 0) return record;
  const approvedAt = record.file === null ? at : version.approvedAt;
  const after = changeVersion(record, number, (v) => ({ ...v, stage: 'approved', approvedAt, breakGlass: null }));
  return { ...after, inForce: number, proposal: null, closed: null };
}

function withPlain(record: EngagementRecord, event: PlainEvent): EngagementRecord {
  const { version, type } = event;
  const proposal = record.proposal === version ? null : record.proposal;
  switch (type) {
    case 'withdrawn':
      return { ...record, proposal };
    case 'suspended':
      return { ...record, suspended: markOf(event) };
    case 'resumed':
      return { ...record, suspended: null };
    case 'reminded':
      return changeVersion(record, version, (v) => ({ ...v, remindedAt: event.at }));
    case 'expired':
      // Its extension may still be waiting for approval.
      return record.inForce === version || (record.inForce === null && record.closed === null)
        ? closedBy(event, { ...record, proposal })
        : { ...record, proposal };
    case 'ended':
    case 'revoked':
      // What only writes down what time has done already changes nothing.
      return record.inForce === null && record.proposal === null
        ? record
        : closedBy(event, { ...record, proposal: null });
  }
}

function closedBy(event: PlainEvent, record: EngagementRecord): EngagementRecord {
  const status = event.type as 'ended' | 'expired' | 'revoked';
  return { ...record, inForce: null, suspended: null, closed: { status, ...markOf(event) } };
}

function changeVersion(
  record: EngagementRecord,
  number: number,
  change: (version: EngagementVersion) => EngagementVersion,
): EngagementRecord {
  return { ...record, versions: record.versions.map((v) => (v.version === number ? change(v) : v)) };
}

function markOf({ party, actor, at, detail }: EngagementEvent): Mark {
  return { party, by: actor, at, reason: detail.reason ?? null };
}

function withStatus(record: EngagementRecord): EngagementRecord {
  return { ...record, status: statusOf(record) };
}

/** A proposal that was withdrawn, with nothing before it, is a draft again. */
function statusOf(record: EngagementRecord): EngagementStatus {
  if (record.inForce !== null) return record.suspended ? 'suspended' : 'approved';
  const proposal = proposalOf(record);
  if (proposal) return proposal.stage === 'draft' ? 'draft' : 'proposed';
  return record.closed?.status ?? 'draft';
}
