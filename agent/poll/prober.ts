import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Target } from '../config.ts';
import { PingCycle, type PingCycleOptions } from './ping-cycle.ts';
import { type PingGroup, pingGroups } from './ping-group.ts';
import type { PollMetrics } from './poll-metrics.ts';

export interface ProberOptions extends Omit<PingCycleOptions, 'group'> {
  readonly targets: readonly Target[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly probes: PollMetrics['probes'];
}

/** A device is asked out of turn at most once in this time, whoever wants it. */
const AGAIN_MS = 5_000;
/** What one round may take. */
const BUDGET_MS = 10_000;
/** Fewer packets than a regular cycle, and closer together: the answer is waited for. */
const PACKETS = 3;
const PERIOD_MS = 100;

/** Pings targets of this agent's own configuration out of turn, because somebody waits for their answer. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #askedAt = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Asks at once those of `names` that are targets with ping. Returns without waiting; never throws. */
  probe(names: readonly string[]): void {
    if (this.#stop.signal.aborted) return;
    const { targets, probes } = this.#options;
    const wanted = new Set(names);
    const known = targets.filter((target) => target.ping !== undefined && wanted.has(target.name));
    probes.inc({ result: 'unknown' }, wanted.size - known.length);
    const due = known.filter(({ name }) => this.#isDue(name));
    probes.inc({ result: 'too_soon' }, known.length - due.length);
    probes.inc({ result: 'done' }, due.length);
    for (const group of pingGroups(due)) this.#begin(group);
  }

  /** Cuts what is under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #isDue(name: string): boolean {
    const now = this.#options.clock.monotonic();
    if (now - (this.#askedAt.get(name) ?? -Infinity) < AGAIN_MS) return false;
    this.#askedAt.set(name, now);
    return true;
  }

  #begin(group: PingGroup): void {
    const task = this.#run(group)
      .catch((error: unknown) => this.#options.log.error({ err: errorMessage(error) }, 'a probe failed unexpectedly'))
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  async #run(group: PingGroup): Promise<void> {
    const { clock } = this.#options;
    const count = Math.min(PACKETS, group.settings.count);
    const periodMs = Math.min(PERIOD_MS, group.periodMs);
    const short = { ...group, settings: { ...group.settings, count }, periodMs, withinMs: BUDGET_MS };
    const end = new AbortController();
    const budget = new AbortController();
    void clock.sleep(BUDGET_MS, end.signal).then(() => budget.abort());
    try {
      await new PingCycle({ ...this.#options, group: short }).run(AbortSignal.any([this.#stop.signal, budget.signal]));
    } finally {
      end.abort();
    }
  }
}
