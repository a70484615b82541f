import type { Clock } from '../../core/clock.ts';
import type { DeviceFacts } from '../../core/device-facts.ts';
import { encodeLines } from '../../core/line-protocol-encode.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { AgentConfig, Target } from '../config.ts';
import { AnyPing } from '../drivers/any-ping.ts';
import { createFastDriver } from '../drivers/fast/session.ts';
import { Fping } from '../drivers/fping.ts';
import type { PingDriver } from '../drivers/ping.ts';
import { createResolver, type Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp-session.ts';
import { SystemPing } from '../drivers/system-ping.ts';
import { deviceTags } from '../normalise/device-tags.ts';
import type { TextBuffer } from '../normalise/ports/text-buffer.ts';
import { EVERY_POLL_PROFILE } from '../profile/bundle.ts';
import { ProfileLibrary } from '../profile/library.ts';
import type { ProfileSet } from '../profile/load.ts';
import type { Conversation } from './conversation.ts';
import { DeviceLog } from './device-log.ts';
import type { DeviceStats } from './device-stats.ts';
import { every } from './every.ts';
import { FactsPoll } from './facts-poll.ts';
import { KeptLines } from './kept-lines.ts';
import { LayoutCache } from './layout-cache.ts';
import { PingCycle } from './ping-cycle.ts';
import { pingGroups } from './ping-group.ts';
import { type PollPlan, planPoll } from './plan.ts';
import { PollBook } from './poll-book.ts';
import { type PollMetrics, pollMetrics } from './poll-metrics.ts';
import { rowOver } from './polling-row.ts';
import { pollingSample } from './polling-sample.ts';
import { Prober } from './prober.ts';
import type { Reread } from './reread.ts';
import { SnmpDevice, type SnmpPoll } from './snmp-device.ts';
import { Ticker } from './ticker.ts';

const NONE: readonly Sample[] = [];
/** Names and settings of interfaces are read at every so many polls where nothing else is said. */
const SLOW_EVERY = 10;

export interface PollerDeps {
  readonly config: Pick<AgentConfig, 'targets' | 'icmp'> & {
    readonly facts?: AgentConfig['facts'];
    readonly slow_columns?: number;
  };
  readonly profiles: ProfileSet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** What is counted of each device, from one poller to the next; one of its own when left out. */
  readonly book?: PollBook;
  /** Takes the samples of one device's poll as soon as it is over, whole or cut short. Must not throw. */
  readonly emit: (samples: readonly Sample[]) => void;
  /** Takes lines that are written straight into its text. Without it the interfaces of every device come as samples, which costs more. */
  readonly lines?: LineSink;
  /** Takes all that was found on a device, after each reading of everything. Must not throw. */
  readonly onFacts?: (target: Target, facts: DeviceFacts, time: number) => void;
  /** The edges, for tests. */
  readonly openSession?: OpenSnmpSession;
  readonly ping?: PingDriver;
  readonly resolve?: Resolve;
}

/** Line protocol as text, of several devices in a row. */
export interface LineSink {
  /** `write` appends lines at once and says how many. `time` is that of the newest of them. Must not throw. */
  add(write: (out: TextBuffer) => number, time: number): void;
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
  readonly #open: OpenSnmpSession;
  readonly #layouts = new LayoutCache();
  readonly #kept = new KeptLines();
  readonly #book: PollBook;
  readonly #ticker: Ticker;
  /** By device. */
  readonly #facts = new Map<string, FactsPoll>();
  /** One for all devices. */
  #plan: PollPlan | undefined;

  constructor(deps: PollerDeps) {
    this.#deps = deps;
    this.#open = deps.openSession ?? createFastDriver(deps.clock);
    this.#ticker = new Ticker(deps.clock, deps.log, deps.config.targets.length);
    this.#book = deps.book ?? new PollBook();
  }

  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    const { config, clock, log, metrics, emit, profiles } = this.#deps;
    if (config.facts) this.#library = new ProfileLibrary(profiles);
    this.#book.begin(config.targets);
    this.#count = pollMetrics(metrics, this.#book);
    const states = new DeviceLog(config.targets, log);
    const resolve = this.#deps.resolve ?? createResolver(clock);
    const fping = new Fping(config.icmp.fping, clock, (fault) => this.#count?.pingFaults.inc({ fault }));
    const ping = this.#deps.ping ?? new AnyPing([fping, new SystemPing()], clock, log);
    const shared = { driver: ping, resolve, clock, states, pings: this.#count.pings, emit };
    this.#prober = new Prober({ ...shared, targets: config.targets, log, probes: this.#count.probes });
    const devices = config.targets.flatMap((t) => (t.snmp ? [this.#pollSnmp(t, states, resolve)] : []));
    this.#running = Promise.all([
      this.#ticker.run(this.#stop.signal).then(() => {
        for (const device of devices) device.close();
      }),
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
    const facts = this.#facts.get(name);
    if (reread === 'vitals') facts?.wantVitals();
    if (reread === 'everything') facts?.wantFull(this.#deps.clock.monotonic());
    const asked = this.#ticker.ask(name);
    this.#count?.extra.inc({ result: asked === undefined ? 'unknown' : asked ? 'asked' : 'pending' });
  }

  /** Ends every loop, waiting for the polls that are going on to be cut short. A stopped poller stays stopped. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#running, this.#prober?.stop()]);
  }

  #pollSnmp(target: Target, states: DeviceLog, resolve: Resolve): SnmpDevice {
    const { clock, config, lines, log, profiles } = this.#deps;
    const stats = this.#book.of(target.name);
    const profile = profiles.profiles.get(EVERY_POLL_PROFILE);
    if (!profile) throw new Error(`the profile ${EVERY_POLL_PROFILE} is missing`);
    this.#plan ??= planPoll(profile);
    const device = new SnmpDevice({
      target,
      credentials: target.snmp!,
      profile,
      plan: this.#plan,
      clock,
      resolve,
      open: this.#open,
      ...(lines ? { ports: { layouts: this.#layouts, slowEvery: config.slow_columns ?? SLOW_EVERY } } : {}),
      onFault: (fault, detail) => stats.fault(fault, detail, clock.now()),
      onCause: (cause) => {
        stats.askedAnew(cause, clock.now());
        log.info({ device: target.name, cause }, 'asked in another way from now on');
      },
    });
    const facts = this.#library && config.facts ? new FactsPoll(this.#library, config.facts) : undefined;
    if (facts) this.#facts.set(target.name, facts);
    this.#ticker.add({
      name: target.name,
      intervalMs: target.intervalMs,
      work: async (signal) => {
        const poll = await device.poll(signal, states.isAlive(target));
        if (this.#stop.signal.aborted) return;
        const state = states.snmp(target, poll.evidence, poll.time);
        const closed = stats.polled(poll, clock.monotonic());
        const more = closed && [pollingSample(rowOver(stats, closed, poll.time), deviceTags(target), poll.time)];
        stats.withoutRate(this.#emit(poll, state, more ?? NONE));
        states.outcome(target, poll.outcome, poll.detail);
        if (facts && poll.evidence === 'ok') await this.#readFacts(target, device, facts, stats, poll, signal);
      },
      onSkipped: (skipped) => {
        stats.tickSkipped(skipped);
        log.debug({ device: target.name, skipped }, 'poll too late, ticks skipped');
      },
    });
    return device;
  }

  #emit(poll: SnmpPoll, state: Sample, more: readonly Sample[]): SnmpPoll['withoutRate'] {
    const { emit, lines } = this.#deps;
    const { write, samples, time } = poll;
    if (!write || !lines) {
      emit([...samples, state, ...more]);
      return poll.withoutRate;
    }
    let missing = poll.withoutRate;
    lines.add((out) => {
      const written = write(out);
      missing = written.withoutRate;
      this.#kept.write(out, state);
      if (more.length > 0) out.text(encodeLines(more, 'ms'));
      return written.lines + 1 + more.length;
    }, time);
    return missing;
  }

  /** After the interfaces, in what is left of the poll's time: they are the more urgent. */
  async #readFacts(
    target: Target,
    device: SnmpDevice,
    facts: FactsPoll,
    stats: DeviceStats,
    poll: Pick<SnmpPoll, 'uptime'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, emit, log, onFacts } = this.#deps;
    const at = clock.monotonic();
    if (!facts.isDue(at, target.intervalMs)) return;
    const time = Math.round(clock.now());
    const talks: Conversation[] = [];
    const open = async (): Promise<Conversation> => {
      const talk = await device.converse(signal);
      talks.push(talk);
      return talk;
    };
    const pass = await facts.read(open, { at, time, uptime: poll.uptime, tags: device.tags });
    if (this.#stop.signal.aborted) return;
    emit(pass.samples);
    const { kind, outcome, detail } = pass;
    stats.readFacts(pass, clock.monotonic() - at, talks[0]?.stats);
    if (outcome !== 'ok') log.debug({ device: target.name, kind, outcome, detail }, 'facts cut short');
    if (pass.facts) onFacts?.(target, pass.facts, time);
  }

  #every(
    name: string,
    intervalMs: number,
    work: (signal: AbortSignal) => Promise<void>,
    onSkipped: (ticks: number) => void,
  ): Promise<void> {
    const { clock, log } = this.#deps;
    const options = { name, intervalMs, clock, log, stop: this.#stop.signal, onSkipped };
    return every(options, work);
  }
}
