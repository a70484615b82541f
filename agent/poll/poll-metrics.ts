import { counterTotal, type SelfMetrics } from '../../runtime/self-metrics.ts';

type PerDevice = 'device';

const name = (rest: string): string => `bellwether_agent_${rest}`;

const pollCounter = (metrics: SelfMetrics) =>
  metrics.counter(name('polls_total'), 'SNMP polls by outcome: ok, or the code of the first fault.', [
    'device',
    'outcome',
  ]);

/** The poller's own metrics, by device: enough to name the one that is slow, silent or odd. */
export function pollMetrics(metrics: SelfMetrics) {
  const perDevice = ['device'] as const satisfies readonly PerDevice[];
  return {
    duration: metrics.gauge(name('poll_duration_seconds'), 'Duration of the last SNMP poll.', perDevice),
    polls: pollCounter(metrics),
    interval: metrics.gauge(
      name('poll_interval_seconds'),
      'Time between the beginnings of the last two SNMP polls: the interval that was achieved.',
      perDevice,
    ),
    requests: metrics.counter(name('snmp_requests_total'), 'SNMP requests sent, repeats among them.', perDevice),
    adapted: metrics.counter(
      name('snmp_adaptations_total'),
      'Times that a device was asked in another way than before; the log says why.',
      perDevice,
    ),
    timeouts: metrics.counter(name('snmp_timeouts_total'), 'SNMP requests that got no answer in time.', perDevice),
    retries: metrics.counter(name('snmp_retries_total'), 'SNMP requests sent again.', perDevice),
    faults: metrics.counter(name('snmp_faults_total'), 'Datagrams not used: malformed, wrong_source or late.', [
      'device',
      'fault',
    ]),
    skipped: metrics.counter(
      name('poll_skipped_ticks_total'),
      'Polls left out because the one before was still going.',
      perDevice,
    ),
    withoutRate: metrics.counter(
      name('interface_rates_missing_total'),
      'Interfaces that got no rate in a poll although there was an earlier reading, by reason.',
      ['device', 'reason'],
    ),
    factsDuration: metrics.gauge(
      name('facts_duration_seconds'),
      'Duration of the last reading of facts by kind: full, or vitals (what changes by itself).',
      ['device', 'kind'],
    ),
    facts: metrics.counter(
      name('facts_passes_total'),
      'Readings of facts by kind and outcome: ok, or the code of the first fault.',
      ['device', 'kind', 'outcome'],
    ),
    factsDropped: metrics.counter(
      name('facts_samples_dropped_total'),
      'Samples of facts left out because one reading of the device gave more than 20,000.',
      perDevice,
    ),
    pings: metrics.counter(
      name('pings_total'),
      'Ping cycles by result: alive, silent, unknown, or cut (by the end of the time budget).',
      ['device', 'result'],
    ),
    pingFaults: metrics.counter(
      name('fping_faults_total'),
      'Processes of fping that did not end by themselves: died (by a signal of somebody else) or hung (killed). Their hosts are unknown for that cycle.',
      ['fault'],
    ),
    probes: metrics.counter(
      name('probes_total'),
      'Pings that the collector asked for out of turn: done, too_soon (within 5 s of the last) or unknown (no such target).',
      ['result'],
    ),
    extra: metrics.counter(
      name('extra_polls_total'),
      'SNMP polls wanted out of turn (a trap came): asked, pending (one was asked for already) or unknown (no such target).',
      ['result'],
    ),
    pingSkipped: metrics.counter(
      name('ping_skipped_ticks_total'),
      'Ping cycles left out because the one before was still going.',
    ),
  };
}

export type PollMetrics = ReturnType<typeof pollMetrics>;

/** SNMP polls of all devices since the process started: complete ones, and those with a fault. */
export interface PollTotals {
  readonly ok: number;
  readonly failed: number;
}

export async function pollTotals(metrics: SelfMetrics): Promise<PollTotals> {
  const polls = pollCounter(metrics);
  const ok = await counterTotal(polls, ({ outcome }) => outcome === 'ok');
  return { ok, failed: (await counterTotal(polls)) - ok };
}
