import type { Severity } from '../engagement/decision.ts';

export type AlertState = 'pending' | 'open' | 'resolved';

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
  /** A message was delivered, or could not be. */
  | 'notified'
  | 'notify_failed';

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
