import type { RouteAlert } from '../decision.ts';
import type { Plan } from '../plan.ts';
import type { SlaTarget, Span } from '../school.ts';
import { scopeMatches } from '../scope.ts';
import { type LoggedEvent, type Pause, type ResponsibilityInterval, type Tenure, tenures } from './interval.ts';
import type { WorkingTime } from './school-hours.ts';

/** How long a due time is looked for: a school whose calendar has no hours left has none. */
const HORIZON_MS = 400 * 86_400_000;

/** One clock of one ownership interval. Event time; durations are ms that count by the target's calendar. */
export interface SlaClock {
  /** Null: nothing agreed; it is measured all the same. */
  readonly targetMs: number | null;
  /** From the start of the interval (update: from the last one) until it was met, stopped, or now; pauses left out. */
  readonly elapsedMs: number;
  /** `stopped`: ownership moved away before it was met or breached. */
  readonly state: 'running' | 'met' | 'breached' | 'paused' | 'stopped';
  /** When it will be breached if nothing happens; null when it is not running or without a target. */
  readonly dueAt: number | null;
  /** When it was first breached, that is when the target's time was used up; a later acknowledgement or note does not undo it. */
  readonly breachedAt: number | null;
}

/** The clocks of one party for one interval of its ownership. */
export interface IntervalClocks extends ResponsibilityInterval {
  readonly ackedAt: number | null;
  readonly pauses: readonly Pause[];
  /** Until the owner acknowledges, or it resolves. */
  readonly ack: SlaClock;
  /** Until the owner's next acknowledgement or note, then anew. While it runs the state is that of the current turn, at the end that of all. */
  readonly update: SlaClock;
  /** Until it resolves. */
  readonly resolve: SlaClock;
}

/** What a party owes in an interval of its ownership. */
export type TargetOf = (party: string, interval: ResponsibilityInterval) => SlaTarget | undefined;

/**
 * Where the clocks of every ownership interval stand at `at`, by the events up to then. Each interval starts at zero, also for a party that gets the
 * alert back. Who only acts for an absent owner has no interval and therefore no clock.
 */
export function slaClocks(
  events: readonly LoggedEvent[],
  targetOf: TargetOf,
  workingTime: WorkingTime,
  at: number,
): IntervalClocks[] {
  return tenures(events.filter((event) => event.at <= at)).map((tenure) => {
    const { interval, ackedAt, pauses } = tenure;
    const target = targetOf(interval.party, interval);
    const watch = new Watch(tenure, target?.calendar ?? '24x7', workingTime, at);
    return {
      ...interval,
      ackedAt,
      pauses,
      ack: watch.clock(target?.ackMs, [interval.from], ackedAt),
      update: watch.clock(target?.updateMs, [interval.from, ...tenure.updates], null),
      resolve: watch.clock(target?.resolveMs, [interval.from], null),
    };
  });
}

/** Measures one interval. */
class Watch {
  readonly #tenure: Tenure;
  readonly #calendar: SlaTarget['calendar'];
  readonly #workingTime: WorkingTime;
  /** The end of the interval, or now. */
  readonly #end: number;
  /** Its time without the pauses. */
  readonly #running: readonly Span[];

  constructor(tenure: Tenure, calendar: SlaTarget['calendar'], workingTime: WorkingTime, at: number) {
    this.#tenure = tenure;
    this.#calendar = calendar;
    this.#workingTime = workingTime;
    this.#end = tenure.interval.to ?? at;
    this.#running = withoutPauses(tenure, this.#end);
  }

  /** @param starts when it started and started anew @param metAt when the owner met it; null: only the resolution does */
  clock(target: number | undefined, starts: readonly number[], metAt: number | null): SlaClock {
    const turns = starts.map((start, i) => this.#measure(start, starts[i + 1] ?? metAt ?? this.#end, target));
    const { elapsedMs, breachedAt: current } = turns.at(-1)!;
    const breachedAt = turns.find((turn) => turn.breachedAt !== null)?.breachedAt ?? null;
    const over = metAt !== null || this.#tenure.ended !== null;
    const state = this.#state(metAt !== null, over ? breachedAt : current);
    const left = state === 'running' && target !== undefined ? target - elapsedMs : undefined;
    const dueAt = left === undefined ? null : this.#reaches(this.#end, left);
    return { targetMs: target ?? null, elapsedMs, state, dueAt, breachedAt };
  }

  #state(met: boolean, breachedAt: number | null): SlaClock['state'] {
    if (breachedAt !== null) return 'breached';
    if (met || this.#tenure.ended === 'resolved') return 'met';
    if (this.#tenure.ended === 'moved') return 'stopped';
    return this.#tenure.pauses.at(-1)?.to === null ? 'paused' : 'running';
  }

  /** The time that counts in [from, to), and when it used up the target. */
  #measure(from: number, to: number, target: number | undefined): { elapsedMs: number; breachedAt: number | null } {
    let elapsedMs = 0;
    let breachedAt: number | null = null;
    for (const span of this.#running) {
      const [start, end] = [Math.max(from, span.start), Math.min(to, span.end)];
      if (start > end) continue;
      const counted = this.#workingTime(this.#calendar, start, end);
      if (breachedAt === null && target !== undefined && elapsedMs + counted >= target)
        breachedAt = this.#reaches(start, target - elapsedMs);
      elapsedMs += counted;
    }
    return { elapsedMs, breachedAt };
  }

  /** The first instant by which `ms` count since `from`; null: not within the horizon. */
  #reaches(from: number, ms: number): number | null {
    if (this.#calendar === '24x7' || ms <= 0) return from + Math.max(0, ms);
    const enough = (to: number): boolean => this.#workingTime(this.#calendar, from, to) >= ms;
    let [low, high] = [from, from + ms];
    while (!enough(high)) {
      if (high - from >= HORIZON_MS) return null;
      [low, high] = [high, Math.min(from + 2 * (high - from), from + HORIZON_MS)];
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (enough(middle)) high = middle;
      else low = middle;
    }
    return high;
  }
}

function withoutPauses({ interval, pauses }: Tenure, end: number): Span[] {
  const spans: Span[] = [];
  let start = interval.from;
  for (const pause of pauses) {
    spans.push({ start, end: pause.from });
    start = pause.to ?? end;
  }
  if (pauses.at(-1)?.to !== null) spans.push({ start, end });
  return spans;
}

/**
 * The targets that the owner agreed to: those of the grant that made it the owner, also while that lingers. What came by the ladder, by hand or by
 * default is owed by the promise of the highest priority that this party made for such alerts in an agreement in force at that time.
 */
export function agreedTargets(plan: Plan, alert: RouteAlert): TargetOf {
  return (party, { why, from, severity = alert.severity }) => {
    const promises = plan.grants.filter(({ grant }) => grant.owner === party && grant.sla?.[severity]);
    const own = promises.find(({ grant }) => grant.id === why.replace(/^linger:/, ''));
    const other = promises
      .filter(({ engagement }) => engagement.from <= from && from < engagement.until)
      .filter(({ grant }) => scopeMatches(grant.scope, { ...alert, severity }))
      .sort((a, b) => b.grant.priority - a.grant.priority || b.specificity - a.specificity);
    return (own ?? other[0])?.grant.sla?.[severity];
  };
}
