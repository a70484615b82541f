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

/** One rung: who is told how long after the decision. `contact` may name several, comma-separated (the safety net). */
export interface LadderStep {
  readonly party: string;
  readonly contact: string;
  /** Ownership moves with this step. */
  readonly transfer: boolean;
  readonly after_s: number;
  readonly repeat_s?: number;
}

/** Who is responsible for an alert at an instant, and why. */
export interface Decision {
  readonly owner: string;
  /** Who is contacted now: the owner, or who covers for them, or `safety_net`. */
  readonly acting: string;
  /** The grant that decided (`<engagement>#<index>`), `base`, `linger:<grant>` or `claimed by <party>`. */
  readonly why: string;
  readonly held: 'owner_uncovered' | null;
  /** Everything that matched, the winner first. */
  readonly candidates: readonly string[];
  readonly steps: readonly LadderStep[];
  /** The reason in plain words, for a phone: "provider answers for wireless under engagement infra (grant infra#0)". */
  readonly text: string;
}

/** The seam to the engagement engine: one per school. Pure; `at` is ms since the epoch; never throws. */
export interface Responsibility {
  readonly school: string;
  route(alert: RouteAlert, at: number): Decision;
}
