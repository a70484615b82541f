import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { DeviceStats } from './device-stats.ts';
import { type PingResultName, PollBook } from './poll-book.ts';

const name = (rest: string): string => `bellwether_agent_${rest}`;

/**
 * The poller's own metrics. Those by device stand in the book and are read at a scrape: a label looked up for each of them at each poll would cost more than
 * much of the poll itself.
 */
export function pollMetrics(metrics: SelfMetrics, book = new PollBook()) {
  deviceGauges(metrics, book);
  deviceCounters(metrics, book);
  kindCounters(metrics, book);
  factsMetrics(metrics, book);
  return {
    pings: {
      inc: ({ device, result }: { readonly device: string; readonly result: PingResultName }): void =>
        book.pinged(device, result),
    },
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

function deviceGauges(metrics: SelfMetrics, book: PollBook): void {
  /** `read` in ms; undefined: not known. */
  const seconds = (rest: string, help: string, read: (stats: DeviceStats) => number | undefined): void => {
    metrics.gauge(name(rest), help, ['device'], (gauge) => {
      gauge.reset();
      for (const stats of book.devices) {
        const ms = read(stats);
        if (ms !== undefined) gauge.set({ device: stats.device }, ms / 1000);
      }
    });
  };
  seconds('poll_duration_seconds', 'Duration of the last SNMP poll.', (s) =>
    s.lastTime === undefined ? undefined : s.lastMs,
  );
  seconds(
    'poll_interval_seconds',
    'Time between the beginnings of the last two SNMP polls: the interval that was achieved.',
    (s) => s.lastGapMs,
  );
}

function deviceCounters(metrics: SelfMetrics, book: PollBook): void {
  const count = (rest: string, help: string, read: (stats: DeviceStats) => number): void => {
    metrics.counter(name(rest), help, ['device'], (counter) => {
      for (const stats of book.devices) {
        const n = read(stats);
        if (n > 0) counter.inc({ device: stats.device }, n);
      }
    });
  };
  count('snmp_requests_total', 'SNMP requests sent, repeats among them.', (s) => s.requests);
  count('snmp_responses_total', 'Datagrams received that answered a request.', (s) => s.answers);
  count(
    'snmp_adaptations_total',
    'Times that a device was asked in another way than before; the log says why.',
    (s) => s.adapted,
  );
  count('snmp_timeouts_total', 'SNMP requests that got no answer in time.', (s) => s.timeouts);
  count('snmp_retries_total', 'SNMP requests sent again.', (s) => s.retries);
  count('poll_skipped_ticks_total', 'Polls left out because the one before was still going.', (s) => s.skipped);
  count(
    'facts_samples_dropped_total',
    'Samples of facts left out because one reading of the device gave more than 20,000.',
    (s) => s.factsDropped,
  );
}

/** Counters with a label besides the device. */
function kindCounters(metrics: SelfMetrics, book: PollBook): void {
  type Read = (stats: DeviceStats) => Iterable<readonly [string, number]>;
  const count = (rest: string, help: string, label: string, read: Read): void => {
    metrics.counter<string>(name(rest), help, ['device', label], (counter) => {
      for (const stats of book.devices)
        for (const [value, n] of read(stats)) if (n > 0) counter.inc({ device: stats.device, [label]: value }, n);
    });
  };
  count('polls_total', 'SNMP polls by outcome: ok, or the code of the first fault.', 'outcome', (s) => [
    ['ok', s.ok],
    ...(s.failed ?? []),
  ]);
  count('snmp_faults_total', 'Datagrams not used: malformed, wrong_source or late.', 'fault', (s) =>
    Object.entries(s.faults),
  );
  count(
    'interface_rates_missing_total',
    'Interfaces that got no rate in a poll although there was an earlier reading, by reason.',
    'reason',
    (s) => s.ratesMissing ?? [],
  );
  metrics.counter(
    name('pings_total'),
    'Ping cycles by result: alive, silent, unknown, or cut (by the end of the time budget).',
    ['device', 'result'],
    (counter) => {
      for (const [device, counts] of book.pings) for (const [result, n] of counts) counter.inc({ device, result }, n);
    },
  );
}

function factsMetrics(metrics: SelfMetrics, book: PollBook): void {
  metrics.gauge(
    name('facts_duration_seconds'),
    'Duration of the last reading of facts by kind: full, or vitals (what changes by itself).',
    ['device', 'kind'],
    (gauge) => {
      gauge.reset();
      for (const { device, facts } of book.devices)
        for (const [kind, { lastMs }] of facts ?? []) gauge.set({ device, kind }, lastMs / 1000);
    },
  );
  metrics.counter(
    name('facts_passes_total'),
    'Readings of facts by kind and outcome: ok, or the code of the first fault.',
    ['device', 'kind', 'outcome'],
    (counter) => {
      for (const { device, facts } of book.devices)
        for (const [kind, { outcomes }] of facts ?? [])
          for (const [outcome, n] of outcomes) counter.inc({ device, kind, outcome }, n);
    },
  );
}
