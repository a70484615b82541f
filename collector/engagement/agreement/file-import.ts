import { basename } from 'node:path';
import type { School } from '../school.ts';
import type { EngagementEvent, PlainEvent, Proposal, Terms } from './engagement-event.ts';
import {
  type EngagementRecord,
  type EngagementRecords,
  type EngagementVersion,
  inForceOf,
  proposalOf,
  versionOf,
} from './engagement-record.ts';
import { termsOf } from './engagement-terms.ts';
import { madeElsewhere, notInForce, saysInForce, staysClosed, type Written } from './file-findings.ts';
import { applyEvent, asOf } from './lifecycle.ts';

/** Something in a school's file that does not take effect as written, in plain words. */
export interface ImportFinding {
  readonly engagement: string;
  readonly text: string;
}

export interface Import {
  /** What the file says that the log does not know yet. Importing the same file again gives none. */
  readonly events: readonly EngagementEvent[];
  /** As long as they are true, at each import. */
  readonly findings: readonly ImportFinding[];
}

/**
 * Takes over what the engagements of a school's file say now. A text that both sides approved stays in force when the file changes, until the
 * file carries the date on which both approved the change.
 */
export function importFile(records: EngagementRecords, school: School, at: number): Import {
  const events: EngagementEvent[] = [];
  const findings: ImportFinding[] = [];
  const written = readWritten(school);
  for (const one of written) {
    const { id } = one.engagement;
    const record = records.get(id);
    const entry = new Entry(record, id, one.file, at);
    const texts = record && record.file === null ? [madeElsewhere(one)] : follow(entry, one);
    findings.push(...texts.map((text) => ({ engagement: id, text })));
    events.push(...entry.events);
  }
  if (school.source) {
    const file = basename(school.source.file);
    const ids = new Set(written.map(({ engagement }) => engagement.id));
    for (const record of records.values())
      if (record.file !== null && !ids.has(record.id)) events.push(...removed(record, file, at));
  }
  return { events, findings };
}

/** A school that was not read from a file has nothing to take over. */
function readWritten(school: School): Written[] {
  const { source } = school;
  if (!source) return [];
  return school.engagements.map((engagement, i): Written => {
    const raw = source.engagements[i] as Readonly<Record<string, unknown>>;
    const dated = raw['approved_at'];
    return {
      engagement,
      terms: termsOf(raw, engagement, school),
      file: basename(source.file),
      pending: engagement.status === 'draft' || engagement.status === 'proposed',
      approvedAt: Number.isFinite(engagement.approvedAt) ? engagement.approvedAt : null,
      approvedText: typeof dated === 'string' ? dated : undefined,
      endless: engagement.kind === 'adhoc' && engagement.until === Infinity,
    };
  });
}

/** The record of one engagement of the file while events are added to it. */
class Entry {
  readonly events: EngagementEvent[] = [];
  record: EngagementRecord | undefined;
  readonly at: number;
  readonly #id: string;
  readonly #actor: string;

  constructor(record: EngagementRecord | undefined, id: string, file: string, at: number) {
    this.record = record && asOf(record, at);
    this.at = at;
    this.#id = id;
    this.#actor = `file ${file}`;
  }

  propose(version: number, detail: Proposal): void {
    this.#append({ ...this.#base(version, null), type: 'proposed', detail });
  }

  approve(version: number, party: string): void {
    this.#append({ ...this.#base(version, party), type: 'approved', detail: {} });
  }

  add(version: number, type: PlainEvent['type'], reason: string): void {
    this.#append({ ...this.#base(version, null), type, detail: { reason } });
  }

  #base(version: number, party: string | null) {
    return { engagement: this.#id, version, at: this.at, party, actor: this.#actor };
  }

  #append(event: EngagementEvent): void {
    this.events.push(event);
    this.record = applyEvent(this.record, event);
  }
}

/** Adds the events that bring the record to what is written; returns findings. */
function follow(entry: Entry, written: Written): string[] {
  revokeWhatIsNoLongerApproved(entry, written);
  withdrawWhatWasTakenBack(entry, written.terms);
  const version = versionFor(entry.record, written, entry.at);
  if (version === undefined) return staysClosed(entry.record, written);
  const before = standing(entry.record, version);
  const counts = entry.record?.inForce === version || isNewer(written.approvedAt, before);
  state(entry, written, version, counts);
  followStatus(entry, written);
  return notInForce(entry, written, version, counts ? undefined : before);
}

