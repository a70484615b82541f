import type { Severity } from '../engagement/decision.ts';

export type AlertState = 'pending' | 'open' | 'suppressed' | 'resolved';

/** One fault on one thing (or one domain threshold of one site). */
export interface Alert {
  /** Stable over the life of this alert: a new opening of the same fault is a new id (UUID). */
  readonly id: string;
  /** Identity of the fault: school + rule + the labels below. At most one alert that is not resolved per key. */
  readonly key: string;
  readonly school: string;
  readonly site: string;
  readonly rule: string;
  readonly domain: string;
  readonly severity: Severity;
  /** One that was cancelled while pending ends as `resolved` with `openedAt` null. */
  readonly state: AlertState;
  /** What it is about: device, role, ifName ... (never values). */
  readonly labels: Readonly<Record<string, string>>;
  /** One line for people, with names and numbers. */
  readonly summary: string;
  /** Which rule and condition, in words: `interface out_util_percent above 90 for 15m`. */
  readonly condition: string;
  /** The value that last counted, in the field's unit. */
  readonly value: number;
  /** Event times, ms. */
  readonly pendingAt: number;
  readonly openedAt: number | null;
  readonly resolvedAt: number | null;
}

/**
 * What happened to an alert; the log is append-only and an alert is the fold of its events (life.ts). `at` is event time, which is what the
 * clocks of the agreement (SLA) run by; `decidedAt` is when it was decided.
 */
export type AlertEventType =
  | 'pending'
  | 'opened'
  | 'resolved'
  | 'cancelled'
  /** It got worse or better while open: from, to, reason, value, summary, condition; with `decision` a new ladder began. */
  | 'severity_changed'
  /** Ownership moved: from, to, why, reason; with `decision` a new ladder began. */
  | 'owner_changed'
  /** A new ladder began under the same owner: decision, reason. */
  | 'routed'
  /** By people, each with party, contact and what they said. */
  | 'claimed'
  | 'released'
  | 'declined'
  | 'acked'
  | 'noted'
  | 'onsite_requested'
  /** The clocks of the owning party stand still, and go on: party, reason. */
  | 'paused'
  | 'resumed'
  /** The acknowledgement lapsed, or a hand-over of everything cleared it: reason. */
  | 'unacked'
  /** Moved too often within a day: until. */
  | 'pinned'
  /** Nobody is told of it for now: by, of, reason, until (see Suppression). */
  | 'suppressed'
  /** It counts by itself again; with `decision` it was routed afresh at that instant: reason. */
  | 'unsuppressed'
  /** Its owner is off duty and the first page waits: until, reason. */
  | 'held'
  /** That wait is over and the first page is due. */
  | 'hold_ended'
  /** A message was delivered, or could not be. */
  | 'notified'
  | 'notify_failed';

/** Why nobody is told of an alert that is open. */
export interface Suppression {
  /** What it is behind, or part of: a device that is down, a site that is not heard; or what people asked for. */
  readonly by: 'parent' | 'site' | 'maintenance' | 'silence';
  /** The alert that is the cause, or the window or silence; null: not known yet, it waits until `until` for that to show. */
  readonly of: string | null;
  /** In words. */
  readonly reason: string;
  /** ms: ends then at the latest; null: when what it is suppressed by does. */
  readonly until: number | null;
}

export interface AlertEvent {
  readonly alertId: string;
  readonly school: string;
  readonly type: AlertEventType;
  /** When it happened (event time), ms. */
  readonly at: number;
  /** When it was decided (collector clock), ms. */
  readonly decidedAt: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What the evaluator decided for one key; `pending` that goes away without opening is `cancelled`. */
export interface AlertChange {
  readonly type: 'pending' | 'opened' | 'severity_changed' | 'resolved' | 'cancelled';
  readonly alert: Alert;
  /** Why, in words: "96.2 above 90 for 4s". */
  readonly reason: string;
  /** Only of `severity_changed`: when it got worse or better (event time, ms). */
  readonly at?: number;
}
