/** What the router looks at. The same names as the decision vectors of the design. */
export interface RouteAlert {
  readonly id: string | number;
  readonly domain: string;
  readonly severity: Severity;
  readonly site?: string;
  readonly zone?: string;
  readonly device?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly rule?: string;
  readonly grades?: readonly (string | number)[];
}

export type Severity = 'info' | 'warning' | 'critical';
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

/** True when `severity` is `least` or worse. */
export function atLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** What routing depends on besides the school's file, the alert and the time. */
export interface RouteState {
  /** Load grants that are held true now, by grant id. */
  readonly latched?: Readonly<Record<string, boolean>>;
  /** Alert id -> the party that took it by hand. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Hand-overs that the incoming party accepted, by hand-over id (`<grant>@<ISO instant>`). */
  readonly accepted?: Readonly<Record<string, boolean>>;
}

/** One rung: who is told how long after the decision. `contact` may name several, comma-separated (the safety net). */
export interface LadderStep {
  readonly party: string;
  readonly contact: string;
  /** Ownership moves with this step. */
  readonly transfer: boolean;
  readonly after_s: number;
  readonly repeat_s?: number;
}

/** Who is responsible for an alert at an instant, and why: what the decision vectors hold. */
export interface Routing {
  readonly owner: string;
  /** Who is contacted now: the owner, or who covers for them, or `safety_net`. */
  readonly acting: string;
  /** The grant that decided (`<engagement>#<index>`), `base`, `linger:<grant>` or `claimed by <party>`. */
  readonly why: string;
  readonly held: 'owner_uncovered' | null;
  /** Everything that matched, the winner first. */
  readonly candidates: readonly string[];
  readonly steps: readonly LadderStep[];
}

/** A routing with its reason in plain words, for a phone. */
export interface Decision extends Routing {
  readonly text: string;
  /** Names the terms it follows from (configVersion in responsibility.ts). */
  readonly config_version?: string;
  /** Routing failed, and why: the base owner and the safety net stand in. */
  readonly fault?: string;
}

/** Where a candidate stands in the total order: it is compared from the left, a lower number or earlier word first. */
export interface Rank {
  readonly grant: string;
  readonly owner: string;
  /** [-priority, -specificity, length of the matching window in s (null: no window), -approval (ms, null: none), grant id] */
  readonly tuple: readonly [number, number, number | null, number | null, string];
}

/** As OnCallState of on-call-now.ts, times ISO 8601, UTC. */
export interface OnCallNow {
  readonly party: string;
  readonly contact: string | null;
  readonly named: string | null;
  readonly by: string;
  readonly covered: boolean;
  readonly next: { readonly at: string; readonly contact: string } | null;
}

export interface NextChange {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly owner: string;
  readonly why: string;
  /** Only another contact of the owner is on call from then on: who. */
  readonly contact?: string;
}

/** Everything there is to say about a decision. The same names in the page, the API and `collector explain`. */
export interface Explanation extends Decision {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly ranks: readonly Rank[];
  /** The tie between different owners was broken only by approval date or id. */
  readonly ambiguous: boolean;
  /** When this answer changes next (within 400 days), and to what; null: not before then. */
  readonly next_change: NextChange | null;
  /** Who is on call, of each party whose people take turns. */
  readonly on_call?: readonly OnCallNow[];
  readonly config_version: string;
}

/** The seam to the engagement engine: one per school. Pure; `at` is ms since the epoch; never throws. */
export interface Responsibility {
  readonly school: string;
  route(alert: RouteAlert, at: number, state?: RouteState): Decision;
  /** The owner that `route` gives, at a tenth of the cost: it is asked for every open alert every few seconds. */
  owner(alert: RouteAlert, at: number, state?: RouteState): string;
}
