import type { ErrorCode } from '../../core/errors.ts';
import type { SnmpFault } from '../drivers/snmp-session.ts';
import type { ConversationStats } from './conversation.ts';
import type { SnmpEvidence } from './device-state.ts';
import type { FactsPass } from './facts-poll.ts';
import { ENDS_POLL } from './poll-target.ts';
import type { SnmpPoll } from './snmp-device.ts';

/** Sums over some minutes. Durations in ms. */
export class Stretch {
  polls = 0;
  failed = 0;
  /** Polls that sent nothing: the device is silent and spared, or its name has no address. */
  spared = 0;
  skipped = 0;
  pollMs = 0;
  longestMs = 0;
  factsMs = 0;
  gaps = 0;
  gapMs = 0;
  requests = 0;
  retries = 0;
  timeouts = 0;
  /** Answers that came after the wait for them was over. */
  late = 0;
}

type Counts<K> = Map<K, number>;
type Asked = Pick<ConversationStats, 'sent' | 'answers' | 'retries' | 'timeouts'>;

/** Of the readings of facts of one kind. */
export interface FactsCount {
  readonly lastMs: number;
  readonly outcomes: Counts<'ok' | ErrorCode>;
  /** What ended the last one before it had read everything, in words. */
  readonly fault: string | undefined;
}

/** Something that happened to the polling of a device, in words. */
export interface Noted {
  readonly text: string;
  /** Wall clock ms. */
  readonly at: number;
}

/** A stretch is over after this long, or one interval. */
const STRETCH_MS = 300_000;
/** The first one: that a new device is slow is to be seen soon. */
const FIRST_STRETCH_MS = 60_000;

/**
 * How the polling of one device goes: counts since the start, and the last two stretches of some minutes. Plain numbers, as each poll of each device adds
 * to them; what they mean is worked out when somebody looks.
 */
export class DeviceStats {
  readonly device: string;
  #intervalMs = 0;
  ok = 0;
  /** Polls with a fault, by the first one. */
  failed: Counts<ErrorCode> | undefined;
  requests = 0;
  answers = 0;
  retries = 0;
  timeouts = 0;
  skipped = 0;
  adapted = 0;
  readonly faults: Record<SnmpFault, number> = { malformed: 0, wrong_source: 0, late: 0 };
  /** Interfaces without a rate, by reason. */
  ratesMissing: Counts<string> | undefined;
  factsDropped = 0;
  facts: Map<string, FactsCount> | undefined;

  /** Of the last poll, as are the next three; undefined before the first. Wall clock ms at which it began. */
  lastTime: number | undefined;
  lastMs = 0;
  lastOutcome: SnmpPoll['outcome'] = 'ok';
  lastEvidence: SnmpEvidence = 'pending';
  /** Of the last poll that had one, in words. */
  lastFault: string | undefined;
  /** Between the beginnings of the last two polls. */
  lastGapMs: number | undefined;
  adaptation: Noted | undefined;
  stranger: Noted | undefined;
  now = new Stretch();
  before: Stretch | undefined;
  #startedAt: number | undefined;
  #closesAt: number | undefined;

