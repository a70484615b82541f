import type { Severity } from './decision.ts';
import { partyName } from './explain.ts';
import { otherParty, SAFETY_NET } from './ladder.ts';
import type { Handover, School } from './school.ts';

// Decisions on one open alert that follow from its own log, whatever the engagements say: each is a line of the design's 1.5.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const ACK_TIMEOUT_MS: Readonly<Record<Severity, number>> = { critical: HOUR, warning: 8 * HOUR, info: 8 * HOUR };

/** When an acknowledgement lapses if it still fires and nobody notes anything (ms): an alert someone took and forgot would reach nobody again. */
export function ackExpiresAt(severity: Severity, ackedAt: number, lastNoteAt: number | null): number {
  return Math.max(ackedAt, lastNoteAt ?? ackedAt) + ACK_TIMEOUT_MS[severity];
}

const OWNER_CHANGES_PER_DAY = 4;

/**
 * Until when (ms) the alert stays where it is, as it changed its owner four times within 24 h; undefined: it may move. The times are those of
 * the decisions, in any order. One after `at` counts too: a clock that was set back must not set an alert free.
 */
export function pinnedUntil(ownerChangeTimes: readonly number[], at: number): number | undefined {
  const fourthNewest = [...ownerChangeTimes].sort((a, b) => b - a)[OWNER_CHANGES_PER_DAY - 1];
  if (fourthNewest === undefined) return undefined;
  return fourthNewest + DAY > at ? fourthNewest + DAY : undefined;
}

export const DECLINE_REASONS = [
  'out_of_scope',
  'needs_hands_on_site',
  'school_decision',
  'duplicate',
  'no_access',
] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

export interface Decline {
  readonly school: School;
  /** Who has it now and declines. */
  readonly owner: string;
  readonly reason: DeclineReason;
  /** Who had it before, oldest first. */
  readonly previousOwners: readonly string[];
  /** Who declined it before, this decline not counted. */
  readonly declinedBy: readonly string[];
}

export interface DeclineOutcome {
  /** A party, or `safety_net`: then nobody wants it, and it stays with its owner while the safety net is told. */
  readonly to: string;
  readonly toldDirector: boolean;
  readonly text: string;
}

/** Who gets an alert that its owner declines: the previous owner, else the other side; at the second decline the safety net and the director. */
export function declineOutcome({ school, owner, reason, previousOwners, declinedBy }: Decline): DeclineOutcome {
  const name = partyName(school, owner);
  const declines = `${name} declines it (${reason.replaceAll('_', ' ')})`;
  if (declinedBy.length > 0) {
    const before = [...new Set(declinedBy)].map((party) => partyName(school, party)).join(' and ');
    return nobody(`${declines}, and ${before} declined it before: nobody wants this.`);
  }
  const previous = previousOwners.findLast((party) => party !== owner && school.parties.has(party));
  if (previous !== undefined)
    return {
      to: previous,
      toldDirector: false,
      text: `${declines}: it goes back to ${partyName(school, previous)}, who had it before.`,
    };
  const other = otherParty(school, owner);
  if (other === undefined) return nobody(`${declines}, and there is no other party.`);
  return { to: other, toldDirector: false, text: `${declines}: it goes to ${partyName(school, other)}.` };
}

function nobody(why: string): DeclineOutcome {
  return { to: SAFETY_NET, toldDirector: true, text: `${why} The safety net and the director are told.` };
}

/** Who is told when an alert is stuck between the parties: the first contact of the school's own people, absent or not; undefined when the party has none. */
export function directorOf({ parties, base }: School): { party: string; contact: string } | undefined {
  const party = parties.get('internal') ?? parties.get(base.owner);
  const contact = party?.contacts[0];
  return party && contact !== undefined ? { party: party.id, contact } : undefined;
}

export interface BoundaryAlert {
  readonly acked: boolean;
  /** Waits for its owner's next duty. */
  readonly held: boolean;
  /** By a parent or a maintenance window. */
  readonly suppressed: boolean;
  /** Of the grant that wins from now on; DEFAULT_HANDOVER for base. */
  readonly takes: Handover;
  /** Of the grant that decided until now; DEFAULT_HANDOVER for base. */
  readonly gives: Handover;
  /** The boundary is a load threshold: such a takeover never moves what is acknowledged, whatever was agreed. */
  readonly load?: boolean;
}

export interface BoundaryMove {
  readonly action: 'move' | 'stay' | 'move_and_clear_ack';
  /** In words, for the log. */
  readonly reason: string;
}

/** What becomes of an open alert where routing gives it another owner ("Hand-over boundary with open alerts"). */
export function moveAtBoundary({ acked, held, suppressed, takes, gives, load = false }: BoundaryAlert): BoundaryMove {
  // The stricter of the two sides wins: nobody is handed, or loses, what they did not agree to.
  if (takes.take === 'new') return { action: 'stay', reason: 'the incoming party takes new alerts only' };
  if (gives.give === 'none') return { action: 'stay', reason: 'the outgoing party keeps its open alerts' };
  if (acked) {
    if (load) return { action: 'stay', reason: 'acknowledged, and a load takeover moves only what is not' };
    if (takes.take === 'all' && gives.give === 'all')
      return {
        action: 'move_and_clear_ack',
        reason: 'all open alerts move, with their notes; it has to be acknowledged anew',
      };
    return { action: 'stay', reason: 'acknowledged: it stays with whoever works on it until it is resolved' };
  }
  if (suppressed) return { action: 'move', reason: 'suppressed: it moves silently' };
  if (held) return { action: 'move', reason: 'held: the new owner is told as soon as they are on duty' };
  return { action: 'move', reason: 'not acknowledged: it moves, and the ladder starts again' };
}
