import type { Clock } from '../core/clock.ts';
import type { DeviceFacts } from '../core/device-facts.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SelfMetrics } from '../runtime/self-metrics.ts';
import type { AgentConfig, Target } from './config.ts';
import { canonicalAddress, createResolver } from './drivers/resolve.ts';
import type { TrapReport, TrapWorkerSettings } from './drivers/trap-channel.ts';
import { TrapReceiver } from './drivers/trap-receiver.ts';
import type { UsmUser } from './drivers/usm/key-cache.ts';
import { levelOf } from './drivers/usm/protocol.ts';
import type { Reread } from './poll/reread.ts';
import { TargetAddresses } from './target-addresses.ts';
import { TrapDesk } from './trap/desk.ts';
import { InterfaceNames } from './trap/interface-names.ts';
import type { LoadedTraps } from './trap/load.ts';
import type { TrapSettings } from './trap/settings.ts';
import { trapMetrics } from './trap/trap-metrics.ts';

export interface TrapDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Name of this machine. */
  readonly host: string;
  readonly emit: (samples: readonly Sample[]) => boolean;
  /** Asks for a poll out of turn. */
  readonly pollNow: (device: string, reread: Reread) => void;
  readonly onListening?: (port: number) => void;
}

export type TrapConfig = Pick<AgentConfig, 'targets' | 'traps'>;

/** Receives traps and informs and makes events of them. Started and stopped with each configuration; does nothing where that has no `traps`. */
export class Traps {
  readonly #deps: TrapDeps;
  readonly #names = new InterfaceNames();
  #running: { readonly end: () => void; readonly ended: Promise<void> } | undefined;

  constructor(deps: TrapDeps) {
    this.#deps = deps;
  }

  /** What polls say of interfaces, for traps that give an index alone. */
  learn(samples: readonly Sample[]): void {
    if (this.#running) this.#names.learn(samples);
  }

  /** The same from a pass over everything: polls by blocks make no samples of interfaces. */
  learnFacts(device: string, { interfaces }: Pick<DeviceFacts, 'interfaces'>): void {
    if (this.#running) this.#names.learnRows(device, interfaces);
  }

  /** @param rules what the configuration's trap files say; undefined where it has no `traps` */
  start({ targets, traps }: TrapConfig, rules: LoadedTraps | undefined): void {
    if (!traps || !rules || this.#running) return;
    this.#names.keep(new Set(targets.map((t) => t.name)));
    const stop = new AbortController();
    const ended = this.#run(targets, traps, rules, stop.signal).catch((error: unknown) =>
      this.#deps.log.error({ err: errorMessage(error) }, 'traps are not received'),
    );
    this.#running = { end: () => stop.abort(), ended };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    running?.end();
    await running?.ended;
    this.#running = undefined;
  }

  async #run(targets: readonly Target[], traps: TrapSettings, rules: LoadedTraps, signal: AbortSignal): Promise<void> {
    const { clock, log, metrics, host, emit, pollNow, onListening } = this.#deps;
    const count = trapMetrics(metrics);
    const addresses = new TargetAddresses({ targets, sources: traps.sources, resolve: createResolver(clock), log });
    const relays = traps.relays.map(canonicalAddress);
    for (const warning of rules.warnings) log.warn({ warning }, 'trap file: not used');
    for (const reason of rules.disabled) log.error({ reason }, 'trap file disabled');
    const desk = new TrapDesk({
      rules,
      names: this.#names,
      targetAt: (address) => addresses.targetAt(address),
      relays: new Set(relays),
      emit,
      pollNow,
      count: (outcome) => count.events.inc({ outcome }),
      log,
    });
    await addresses.look(signal);
    const known = (): string[] => [...addresses.all, ...relays];
    const receiver = new TrapReceiver({
      settings: { ...workerSettings(traps, targets, host), known: known() },
      clock,
      log,
      onReport: ({ deliveries, counts }: TrapReport) => {
        for (const [outcome, n] of Object.entries(counts)) count.received.inc({ outcome }, n);
        desk.take(deliveries, clock.monotonic());
      },
      onRestart: () => count.restarts.inc(),
      ...(onListening ? { onListening } : {}),
    });
    const looking = addresses.keepLooking(clock, signal, () => {
      receiver.known = known();
    });
    await Promise.all([receiver.run(signal), looking]);
    desk.close();
  }
}

/** Whose traps are accepted: as written, else whom the targets are polled as. */
export function workerSettings(
  traps: TrapSettings,
  targets: readonly Target[],
  host: string,
): Omit<TrapWorkerSettings, 'known'> {
  const used = targets.flatMap((t) => t.snmp ?? []);
  const communities = traps.communities ?? used.flatMap((c) => (c.version === '3' ? [] : [c.community]));
  const users = traps.users ?? used.flatMap((c) => (c.version === '3' ? [c] : []));
  const keys = users.map((u): UsmUser => {
    const { user, auth_protocol, priv_protocol, auth_key, priv_key } = u;
    return { user, level: levelOf(u), auth_protocol, priv_protocol, auth_key, priv_key };
  });
  return {
    ...traps.listen,
    communities: [...new Set(communities)],
    // Devices may have the same user with keys of their own.
    users: [...new Map(keys.map((k) => [JSON.stringify(k), k])).values()],
    engine: traps.engine ?? host,
  };
}
