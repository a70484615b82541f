import { atLeast, type Severity } from '../decision.ts';

/** What the log of an alert says, as far as it counts here (an AlertEvent). `at` is event time, `decidedAt` the collector's clock, ms. */
export interface LoggedEvent {
  readonly type: string;
  readonly at: number;
  readonly decidedAt: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Who was responsible, half-open [from, to), event time in ms; `to` null: still. */
export interface ResponsibilityInterval {
  readonly party: string;
  readonly from: number;
  readonly to: number | null;
  /** The grant, `base`, or what moved it. */
  readonly why: string;
  /** How bad it was when this began, which is what was promised for; worse begins a new one. */
  readonly severity?: Severity;
  /** By which version of the engagements, when the log says so. */
  readonly configVersion?: string;
}

/** The owner waits for something that is not theirs to do: [from, to), null: still. */
export interface Pause {
  readonly from: number;
  readonly to: number | null;
  readonly reason: string;
}

/** One interval with what its owner did in it. What others do while they do not own the alert starts and stops nothing. */
export interface Tenure {
  readonly interval: ResponsibilityInterval;
  /** The owner's first acknowledgement; null: none. */
  readonly ackedAt: number | null;
  /** Each acknowledgement and note of the owner, in order. */
  readonly updates: readonly number[];
  readonly pauses: readonly Pause[];
  /** How it ended; null: it has not. */
  readonly ended: 'moved' | 'resolved' | null;
}

/** Who owned the alert from opening to resolution, without gap or overlap. An interval may be empty, when two moves have the same instant. */
export function responsibilityIntervals(events: readonly LoggedEvent[]): ResponsibilityInterval[] {
  return tenures(events).map(({ interval }) => interval);
}

/**
 * The fold of an alert's log. It goes by event time, so one that arrives late counts when it happened, and what comes after the resolution not at
 * all. An alert that opened without anybody configured has no interval until somebody gets it.
 */
export function tenures(events: readonly LoggedEvent[]): Tenure[] {
  const opened = events.find(({ type }) => type === 'opened');
  if (!opened) return [];
  let folded: Fold = { tenures: [], severity: undefined, silent: false, closed: false };
  for (const event of inTimeOrder(events, opened)) folded = step(folded, event);
  return [...folded.tenures];
}

/** By event time; in one instant, as they were decided and then as they were logged. The clock of a device may run ahead: nothing comes before the opening. */
function inTimeOrder(events: readonly LoggedEvent[], opened: LoggedEvent): LoggedEvent[] {
  const others = events
    .filter((event) => event !== opened)
    .map((event) => (event.at < opened.at ? { ...event, at: opened.at } : event))
    .sort((a, b) => a.at - b.at || a.decidedAt - b.decidedAt);
  return [opened, ...others];
}

interface Fold {
  readonly tenures: readonly Tenure[];
  /** Suppressed: nobody is expected to do anything, whoever owns it. */
  readonly silent: boolean;
  /** Now; undefined: the log does not say. */
  readonly severity: Severity | undefined;
  readonly closed: boolean;
}

function step(fold: Fold, event: LoggedEvent): Fold {
  if (fold.closed) return fold;
  if (fold.silent) return whileSilent(fold, event);
  const current = fold.tenures.at(-1);
  switch (event.type) {
    case 'opened': {
      const decision = event.detail['decision'] as { owner: string; why: string } | null | undefined;
      const severity = (event.detail['alert'] as { severity?: Severity } | undefined)?.severity;
      const next = decision ? [begin(decision.owner, decision.why, severity, event)] : [];
      return { ...fold, severity, tenures: next };
    }
    case 'owner_changed': {
      const to = String(event.detail['to']);
      // The same owner for another reason is no new ownership: it must not start the clocks again.
      if (to === current?.interval.party) return fold;
      const next = begin(to, String(event.detail['why']), fold.severity, event);
      return { ...fold, tenures: [...withLast(fold.tenures, (last) => end(last, event.at, 'moved')), next] };
    }
    case 'suppressed':
      return { ...fold, silent: true, tenures: silenced(fold.tenures, event.at) };
    case 'severity_changed':
      return severityChanged(fold, event);
    case 'resolved':
    case 'cancelled':
      return { ...fold, tenures: withLast(fold.tenures, (last) => end(last, event.at, 'resolved')), closed: true };
    default:
      if (current === undefined || event.detail['party'] !== current.interval.party) return fold;
      return { ...fold, tenures: withLast(fold.tenures, (last) => act(last, event)) };
  }
}

/** The clocks end with the suppression's begin, and what nobody was told of before has none. */
function silenced(all: readonly Tenure[], at: number): Tenure[] {
  return all.at(-1)?.interval.from === at ? all.slice(0, -1) : withLast(all, (tenure) => end(tenure, at, 'moved'));
}

/** Only its end counts: whoever has it then begins anew. */
function whileSilent(fold: Fold, event: LoggedEvent): Fold {
  if (event.type === 'resolved' || event.type === 'cancelled') return { ...fold, closed: true };
  if (event.type === 'severity_changed') return { ...fold, severity: event.detail['to'] as Severity };
  if (event.type !== 'unsuppressed') return fold;
  const decision = event.detail['decision'] as { owner: string; why: string } | null | undefined;
  const next = decision ? [begin(decision.owner, decision.why, fold.severity, event)] : [];
  return { ...fold, silent: false, tenures: [...fold.tenures, ...next] };
}

/** Worse is another promise, and its clocks begin anew. Better leaves them: what was owed is owed, and what was done counts. */
function severityChanged(fold: Fold, event: LoggedEvent): Fold {
  const [from, to] = [event.detail['from'] as Severity, event.detail['to'] as Severity];
  const last = fold.tenures.at(-1);
  if (atLeast(from, to) || !last || last.ended !== null) return { ...fold, severity: to };
  const { to: _to, ...interval } = last.interval;
  const next: Tenure = {
    interval: { ...interval, from: event.at, to: null, severity: to },
    ackedAt: null,
    updates: [],
    pauses: [],
    ended: null,
  };
  return { ...fold, severity: to, tenures: [...withLast(fold.tenures, (one) => end(one, event.at, 'moved')), next] };
}

function withLast(all: readonly Tenure[], change: (last: Tenure) => Tenure): Tenure[] {
  return all.map((tenure, i) => (i === all.length - 1 ? change(tenure) : tenure));
}

function begin(party: string, why: string, severity: Severity | undefined, { at, detail }: LoggedEvent): Tenure {
  // A step of the ladder moves it by the terms of the decision that began the ladder.
  const version = (detail['decision'] as { config_version?: string } | null | undefined)?.config_version;
  const interval = {
    party,
    from: at,
    to: null,
    why,
    ...(severity !== undefined && { severity }),
    ...(typeof version === 'string' ? { configVersion: version } : {}),
  };
  return { interval, ackedAt: null, updates: [], pauses: [], ended: null };
}

function end(tenure: Tenure, at: number, ended: 'moved' | 'resolved'): Tenure {
  return { ...resume(tenure, at), interval: { ...tenure.interval, to: at }, ended };
}

/** What the owner itself did. */
function act(tenure: Tenure, { type, at, detail }: LoggedEvent): Tenure {
  switch (type) {
    case 'acked':
      return { ...tenure, ackedAt: tenure.ackedAt ?? at, updates: [...tenure.updates, at] };
    case 'noted':
      return { ...tenure, updates: [...tenure.updates, at] };
    case 'paused': {
      // Paused already: from now on for another reason.
      const resumed = resume(tenure, at);
      return { ...resumed, pauses: [...resumed.pauses, { from: at, to: null, reason: String(detail['reason']) }] };
    }
    case 'resumed':
      return resume(tenure, at);
    default:
      return tenure;
  }
}

function resume(tenure: Tenure, at: number): Tenure {
  return { ...tenure, pauses: tenure.pauses.map((pause) => (pause.to === null ? { ...pause, to: at } : pause)) };
}
