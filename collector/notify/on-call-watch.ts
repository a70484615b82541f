import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { Logger } from '../../runtime/logger.ts';
import { repeat } from '../../runtime/repeat.ts';
import type { ChannelRegistry } from './channels/channel.ts';
import type { Directory } from './directory.ts';
import { onCallSample } from './on-call-sample.ts';
import type { Router } from './router.ts';

export interface OnCallWatchParts {
  readonly router: Router;
  readonly directory: Directory;
  readonly channels: Pick<ChannelRegistry, 'has'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stores samples and puts them to the rules. */
  readonly observe: (samples: readonly Sample[]) => Promise<void>;
}

const EVERY_MS = 60_000;

/** Looks ahead at everybody's shifts, so that one that reaches nobody is an alert while there is time to mend it. */
export class OnCallWatch {
  readonly #parts: OnCallWatchParts;

  constructor(parts: OnCallWatchParts) {
    this.#parts = parts;
  }

  /** Looks every minute until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    await repeat(
      { clock, log, failure: 'shifts ahead not looked at, tried again', every: EVERY_MS },
      () => this.step(),
      signal,
    );
  }

  async step(): Promise<void> {
    const { router, clock, observe } = this.#parts;
    const now = clock.now();
    const samples = [...router.schools.keys()].flatMap((school) =>
      [...(router.plan(school)?.duties.values() ?? [])].map((duty) =>
        onCallSample(school, duty, now, (contact) => this.#reachable(school, contact)),
      ),
    );
    await observe(samples);
  }

  /** By the channels that the collector has and the contact is given. */
  #reachable(school: string, contact: string): boolean {
    const { directory, channels } = this.#parts;
    return (directory(school)?.endpoints(contact) ?? []).some(({ type }) => channels.has(type));
  }
}
