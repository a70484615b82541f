/**
 * Types only (the browser is not served this file). What the page's API answers; the collector builds these, the page draws them. Times are ms since the epoch by the collector's
 * clock, whose current reading comes with every answer in the header `bellwether-now`.
 */

export type Severity = 'info' | 'warning' | 'critical';

/** `snmp_problem`: it answers ping but not SNMP; `ping_problem`: the reverse. `unknown`: nothing was heard of it for a while. */
export type DeviceState = 'up' | 'snmp_problem' | 'ping_problem' | 'down' | 'unknown';

/** GET /api/overview */
export interface Overview {
  readonly schools: readonly SchoolView[];
  /** Worst first, then newest first. */
  readonly open: readonly AlertView[];
  /** Open alerts of which nobody is told for now, by what they are suppressed by; the largest group first. */
  readonly suppressed: readonly SuppressedCount[];
  /** Resolved within the last day, newest first; bounded. */
  readonly resolved: readonly AlertView[];
}

export interface SchoolView {
  readonly school: string;
  readonly tz: string;
  /** As the school's file names them, in its order. */
  readonly parties: readonly PartyView[];
  readonly openAlerts: Readonly<Record<Severity, number>>;
  /** Null while the metrics store cannot be read. */
  readonly devices: Readonly<Record<DeviceState, number>> | null;
  readonly agents: readonly AgentView[];
}

export interface PartyView {
  readonly id: string;
  /** For people: "the provider", "Coastal Tech". */
  readonly name: string;
}

export interface AgentView {
  readonly site: string;
  readonly lastSeen: number;
}

export interface AlertView {
  readonly id: string;
  readonly school: string;
  readonly site: string;
  readonly rule: string;
  readonly domain: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly condition: string;
  /** The device the alert is about, when it is about one. */
  readonly device: string | null;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  /** The party that answers, and the reason in plain words; null until the decision is made. */
  readonly owner: string | null;
  readonly reason: string | null;
  /** The grant that decided, such as `infra#0` or `base`. */
  readonly why: string | null;
  /** The party that acknowledged it, and when; null: nobody, or the acknowledgement lapsed. */
  readonly ackedBy: string | null;
  readonly ackedAt: number | null;
  /** Until when its first page waits for its owner's duty; null: it does not. */
  readonly heldUntil: number | null;
  /** Why nobody is told of it, or was when it ended; null: it counts by itself. */
  readonly suppression: SuppressionView | null;
  readonly told: readonly ToldView[];
  /** Whose it is keeps it private by agreement: that it is there is all that is told, the texts are empty. */
  readonly kept?: true | undefined;
}

/** So many alerts of one school are suppressed by one thing; which they are: GET /api/schools/:school/suppressed */
export interface SuppressedCount extends Pick<SuppressionView, 'by' | 'of' | 'reason'> {
  readonly school: string;
  readonly alerts: number;
  /** The first few, by name. */
  readonly devices: readonly string[];
}

export interface SuppressionView {
  readonly by: 'parent' | 'site' | 'maintenance' | 'silence';
  /** The alert that is the cause, or the window or silence; null: that waits to be seen. */
  readonly of: string | null;
  readonly reason: string;
  /** When it ends at the latest; null: with what it is suppressed by. */
  readonly until: number | null;
}

/** GET /api/schools/:school/alerts/:id, and the answer to what is done with it */
export interface AlertDetail {
  readonly alert: AlertView;
  /** Everything that happened, oldest first. */
  readonly timeline: readonly TimelineEntry[];
  /** Who owned it from when to when, with the clocks of what was agreed. */
  readonly intervals: readonly IntervalView[];
  /** Who would get it now, and why, with everything that matched; null where the school is no longer configured. */
  readonly explanation: ExplanationView | null;
}

export interface TimelineEntry {
  readonly type: string;
  /** Event time. */
  readonly at: number;
  readonly decidedAt: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface IntervalView {
  readonly party: string;
  readonly from: number;
  /** Null: still. */
  readonly to: number | null;
  /** The grant, `base`, or what moved it. */
  readonly why: string;
  readonly ack: ClockView;
  readonly update: ClockView;
  readonly resolve: ClockView;
}

export interface ClockView {
  /** Null: nothing agreed. */
  readonly targetMs: number | null;
  readonly state: 'running' | 'met' | 'breached' | 'paused' | 'stopped';
  /** Null when it does not run, or has no target. */
  readonly dueAt: number | null;
  /** When it was first breached. */
  readonly breachedAt: number | null;
}

export interface ExplanationView {
  readonly owner: string;
  readonly why: string;
  /** Null: not within 400 days. */
  readonly next_change: { readonly at: string; readonly owner: string; readonly why: string } | null;
}

/** GET /api/schools/:school/handovers: from yesterday on, in order */
export interface HandoverList {
  readonly school: string;
  readonly handovers: readonly HandoverView[];
}

export interface HandoverView {
  readonly id: string;
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  /** What alerts of its kind are about: `wireless`, `everything`. */
  readonly domains: readonly string[];
  readonly terms: { readonly accept: 'optional' | 'required' };
  readonly accepted: boolean;
  readonly done: boolean;
}

/** One message about an alert to one contact. */
export interface ToldView {
  /** `open`, `resolved` or `note`. */
  readonly kind: string;
  readonly party: string;
  readonly contact: string;
  readonly channel: string;
  readonly status: 'waiting' | 'sending' | 'sent' | 'failed' | 'cancelled';
  /** When it was delivered, or when the next attempt is due. */
  readonly at: number;
  readonly attempts: number;
  readonly error: string | null;
}

/** GET /api/schools/:school/devices */
export interface DeviceList {
  readonly school: string;
  readonly devices: readonly DeviceView[];
}

export interface DeviceView {
  readonly device: string;
  readonly site: string;
  readonly role: string;
  readonly state: DeviceState;
  /** The newest point of any kind from or about this device. */
  readonly seen: number;
  readonly ping: PingView | null;
  readonly snmp: SnmpView | null;
  readonly interfaces: readonly InterfaceView[];
}

export interface PingView {
  readonly time: number;
  readonly ms: number | null;
  readonly lossPercent: number | null;
}

export interface SnmpView {
  readonly time: number;
  readonly uptimeSeconds: number | null;
  readonly description: string | null;
}

/** One interface's last values; null where the device did not say. */
export interface InterfaceView {
  readonly ifIndex: string;
  readonly name: string;
  readonly alias: string;
  readonly time: number;
  readonly inBitsPerS: number | null;
  readonly outBitsPerS: number | null;
  readonly inUtilPercent: number | null;
  readonly outUtilPercent: number | null;
  readonly inErrorsPerS: number | null;
}

/** GET /api/schools/:school/series: means over `step` ms, ascending, steps without a value left out. */
export interface Series {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly points: readonly (readonly [number, number])[];
}
