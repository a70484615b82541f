import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Target } from './config.ts';
import { canonicalAddress, type Resolve } from './drivers/resolve.ts';

/** A host name may come to mean another address; literal addresses cost nothing. */
const AGAIN_MS = 300_000;

export interface TargetAddressesOptions {
  readonly targets: readonly Target[];
  /** Names of targets by further addresses of theirs. */
  readonly sources: Readonly<Record<string, string>>;
  readonly resolve: Resolve;
  readonly log: Logger;
}

/** Which target an address is. */
export class TargetAddresses {
  readonly #options: TargetAddressesOptions;
  #targets: ReadonlyMap<string, Target> = new Map();

  constructor(options: TargetAddressesOptions) {
    this.#options = options;
  }

  /** Canonical. */
  get all(): string[] {
    return [...this.#targets.keys()];
  }

  targetAt(address: string): Target | undefined {
    return this.#targets.get(address);
  }

  /** Asks for the address of each. A name that has none now keeps the one it had. */
  async look(signal: AbortSignal): Promise<void> {
    const { targets, sources, resolve, log } = this.#options;
    const found = new Map<string, Target>();
    await Promise.all(
      targets.map(async (target) => {
        try {
          found.set((await resolve(target.host, signal)).canonical, target);
        } catch (error) {
          log.debug({ device: target.name, err: errorMessage(error) }, 'no address for its traps');
          for (const [address, known] of this.#targets) if (known.name === target.name) found.set(address, known);
        }
      }),
    );
    const named = new Map(targets.map((target) => [target.name, target]));
    for (const [address, name] of Object.entries(sources)) found.set(canonicalAddress(address), named.get(name)!);
    this.#targets = found;
  }

  /** Looks again from time to time until aborted. */
  async keepLooking(clock: Clock, signal: AbortSignal, onChange: () => void): Promise<void> {
    for (;;) {
      await clock.sleep(AGAIN_MS, signal);
      if (signal.aborted) return;
      const before = this.all;
      await this.look(signal);
      if (!isDeepStrictEqual(this.all, before)) onChange();
    }
  }
}