function revokeWhatIsNoLongerApproved(entry: Entry, { engagement: { status }, pending, terms }: Written): void {
  const current = entry.record && inForceOf(entry.record);
  if (pending && current?.digest === terms.digest)
    entry.add(current.version, 'revoked', `its status is ${status} again`);
}

/** The file says again what is in force: the change it held for a while is no longer proposed. */
function withdrawWhatWasTakenBack(entry: Entry, terms: Terms): void {
  const proposal = entry.record && proposalOf(entry.record);
  const current = entry.record && inForceOf(entry.record);
  if (proposal && proposal.digest !== terms.digest && current?.digest === terms.digest)
    entry.add(proposal.version, 'withdrawn', 'taken back in the file');
}

/** The version that the written text is: a known one, or the next; undefined: one that has ended, and nothing new is said of it. */
function versionFor(record: EngagementRecord | undefined, written: Written, at: number): number | undefined {
  const { digest, until } = written.terms;
  const newest = record?.versions.at(-1);
  if (!record || !newest) return 1;
  const open = [inForceOf(record), proposalOf(record)].find((version) => version?.digest === digest);
  if (open) return open.version;
  const next = newest.version + 1;
  if (record.inForce !== null || newest.digest !== digest) return next;
  const over = until !== null && until <= at;
  const anew = written.pending || (saysInForce(written) && isNewer(written.approvedAt, standing(record, next)));
  return anew && !over ? next : undefined;
}

/** The version that was approved before this one, still in force or not. */
function standing(record: EngagementRecord | undefined, version: number): EngagementVersion | undefined {
  return record?.versions.findLast((v) => v.stage === 'approved' && v.version !== version);
}

/** Whether the file tells of an approval later than that of a version. */
function isNewer(approvedAt: number | null, than: EngagementVersion | undefined): boolean {
  return than === undefined || (approvedAt ?? -Infinity) > (than.approvedAt ?? -Infinity);
}

/** The text with the approvals of it. Those that were given to an earlier text (`counts` false) are not approvals of this one. */
function state(entry: Entry, written: Written, version: number, counts: boolean): void {
  const { engagement, terms, file, pending } = written;
  const known = entry.record && versionOf(entry.record, version);
  const approved = known?.stage === 'approved';
  const binding = approved || (!pending && counts && !written.endless);
  const stage = engagement.status === 'draft' ? 'draft' : 'proposed';
  const approvedAt = approved && !isNewer(written.approvedAt, known) ? known.approvedAt : written.approvedAt;
  const detail: Proposal = { ...terms, file, stage, binding, approvedAt: counts ? approvedAt : null };
  const same =
    known?.binding === binding &&
    known.approvedAt === detail.approvedAt &&
    (approved || known.stage === stage) &&
    entry.record?.file === file;
  if (!same) entry.propose(version, detail);
  if (!counts) return;
  const given = known?.approvals.map((approval) => approval.party) ?? [];
  for (const party of new Set(engagement.approvals)) if (!given.includes(party)) entry.approve(version, party);
}

function followStatus(entry: Entry, { engagement: { status }, terms }: Written): void {
  const { record } = entry;
  if (!record) return;
  const current = inForceOf(record);
  const reason = `its status is ${status}`;
  if (status === 'suspended' && current && !record.suspended) entry.add(current.version, 'suspended', reason);
  // A change that is not approved yet does not set the version in force going again.
  if (status === 'approved' && record.suspended && current?.digest === terms.digest)
    entry.add(current.version, 'resumed', reason);
  const open = record.inForce ?? record.proposal;
  if ((status === 'ended' || status === 'expired' || status === 'revoked') && open !== null)
    entry.add(open, status, reason);
}

function removed(record: EngagementRecord, file: string, at: number): readonly EngagementEvent[] {
  const entry = new Entry(record, record.id, file, at);
  const open = entry.record?.inForce ?? entry.record?.proposal ?? null;
  if (open !== null) entry.add(open, 'ended', `taken out of ${file}`);
  return entry.events;
}
