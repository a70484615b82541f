import type { Target } from '../../agent/config.ts';
import { loadTrapsFor } from '../../agent/trap/load.ts';
import type { TrapSettings } from '../../agent/trap/settings.ts';
import { Traps } from '../../agent/traps.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';
import { SelfMetrics } from '../../runtime/self-metrics.ts';

/** A receiver as the agent runs it, with what came out of it. */
export interface TestTraps {
  readonly port: number;
  readonly events: Sample[];
  readonly polled: string[];
  /** What a poll says. */
  learn(samples: readonly Sample[]): void;
  /** Value of one of its counters. */
  count(name: string, outcome?: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startTraps(targets: readonly Target[], traps: Partial<TrapSettings> = {}): Promise<TestTraps> {
  const events: Sample[] = [];
  const polled: string[] = [];
  const metrics = new SelfMetrics();
  const listening = Promise.withResolvers<number>();
  const service = new Traps({
    clock: systemClock,
    log: createLogger('test', 'silent'),
    metrics,
    host: 'agent-under-test',
    emit: (samples) => {
      events.push(...samples);
      return true;
    },
    pollNow: (device) => polled.push(device),
    onListening: listening.resolve,
  });
  const settings = { listen: { host: '127.0.0.1', port: 0 }, relays: [], sources: {}, engine: 'tests', ...traps };
  service.start({ targets, traps: settings }, loadTrapsFor(settings));
  return {
    port: await listening.promise,
    events,
    polled,
    learn: (samples) => service.learn(samples),
    count: (name, outcome) => countOf(metrics, name, outcome),
    stop: () => service.stop(),
  };
}

async function countOf(metrics: SelfMetrics, name: string, outcome?: string): Promise<number> {
  const text = await metrics.text();
  const label = outcome === undefined ? '' : `{outcome="${outcome}"}`;
  const line = text.split('\n').find((l) => l.startsWith(`bellwether_agent_${name}${label} `));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

/** The events in short. */
export function shortly(events: readonly Sample[]): Record<string, FieldValue | undefined>[] {
  return events.map(({ tags, fields }) => ({
    device: tags['device'],
    type: tags['type'],
    severity: tags['severity'],
    domain: tags['domain'],
    ifIndex: tags['ifIndex'],
    ifName: tags['ifName'],
    message: fields['message'],
  }));
}
