import type { AgentConfig, Target } from '../../../agent/config.ts';
import { Poller } from '../../../agent/poll/loop.ts';
import { PollBook } from '../../../agent/poll/poll-book.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import type { Sample } from '../../../core/sample.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';

/** A real poller whose samples are kept. */
export class Recorder {
  readonly samples: Sample[] = [];
  readonly metrics = new SelfMetrics();
  readonly book = new PollBook();
  readonly poller: Poller;

  constructor(targets: readonly Target[], fping = 'fping') {
    this.poller = new Poller({
      config: { targets, icmp: { fping } } as AgentConfig,
      profiles: loadProfiles(),
      clock: systemClock,
      log: createLogger('test', 'silent'),
      metrics: this.metrics,
      book: this.book,
      emit: (samples) => void this.samples.push(...samples),
    });
  }

  of(measurement: string, device: string, tags: Readonly<Record<string, string>> = {}): Sample[] {
    return this.samples.filter(
      (s) =>
        s.measurement === measurement &&
        s.tags['device'] === device &&
        Object.entries(tags).every(([name, value]) => s.tags[name] === value),
    );
  }

  last(measurement: string, device: string): Sample['fields'] {
    return this.of(measurement, device).at(-1)?.fields ?? {};
  }

  /** What is said of a device's polls, and why. */
  verdict(device: string): readonly [string, string] {
    const { verdict, cause } = this.book.rows(systemClock.now()).find((row) => row.device === device)!;
    return [verdict, cause];
  }

  /** The value of one of the agent's own metrics, 0 where it does not stand. */
  async count(name: string, labels: string): Promise<number> {
    const line = (await this.metrics.text())
      .split('\n')
      .find((l) => l.startsWith(`bellwether_agent_${name}{${labels}}`));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}
