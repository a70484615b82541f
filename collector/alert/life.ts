import type { Decision, Severity } from '../engagement/decision.ts';
import type { Alert, AlertEvent, Suppression } from './alert.ts';

/** An alert with who answers for it. One that was cancelled while pending is `resolved` and has no `openedAt`. */
export interface StoredAlert extends Alert {
  /** Null before it opens, or when nobody is configured. */
  readonly owner: string | null;
  /** Why the owner is that: the decision's `why`, the ladder step that moved it, or who took or declined it. */
  readonly why: string | null;
  /** What the running ladder was made of; later changes of the engagement do not reach into it, except by moving the alert. */
  readonly decision: Decision | null;
  /** When that decision was taken (collector clock, ms). */
  readonly decidedAt: number | null;
  /** How often a ladder was begun before this one; tells the messages of one from those of another. */
  readonly round: number;
  /** The party that took it by hand, or to which it was handed back. */
  readonly claimedBy: string | null;
  /** The party that acknowledged it; null: nobody, or the acknowledgement lapsed. */
  readonly ackedBy: string | null;
  readonly ackedAt: number | null;
  /** When a note was last written since then. */
  readonly notedAt: number | null;
  /** Set while `suppressed`; on a resolved alert: it was so when it ended. */
  readonly suppression: Suppression | null;
  /** Until when the first page of the running ladder waits for its owner's duty (ms); null: it does not. */
  readonly heldUntil: number | null;
}

/** What the details of the events hold that make an alert; each event has more, for people. */
interface Details {
  readonly alert: Alert;
  readonly decision: Decision | null;
  readonly to: string;
  readonly why: string;
  readonly party: string;
  readonly value: number;
  readonly summary: string;
  readonly condition: string;
  readonly by: Suppression['by'];
  readonly of: string | null;
  readonly reason: string;
  readonly until: number | null;
}

export const UNTOUCHED = {
  owner: null,
  why: null,
  decision: null,
  decidedAt: null,
  round: 0,
  claimedBy: null,
  ackedBy: null,
  ackedAt: null,
  notedAt: null,
  suppression: null,
  heldUntil: null,
} as const;

const NOT_ACKED = { ackedBy: null, ackedAt: null, notedAt: null } as const;

/** The alert after one more event. Every change of an alert is made by this function; undefined while there is no beginning. */
export function applyEvent(alert: StoredAlert | undefined, event: AlertEvent): StoredAlert | undefined {
  const detail = event.detail as Partial<Details>;
  if (event.type === 'pending') return { ...UNTOUCHED, ...detail.alert!, state: 'pending' };
  if (event.type === 'opened') {
    const decision = detail.decision ?? null;
    const routed = { owner: decision?.owner ?? null, why: decision?.why ?? null, decision };
    return { ...UNTOUCHED, ...detail.alert!, ...routed, state: 'open', decidedAt: decision ? event.decidedAt : null };
  }
  return alert && changed(alert, event, detail);
}

function changed(alert: StoredAlert, event: AlertEvent, detail: Partial<Details>): StoredAlert {
  switch (event.type) {
    case 'owner_changed':
      return { ...restarted(alert, event, detail), owner: detail.to!, why: detail.why! };
    case 'severity_changed': {
      const { summary, condition, value } = detail;
      const severity = detail.to as Severity;
      return { ...restarted(alert, event, detail), severity, value: value!, summary: summary!, condition: condition! };
    }
    case 'routed':
      return restarted(alert, event, detail);
    case 'claimed':
      return { ...alert, claimedBy: detail.party! };
    case 'released':
      return { ...alert, claimedBy: null };
    case 'acked':
      return { ...alert, ackedBy: detail.party!, ackedAt: event.at, notedAt: null, heldUntil: null };
    case 'unacked':
      return { ...alert, ...NOT_ACKED };
    case 'noted':
      return { ...alert, notedAt: event.at };
    case 'suppressed':
      return { ...alert, state: 'suppressed', suppression: suppressionOf(detail), heldUntil: null };
    case 'unsuppressed':
      return { ...unsuppressed(alert, event, detail), state: 'open', suppression: null };
    case 'held':
      return { ...alert, heldUntil: detail.until! };
    case 'hold_ended':
      return { ...alert, heldUntil: null };
    case 'resolved':
      return { ...alert, state: 'resolved', value: detail.value!, resolvedAt: event.at, heldUntil: null };
    case 'cancelled':
      return { ...alert, state: 'resolved', resolvedAt: event.at };
    default: // tells of messages, clocks or people's words, not of the alert
      return alert;
  }
}

/** A new decision begins a new ladder. */
function restarted(alert: StoredAlert, event: AlertEvent, { decision }: Partial<Details>): StoredAlert {
  if (!decision) return alert;
  return { ...alert, decision, decidedAt: event.decidedAt, round: alert.round + 1, heldUntil: null };
}

function suppressionOf({ by, of, reason, until }: Partial<Details>): Suppression {
  return { by: by!, of: of ?? null, reason: reason ?? '', until: until ?? null };
}

/** Routed afresh it has the owner of that instant. */
function unsuppressed(alert: StoredAlert, event: AlertEvent, detail: Partial<Details>): StoredAlert {
  const { decision } = detail;
  return decision ? { ...restarted(alert, event, detail), owner: decision.owner, why: decision.why } : alert;
}

/** The alert its events add up to; undefined when they hold no beginning. The row in `alert` must always equal this. */
export function foldEvents(events: readonly AlertEvent[]): StoredAlert | undefined {
  return events.reduce<StoredAlert | undefined>(applyEvent, undefined);
}
