import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Sample } from '../core/sample.ts';
import type { Logger } from '../runtime/logger.ts';
import type { SelfMetrics } from '../runtime/self-metrics.ts';
import { type AgentConfig, type Target, type TrapSettings, userLevel } from './config.ts';
import { canonicalAddress, createResolver, type Resolve } from './drivers/resolve.ts';
import type { TrapReport, TrapWorkerSettings } from './drivers/trap-channel.ts';
import { TrapReceiver } from './drivers/trap-receiver.ts';
import { TrapDesk } from './trap/desk.ts';
import { InterfaceNames } from './trap/interface-names.ts';
import { type LoadedTraps, loadTrapsFor } from './trap/load.ts';
import { trapMetrics } from './trap/trap-metrics.ts';
import type { UsmUserSettings } from './trap/usm.ts';

export interface TrapDeps {
  readonly config: Pick<AgentConfig, 'targets' | 'traps'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  /** Name of this machine. */
  readonly host: string;
  readonly emit: (samples: readonly Sample[]) => boolean;
  readonly pollNow: (device: string) => void;
  readonly names?: InterfaceNames;
  readonly resolve?: Resolve;
  readonly onListening?: (port: number) => void;
}

/** A host name may come to mean another address; literal addresses cost nothing. */
const RESOLVE_EVERY_MS = 300_000;

/** Receives traps and informs and makes events of them, until stopped. Does nothing where the configuration has no `traps`. */
export class Traps {
  readonly names: InterfaceNames;
  readonly #deps: TrapDeps;
  readonly #stop = new AbortController();
  #targets: ReadonlyMap<string, Target> = new Map();
  #running: Promise<unknown> | undefined;

  constructor(deps: TrapDeps) {
    this.#deps = deps;
    this.names = deps.names ?? new InterfaceNames();
    this.names.keep(new Set(deps.config.targets.map((t) => t.name)));
  }

  start(): void {
    const { traps } = this.#deps.config;
    if (!traps || this.#running) return;
    this.#running = this.#run(traps).catch((error: unknown) =>
      this.#deps.log.error({ err: errorMessage(error) }, 'traps are not received'),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(traps: TrapSettings): Promise<void> {
    const { clock, log, metrics, config, host, emit, pollNow, onListening } = this.#deps;
    const count = trapMetrics(metrics);
    const desk = new TrapDesk({
      rules: loadRules(traps, log),
      names: this.names,
      targetAt: (address) => this.#targets.get(address),
      relays: new Set(traps.relays.map(canonicalAddress)),
      emit,
      pollNow,
      count: (outcome) => count.events.inc({ outcome }),
      log,
    });
    await this.#findTargets(traps);
    const onReport = ({ deliveries, counts }: TrapReport): void => {
      for (const [outcome, n] of Object.entries(counts)) count.received.inc({ outcome }, n);
      desk.take(deliveries, clock.monotonic());
    };
    const receiver = new TrapReceiver({
      settings: { ...workerSettings(traps, config.targets, host), known: this.#known(traps) },
      clock,
      log,
      onReport,
      onRestart: () => count.restarts.inc(),
      ...(onListening ? { onListening } : {}),
    });
    await Promise.all([receiver.run(this.#stop.signal), this.#keepTargets(traps, receiver)]);
    desk.close();
  }

  async #keepTargets(traps: TrapSettings, receiver: TrapReceiver): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(RESOLVE_EVERY_MS, signal);
      if (signal.aborted) return;
      const before = this.#known(traps);
      await this.#findTargets(traps);
      const now = this.#known(traps);
      if (!isDeepStrictEqual(now, before)) receiver.known = now;
    }
  }

  /** Canonical addresses of whom traps are expected from. */
  #known({ relays }: TrapSettings): string[] {
    return [...this.#targets.keys(), ...relays.map(canonicalAddress)];
  }

  /** A name that has no address now keeps the one it had. */
  async #findTargets(traps: TrapSettings): Promise<void> {
    const { config, clock, log } = this.#deps;
    const resolve = this.#deps.resolve ?? createResolver(clock);
    const found = new Map<string, Target>();
    await Promise.all(
      config.targets.map(async (target) => {
        try {
          found.set((await resolve(target.host, this.#stop.signal)).canonical, target);
        } catch (error) {
          log.debug({ device: target.name, err: errorMessage(error) }, 'no address for its traps');
          for (const [address, known] of this.#targets) if (known.name === target.name) found.set(address, known);
        }
      }),
    );
    for (const [address, name] of Object.entries(traps.sources))
      found.set(canonicalAddress(address), config.targets.find((t) => t.name === name)!);
    this.#targets = found;
  }
}

function loadRules(traps: TrapSettings, log: Logger): LoadedTraps {
  const rules = loadTrapsFor(traps);
  for (const warning of rules.warnings) log.warn({ warning }, 'trap file: not used');
  for (const reason of rules.disabled) log.error({ reason }, 'trap file disabled');
  return rules;
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
  const keys = users.map((u): UsmUserSettings => {
    const { user, auth_protocol, priv_protocol, auth_key, priv_key } = u;
    return { user, level: userLevel(u), auth_protocol, priv_protocol, auth_key, priv_key };
  });
  return {
    ...traps.listen,
    communities: [...new Set(communities)],
    // Devices may have the same user with keys of their own.
    users: [...new Map(keys.map((k) => [JSON.stringify(k), k])).values()],
    engine: traps.engine ?? host,
  };
}
