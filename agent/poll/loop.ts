import type { Clock } from '../../core/clock.ts';
import type { DeviceFacts } from '../../core/device-facts.ts';
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
import { ProfileLibrary } from '../profile/library.ts';
import { EVERY_POLL_PROFILE, type ProfileSet } from '../profile/load.ts';
import { DeviceLog } from './device-log.ts';
import { every } from './every.ts';
import { FactsPoll } from './facts-poll.ts';
import { Nudge } from './nudge.ts';
import { PingCycle } from './ping-cycle.ts';
import { pingGroups } from './ping-group.ts';
import { planPoll } from './plan.ts';
import { type PollMetrics, pollMetrics } from './poll-metrics.ts';
import { Prober } from './prober.ts';
import type { Reread } from './reread.ts';
import { SnmpDevice, type SnmpPoll } from './snmp-device.ts';

export interface PollerDeps {
  readonly config: Pick<AgentConfig, 'targets' | 'icmp'> & { readonly facts?: AgentConfig['facts'] };
  readonly profiles: ProfileSet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Takes the samples of one device's poll as soon as it is over, whole or cut short. Must not throw. */
  readonly emit: (samples: readonly Sample[]) => void;
  /** Takes all that was found on a device, after each reading of everything. Must not throw. */
  readonly onFacts?: (target: Target, facts: DeviceFacts, time: number) => void;
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
  #library: ProfileLibrary | undefined;
  /** By device. */
  readonly #asked = new Map<string, { readonly nudge: Nudge; readonly facts: FactsPoll | undefined }>();

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const { config, clock, log, metrics, emit, profiles } = this.#deps;
    if (config.facts) this.#library = new ProfileLibrary(profiles);
    this.#count = pollMetrics(metrics);
    const states = new DeviceLog(config.targets, log);
    const resolve = this.#deps.resolve ?? createResolver(clock);
    const fping = new Fping(config.icmp.fping, clock, (fault) => this.#count?.pingFaults.inc({ fault }));
    const ping = this.#deps.ping ?? new AnyPing([fping, new SystemPing()], clock, log);
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

  /** Polls the named device over SNMP out of turn, as soon as its last poll is over and some seconds old; of its facts what `reread` says. */
  pollNow(name: string, reread: Reread): void {
    const device = this.#asked.get(name);
    if (reread === 'vitals') device?.facts?.wantVitals();
    if (reread === 'everything') device?.facts?.wantFull(this.#deps.clock.monotonic());
    const asked = device?.nudge.ask();
    this.#count?.extra.inc({ result: asked === undefined ? 'unknown' : asked ? 'asked' : 'pending' });
  }

  /** Ends every loop, waiting for the polls that are going on to be cut short. A stopped poller stays stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#running, this.#prober?.stop()]);
  }

  async #pollSnmp(target: Target, states: DeviceLog, resolve: Resolve): Promise<void> {
    const { clock, config, emit, log, profiles } = this.#deps;
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
    const facts = this.#library && config.facts ? new FactsPoll(this.#library, config.facts) : undefined;
    const nudge = new Nudge(clock);
    this.#asked.set(target.name, { nudge, facts });
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
        if (facts && poll.evidence === 'ok') await this.#readFacts(target, device, facts, poll, signal);
      },
      (skipped) => {
        count.skipped.inc(labels, skipped);
        log.debug({ device: target.name, skipped }, 'poll too late, ticks skipped');
      },
      nudge,
    );
    device.close();
  }

  /** After the interfaces, in what is left of the poll's time: they are the more urgent. */
  async #readFacts(
    target: Target,
    device: SnmpDevice,
    facts: FactsPoll,
    poll: Pick<SnmpPoll, 'uptime'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, emit, log, onFacts } = this.#deps;
    const at = clock.monotonic();
    if (!facts.isDue(at, target.intervalMs)) return;
    const time = Math.round(clock.now());
    const pass = await facts.read(() => device.converse(signal), { at, time, uptime: poll.uptime, tags: device.tags });
    if (this.#stop.signal.aborted) return;
    emit(pass.samples);
    const labels = { device: target.name, kind: pass.kind };
    this.#count!.factsDuration.set(labels, (clock.monotonic() - at) / 1000);
    this.#count!.facts.inc({ ...labels, outcome: pass.outcome });
    this.#count!.factsDropped.inc({ device: target.name }, pass.dropped);
    if (pass.outcome !== 'ok') log.debug({ ...labels, outcome: pass.outcome, detail: pass.detail }, 'facts cut short');
    if (pass.facts) onFacts?.(target, pass.facts, time);
  }

  #every(
    name: string,
    intervalMs: number,
    work: (signal: AbortSignal) => Promise<void>,
    onSkipped: (ticks: number) => void,
    nudge?: Nudge,
  ): Promise<void> {
    const { clock, log } = this.#deps;
    const options = { name, intervalMs, clock, log, stop: this.#stop.signal, onSkipped, ...(nudge ? { nudge } : {}) };
    return every(options, work);
  }
}
