import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { RunCheck } from '../drivers/check/run-check.ts';
import { serviceSamples } from '../normalise/service.ts';
import { type Verdict, verdictOn } from '../normalise/service-verdict.ts';
import { every } from '../poll/every.ts';
import type { FailureHistory } from './failure-history.ts';
import { Gate } from './gate.ts';
import { AT_ONCE, liveCheck } from './live-check.ts';
import type { Service } from './service.ts';
import { type ServiceMetrics, serviceMetrics } from './service-metrics.ts';
import { isDue } from './window.ts';

export interface ServiceWatchDeps {
  readonly services: readonly Service[];
  readonly history: FailureHistory;
  readonly fping: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Takes the samples of one check. Must not throw. */
  readonly emit: (samples: readonly Sample[]) => void;
  /** The edge, for tests. */
  readonly runCheck?: RunCheck;
}

/** Checks every service on its own interval. A loop waits for its own check only, so a service that hangs delays no other. */
export class ServiceWatch {
  readonly #deps: ServiceWatchDeps;
  readonly #stop = new AbortController();
  readonly #gate = new Gate(AT_ONCE);
  readonly #states = new Map<string, Verdict['state']>();
  #running: Promise<unknown> | undefined;

  constructor(deps: ServiceWatchDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const { services, history, metrics, clock, log, fping } = this.#deps;
    history.keepOnly(services);
    const count = serviceMetrics(metrics);
    const runCheck = this.#deps.runCheck ?? liveCheck(fping, clock, log);
    this.#running = Promise.all(services.map((service) => this.#watch(service, runCheck, count)));
  }

  /** Ends every loop; what is being checked is cut short. A stopped watch stays stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #watch(service: Service, runCheck: RunCheck, count: ServiceMetrics): Promise<void> {
    const { clock, log } = this.#deps;
    const { name, intervalMs, window } = service;
    let last: number | undefined;
    const onSkipped = (ticks: number): void => count.skipped.inc({ service: name }, ticks);
    return every(
      { name: `service ${name}`, intervalMs, clock, log, stop: this.#stop.signal, onSkipped },
      async (signal) => {
        const at = clock.monotonic();
        if (!isDue(window, intervalMs, clock.now(), last === undefined ? undefined : at - last)) return;
        last = at;
        await this.#check(service, runCheck, count, signal);
      },
    );
  }

  async #check(service: Service, runCheck: RunCheck, count: ServiceMetrics, signal: AbortSignal): Promise<void> {
    const { clock, emit, history } = this.#deps;
    const labels = { service: service.name };
    // A check that gets no place in its time is left out.
    const done = await this.#gate.run(signal, async () => {
      const time = Math.round(clock.now());
      return { time, attempt: await runCheck(service, signal) };
    });
    // What was cut, or never begun, is not reported, only counted.
    if (!done || signal.aborted) {
      count.checks.inc({ ...labels, result: 'cut' });
      return;
    }
    const verdict = verdictOn(service, done.attempt);
    const { state } = verdict;
    const failures = state === 'unknown' ? undefined : history.note(service, state === 'failed', clock.monotonic());
    count.checks.inc({ ...labels, result: state });
    this.#tell(service, verdict);
    emit(serviceSamples(service, done.attempt, verdict, failures, done.time));
  }

  /** Says once that a service fails, or cannot be checked, and once that it is well again. */
  #tell({ name }: Service, { state, reason }: Verdict): void {
    const before = this.#states.get(name) ?? 'ok';
    this.#states.set(name, state);
    if (state === before) return;
    const { log } = this.#deps;
    if (state === 'ok') log.info({ service: name, from: before }, 'service is well again');
    else
      log.warn(
        { service: name, state, reason },
        state === 'failed' ? 'service fails' : 'service cannot be checked from here',
      );
  }
}