  constructor(device: string) {
    this.device = device;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** A poller begins to ask the device: counts go on, but what went wrong may be mended, and the time without polls before it is no gap. */
  begin(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#startedAt = undefined;
    this.#closesAt = undefined;
    this.now = new Stretch();
    this.before = undefined;
    this.lastOutcome = 'ok';
    this.lastEvidence = 'pending';
    this.lastFault = undefined;
    this.adaptation = undefined;
    this.stranger = undefined;
    for (const [kind, count] of this.facts ?? []) this.facts!.set(kind, { ...count, fault: undefined });
  }

  /**
   * After a poll, before its samples are sent.
   *
   * @param at monotonic ms at its end
   * @returns the stretch that is over with the poll before this one, if it is
   */
  polled(poll: SnmpPoll, at: number): Stretch | undefined {
    const startedAt = at - poll.durationMs;
    const closed = this.#close(startedAt);
    const { now } = this;
    now.polls++;
    if (poll.outcome === 'ok') this.ok++;
    else {
      now.failed++;
      this.failed = counted(this.failed, poll.outcome, 1);
      this.lastFault = poll.detail ?? poll.outcome;
    }
    if (poll.stats.sent > 0) {
      now.pollMs += poll.durationMs;
      if (poll.durationMs > now.longestMs) now.longestMs = poll.durationMs;
    } else now.spared++;
    this.#sent(poll.stats);
    if (this.#startedAt !== undefined) {
      this.lastGapMs = startedAt - this.#startedAt;
      now.gapMs += this.lastGapMs;
      now.gaps++;
    }
    this.#startedAt = startedAt;
    // One by one: the poll holds all its samples.
    this.lastTime = poll.time;
    this.lastMs = poll.durationMs;
    this.lastOutcome = poll.outcome;
    this.lastEvidence = poll.evidence;
    return closed;
  }

  /** Interfaces of the last poll that got no rate, by reason. */
  withoutRate(reasons: SnmpPoll['withoutRate']): void {
    for (const reason in reasons)
      this.ratesMissing = counted(this.ratesMissing, reason, reasons[reason as keyof typeof reasons] ?? 0);
  }

  tickSkipped(ticks: number): void {
    this.skipped += ticks;
    this.now.skipped += ticks;
  }

  /** @param at wall clock ms */
  fault(fault: SnmpFault, detail: string, at: number): void {
    this.faults[fault]++;
    if (fault === 'late') this.now.late++;
    if (fault === 'wrong_source') this.stranger = { text: detail, at };
  }

  /** The device is asked in another way from now on. @param at wall clock ms */
  askedAnew(why: string, at: number): void {
    this.adapted++;
    this.adaptation = { text: why, at };
  }

  /** @param asked what the reading sent; undefined when it did not come to that */
  readFacts(pass: Omit<FactsPass, 'samples' | 'facts'>, durationMs: number, asked: Asked | undefined): void {
    const { kind, outcome, detail, dropped } = pass;
    this.facts ??= new Map();
    const outcomes = counted(this.facts.get(kind)?.outcomes, outcome, 1);
    // An error status concerns single objects, which the device may never give.
    const fault = outcome !== 'ok' && ENDS_POLL.has(outcome) ? detail : undefined;
    this.facts.set(kind, { lastMs: durationMs, outcomes, fault });
    this.factsDropped += dropped;
    this.now.factsMs += durationMs;
    if (asked) this.#sent(asked);
  }

  #sent({ sent, answers, retries, timeouts }: Asked): void {
    const { now } = this;
    now.requests += sent;
    now.retries += retries;
    now.timeouts += timeouts;
    this.requests += sent;
    this.answers += answers;
    this.retries += retries;
    this.timeouts += timeouts;
  }

  #close(startedAt: number): Stretch | undefined {
    if (this.#closesAt === undefined) {
      this.#closesAt = this.#endOf(startedAt, FIRST_STRETCH_MS);
      return undefined;
    }
    if (startedAt < this.#closesAt) return undefined;
    this.#closesAt = this.#endOf(startedAt, STRETCH_MS);
    this.before = this.now;
    this.now = new Stretch();
    return this.before;
  }

  /** Between two ticks, so that a poll a moment too early or too late makes no difference. */
  #endOf(startedAt: number, lengthMs: number): number {
    return startedAt + Math.max(lengthMs, this.#intervalMs) - this.#intervalMs / 2;
  }
}

/** Made with the first thing to count: most devices have none of most kinds. */
function counted<K>(counts: Counts<K> | undefined, key: K, n: number): Counts<K> {
  const made = counts ?? new Map<K, number>();
  return made.set(key, (made.get(key) ?? 0) + n);
}
