import { stringify } from 'yaml';
import type { EngagementEvent } from '../../../../collector/engagement/agreement/engagement-event.ts';
import type {
  EngagementRecord,
  EngagementRecords,
} from '../../../../collector/engagement/agreement/engagement-record.ts';
import { decodeEngagement, termsOf } from '../../../../collector/engagement/agreement/engagement-terms.ts';
import { importFile } from '../../../../collector/engagement/agreement/file-import.ts';
import { applyEvents, asOf } from '../../../../collector/engagement/agreement/lifecycle.ts';
import {
  decideEngagement,
  type EngagementCommand,
  type ProposalCommand,
  type StepCommand,
} from '../../../../collector/engagement/agreement/lifecycle-decision.ts';
import { dueEvents } from '../../../../collector/engagement/agreement/lifecycle-due.ts';
import type { School } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const T0 = Date.parse('2026-10-05T10:00-04:00');

export type Body = Readonly<Record<string, unknown>>;

const webhook = {
  type: 'webhook',
  url: 'https://example.org/x',
  secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
};
const person = { channels: [webhook] };

const BASE = {
  school: 'hilltop',
  tz: 'America/New_York',
  parties: {
    internal: { contacts: ['kim'], coverage: 'always' },
    provider: { contacts: ['noc'], coverage: 'always' },
    cabler: { contacts: ['cab'], coverage: 'always' },
  },
  contacts: { kim: person, noc: person, cab: person, principal: person },
  safety_net: ['principal', 'noc'],
  base: { owner: 'internal' },
};

/** A school as loaded from `hilltop.yaml`, with these engagements in it. */
export function schoolWithFile(engagements: readonly Body[], more: Body = {}): School {
  const school = parseSchool(JSON.stringify({ ...BASE, ...more, engagements }), 'hilltop.yaml');
  return { ...school, source: { file: '/etc/bellwether/hilltop.yaml', engagements } };
}

/** The text of that file. */
export function fileText(engagements: readonly Body[], more: Body = {}): string {
  return stringify({ ...BASE, ...more, engagements });
}

export const infra: Body = {
  id: 'infra',
  kind: 'domain',
  status: 'approved',
  approvals: ['internal', 'provider'],
  approved_at: '2026-07-01',
  grants: [{ owner: 'provider', scope: { domain: 'wireless' } }],
};

/** As the API takes it: without what a file says of approvals. */
export function bare(body: Body): Body {
  const { status: _status, approvals: _approvals, approved_at: _approvedAt, ...rest } = body;
  return rest;
}

/** Two weeks of work in a new wing. */
export const wing: Body = {
  id: 'wing',
  kind: 'adhoc',
  from: '2026-10-01',
  until: '2026-10-15',
  grants: [{ owner: 'provider', scope: { zone: 'wing-b/*' } }],
};

export function proposal(
  school: School,
  body: Body,
  more: Partial<ProposalCommand> & { readonly type?: ProposalCommand['type'] } = {},
): ProposalCommand {
  const text = { status: 'proposed', ...body };
  const read = decodeEngagement(text, school);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const { engagement } = read;
  const terms = termsOf(text, engagement, school);
  return {
    type: 'propose',
    id: engagement.id,
    party: 'internal',
    by: 'kim',
    stage: 'proposed',
    terms,
    engagement,
    ...more,
  };
}

/** The engagements of one school without a database: the log, and what it adds up to, kept step by step. */
export class Ledger {
  school: School;
  at: number;
  readonly log: EngagementEvent[] = [];
  /** By events alone, as the book keeps them. */
  stored: EngagementRecords = new Map();

  constructor(school: School, at = T0) {
    this.school = school;
    this.at = at;
  }

  get records(): EngagementRecords {
    return new Map([...this.stored].map(([id, record]) => [id, asOf(record, this.at)]));
  }

  record(id: string): EngagementRecord {
    return this.records.get(id)!;
  }

  /** `approved v1`, `approved v1, proposed v2`, `ended`. */
  state(id: string): string {
    const { status, inForce, proposal: waiting } = this.record(id);
    const parts = [status + (inForce === null ? '' : ` v${inForce}`)];
    if (waiting !== null && waiting !== inForce) parts.push(`waiting v${waiting}`);
    return parts.join(', ');
  }

  pass(ms: number): EngagementEvent[] {
    this.at += ms;
    return this.#add(dueEvents(this.stored.values(), this.at));
  }

  /** Undefined when it was done, else why not. */
  try(command: EngagementCommand): string | undefined {
    this.pass(0);
    const decision = decideEngagement(this.stored.get(command.id), command, this.school, this.at);
    if ('refused' in decision) return `expected ${decision.refused.expected}, got ${decision.refused.got}`;
    this.#add(decision.events);
    return undefined;
  }

  do(command: EngagementCommand): void {
    const refused = this.try(command);
    if (refused !== undefined) throw new Error(refused);
  }

  step(type: StepCommand['type'], party: string, id: string, more: Partial<StepCommand> = {}): string | undefined {
    return this.try({ type, id, party, by: `${party}'s person`, ...more });
  }

  /** Reads the file again; findings. */
  import(school: School = this.school): string[] {
    this.school = school;
    this.pass(0);
    const { events, findings } = importFile(this.stored, school, this.at);
    this.#add(events);
    return findings.map((finding) => finding.text);
  }

  /** As it comes back from a database. */
  #add(events: readonly EngagementEvent[]): EngagementEvent[] {
    const written = JSON.parse(JSON.stringify(events)) as EngagementEvent[];
    this.log.push(...written);
    this.stored = applyEvents(this.stored, written);
    return written;
  }
}
