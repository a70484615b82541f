import type { Engagement, School } from '../school.ts';
import type { EngagementEvent, Terms } from './engagement-event.ts';
import {
  approvalsText,
  type EngagementRecord,
  type EngagementVersion,
  inForceOf,
  missingApprovals,
  partiesTo,
  proposalOf,
} from './engagement-record.ts';
import { endProblem } from './engagement-terms.ts';
import { asOf } from './lifecycle.ts';

/** What somebody of a party asks for; `by` is the person. */
export type EngagementCommand = ProposalCommand | StepCommand;

interface Asked {
  /** The engagement. */
  readonly id: string;
  readonly party: string;
  readonly by: string;
  readonly reason?: string;
}

/** A new engagement, a new version of one, or a new ad-hoc one that is to be active at once. */
export interface ProposalCommand extends Asked {
  readonly type: 'propose' | 'change' | 'break_glass';
  readonly terms: Terms;
  /** As decoded from `terms.body`. */
  readonly engagement: Engagement;
  readonly stage: 'draft' | 'proposed';
}

export interface StepCommand extends Asked {
  readonly type: (typeof STEPS)[number];
  /** The version that was seen; the command is refused when it is about another. */
  readonly version?: number;
}

export const STEPS = ['approve', 'withdraw', 'suspend', 'resume', 'end', 'revoke', 'accept'] as const;

/** Why a command is not carried out, to follow "expected ..., got ...". */
export interface Refusal {
  readonly expected: string;
  readonly got: string;
}

export type LifecycleDecision = { readonly events: readonly EngagementEvent[] } | { readonly refused: Refusal };

/** Decides a command on an engagement as it is at `at`. Only parties of the school may act, each for itself. */
export function decideEngagement(
  before: EngagementRecord | undefined,
  command: EngagementCommand,
  school: School,
  at: number,
): LifecycleDecision {
  const record = before && asOf(before, at);
  if (!school.parties.has(command.party))
    return refuse(`a party of the school (${[...school.parties.keys()].join(', ')})`, command.party);
  if (record?.file != null)
    return refuse(`the change in ${record.file}, where ${command.id} is written`, 'a change over the API');
  if ('terms' in command) return decideProposal(record, command, school, at);
  if (!record) return refuse('an engagement that exists', command.id);
  return decideStep(record, command, at);
}

function decideProposal(
  record: EngagementRecord | undefined,
  command: ProposalCommand,
  school: School,
  at: number,
): LifecycleDecision {
  const { type, terms, engagement, stage, party, reason } = command;
  if (type !== 'change' && record) return refuse('an id of its own, or a new version of the one there is', command.id);
  if (type === 'change' && !record) return refuse('an engagement that exists', command.id);
  if (record && inForceOf(record)?.breakGlass)
    return refuse('approval, or its end, of what is active on one side alone', 'a new version');
  const problem = endProblem(engagement, school, at);
  if (problem) return { refused: { ...problem, expected: `until: ${problem.expected}` } };
  if (type === 'break_glass') {
    if (terms.kind !== 'adhoc') return refuse('an ad-hoc engagement', terms.kind);
    if (!terms.needs.flat().includes(party)) return refuse(`a side of it (${approvalsText(terms.needs)})`, party);
    if (reason === undefined) return refuse('a reason why it cannot wait for the other side', 'none');
  }
  const detail = {
    ...terms,
    file: null,
    stage,
    binding: stage === 'proposed',
    approvedAt: null,
    ...reasonOf(command),
  } as const;
  const version = (record?.versions.length ?? 0) + 1;
  return { events: [{ ...base(command, version, at), type: type === 'break_glass' ? type : 'proposed', detail }] };
}

const DONE = {
  approve: 'approved',
  accept: 'accepted',
  withdraw: 'withdrawn',
  suspend: 'suspended',
  resume: 'resumed',
  end: 'ended',
  revoke: 'revoked',
} as const satisfies Record<StepCommand['type'], EngagementEvent['type']>;

function decideStep(record: EngagementRecord, command: StepCommand, at: number): LifecycleDecision {
  const meant = versionMeant(record, command.type);
  if (typeof meant === 'string') return refuse(meant, `${record.id}, which is ${record.status}`);
  if (command.version !== undefined && command.version !== meant.version)
    return refuse(`version ${meant.version}, which is the present one`, `version ${command.version}`);
  const refused = CHECKS[command.type](record, meant, command);
  if (refused) return { refused };
  const event = { ...base(command, meant.version, at), detail: reasonOf(command) };
  return { events: [{ ...event, type: DONE[command.type] } as EngagementEvent] };
}

/** The version that a step is about; in words what it takes when there is none. */
function versionMeant(record: EngagementRecord, type: StepCommand['type']): EngagementVersion | string {
  switch (type) {
    case 'approve':
    case 'withdraw':
      return proposalOf(record) ?? 'a version that waits for approval';
    case 'accept':
      return proposalOf(record) ?? inForceOf(record) ?? 'an ad-hoc request';
    default:
      return inForceOf(record) ?? 'an engagement in force';
  }
}

type Check = (record: EngagementRecord, version: EngagementVersion, command: StepCommand) => Refusal | undefined;

const CHECKS: Readonly<Record<StepCommand['type'], Check>> = {
  approve(_record, version, { party }) {
    if (version.stage === 'draft') return { expected: 'a version that is proposed', got: 'a draft' };
    if (version.approvals.some((approval) => approval.party === party))
      return { expected: 'one approval of each side', got: `a second one of ${party}` };
    const missing = missingApprovals(version);
    return missing.flat().includes(party)
      ? undefined
      : { expected: `the approval of ${approvalsText(missing)}`, got: party };
  },
  accept(_record, version, { party }) {
    if (version.kind !== 'adhoc') return { expected: 'an ad-hoc request', got: `a ${version.kind} engagement` };
    if (version.stage === 'draft') return { expected: 'a request that is proposed', got: 'a draft' };
    if (!version.owners.includes(party))
      return { expected: `the party that is to do it (${version.owners.join(', ')})`, got: party };
    return version.accepted ? { expected: 'one acceptance', got: 'a second one' } : undefined;
  },
  withdraw(record, version, { party }) {
    if (record.inForce === version.version) return { expected: 'end or revoke for what is active', got: 'withdraw' };
    return sideOf(version, party);
  },
  suspend(record, version, { party }) {
    return record.suspended
      ? { expected: 'an engagement that runs', got: 'one that is suspended' }
      : sideOf(version, party);
  },
  resume({ suspended }, _version, { party }) {
    if (!suspended) return { expected: 'an engagement that is suspended', got: 'one that runs' };
    // Else one side could make the other go on.
    return suspended.party === party ? undefined : { expected: `${suspended.party}, who suspended it`, got: party };
  },
  end: (_record, version, { party }) => sideOf(version, party),
  revoke: (_record, version, { party }) => sideOf(version, party),
};

function sideOf(version: EngagementVersion, party: string): Refusal | undefined {
  const sides = partiesTo(version);
  return sides.has(party) ? undefined : { expected: `a side of it (${[...sides].join(', ')})`, got: party };
}

function base({ id, party, by }: EngagementCommand, version: number, at: number) {
  return { engagement: id, version, at, party, actor: by };
}

function reasonOf({ reason }: EngagementCommand): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function refuse(expected: string, got: string): LifecycleDecision {
  return { refused: { expected, got } };
}
