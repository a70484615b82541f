import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { AgentConfig, Target } from '../config.ts';
import { AnyPing } from '../drivers/any-ping.ts';
import { Fping } from '../drivers/fping.ts';
import type { PingDriver } from '../drivers/ping.ts';
import { createResolver, type Resolve } from '../drivers/resolve.ts';
import { type OpenSnmpSession, openSnmpSession } from '../drivers/snmp.ts';
import { SystemPing } from '../drivers/system-ping.ts';
import { EVERY_POLL_PROFILE, type ProfileSet } from '../profile/load.ts';
import { DeviceLog } from './device-log.ts';
import { PingCycle } from './ping-cycle.ts';
import { pingGroups } from './ping-group.ts';
import { planPoll } from './plan.ts';
import { type PollMetrics, pollMetrics } from './poll-metrics.ts';
import { Prober } from './prober.ts';
import { SnmpDevice } from './snmp-device.ts';
import { budgetOf, firstTick, nextTick } from './tick.ts';

export interface PollerDeps {
  readonly config: Pick<AgentConfig, 'targets' | 'icmp'>;
  readonly profiles: ProfileSet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Takes the samples of one device's poll as soon as it is over, whole or cut short. Must not throw. */
  readonly emit: (samples: readonly Sample[]) => void;
  /** The edges, for tests and for a faster driver. */
  readonly openSession?: OpenSnmpSession;
  readonly ping?: PingDriver;
  readonly resolve?: Resolve;
}

/**
 * Polls every target on its own interval: SNMP one loop per device, ping one loop per group of equal settings. A loop waits for its own work only,
 * so a slow device delays nobody; a poll that outlasts 80 % of its interval is cut and what it read is emitted.
 */
export class Poller {
  readonly #deps: PollerDeps;
  readonly #stop = new AbortController();
  #running: Promise<unknown> | undefined;
  #count: PollMetrics | undefined;
  #prober: Prober | undefined;

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const { config, clock, log, metrics, emit } = this.#deps;
    this.#count = pollMetrics(metrics);
    const states = new DeviceLog(config.targets, log);
    const resolve = this.#deps.resolve ?? createResolver(clock);
    const ping = this.#deps.ping ?? new AnyPing([new Fping(config.icmp.fping, clock), new SystemPing()], clock, log);
    const shared = { driver: ping, resolve, clock, states, pings: this.#count.pings, emit };
    this.#prober = new Prober({ ...shared, targets: config.targets, log, probes: this.#count.probes });
    this.#running = Promise.all([
      ...config.targets.flatMap((t) => (t.snmp ? [this.#pollSnmp(t, states, resolve)] : [])),
      ...pingGroups(config.targets).map((group) => {
        const cycle = new PingCycle({ ...shared, group });
        return this.#every(
          group.key,
          group.settings.interval,
          (signal) => cycle.run(signal),
          (skipped) => this.#count!.pingSkipped.inc(skipped),
        );
      }),
    ]);
  }

  /** Pings the named targets out of turn; those that are none of this agent's are left out. */
  probe(names: readonly string[]): void {
    this.#prober?.probe(names);
  }

  /** Ends every loop, waiting for the polls that are going on to be cut short. A stopped poller stays stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#running, this.#prober?.stop()]);
  }

  async #pollSnmp(target: Target, states: DeviceLog, resolve: Resolve): Promise<void> {
    const { clock, emit, log, profiles } = this.#deps;
    const count = this.#count!;
    const profile = profiles.profiles.get(EVERY_POLL_PROFILE);
    if (!profile) throw new Error(`the profile ${EVERY_POLL_PROFILE} is missing`);
    const labels = { device: target.name };
    const device = new SnmpDevice({
      target,
      credentials: target.snmp!,
      profile,
      plan: planPoll(profile),
      clock,
      resolve,
      open: this.#deps.openSession ?? openSnmpSession,
      onFault: (fault) => count.faults.inc({ ...labels, fault }),
    });
    await this.#every(
      target.name,
      target.intervalMs,
      async (signal) => {
        const poll = await device.poll(signal);
        if (this.#stop.signal.aborted) return;
        emit([...poll.samples, states.snmp(target, poll.evidence, poll.time)]);
        count.duration.set(labels, poll.durationMs / 1000);
        count.polls.inc({ ...labels, outcome: poll.outcome });
        count.timeouts.inc(labels, poll.stats.timeouts);
        count.retries.inc(labels, poll.stats.retries);
        for (const [reason, n] of Object.entries(poll.withoutRate)) count.withoutRate.inc({ ...labels, reason }, n);
        states.outcome(target, poll.outcome, poll.detail);
      },
      (skipped) => {
        count.skipped.inc(labels, skipped);
        log.debug({ device: target.name, skipped }, 'poll too late, ticks skipped');
      },
    );
    device.close();
  }

  /** Runs `work` on its own grid of ticks until stopped, each run with a signal that ends it when its budget is spent. */
  async #every(
    name: string,
    intervalMs: number,
    work: (signal: AbortSignal) => Promise<void>,
    onSkipped: (ticks: number) => void,
  ): Promise<void> {
    const { clock, log } = this.#deps;
    const stop = this.#stop.signal;
    let due = firstTick(name, clock.monotonic(), intervalMs);
    while (!stop.aborted) {
      await clock.sleep(due - clock.monotonic(), stop);
      if (stop.aborted) break;
      const run = new AbortController();
      const end = (): void => run.abort();
      const timer = new AbortController();
      stop.addEventListener('abort', end, { once: true });
      void clock.sleep(budgetOf(intervalMs), timer.signal).then(end);
      try {
        await work(run.signal);
      } catch (error) {
        // A defect of ours, not of the device: the other devices go on, and so does this one at its next tick.
        log.error(
          { loop: name, err: errorMessage(error), stack: (error as Error).stack },
          'a poll failed unexpectedly',
        );
      } finally {
        timer.abort();
        stop.removeEventListener('abort', end);
      }
      const next = nextTick(due, intervalMs, clock.monotonic());
      if (next.skipped > 0) onSkipped(next.skipped);
      due = next.due;
    }
  }
}
