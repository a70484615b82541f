import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { InFlight } from './in-flight.ts';
import type { SeriesCache } from './lines/series-cache.ts';

export type IngestMetrics = ReturnType<typeof ingestMetrics>;

/** What ingest counts about itself. No label holds anything of a tenant. */
export function ingestMetrics(metrics: SelfMetrics, inFlight: InFlight, series: SeriesCache) {
  metrics.gauge('bellwether_collector_ingest_series', 'Series whose text is remembered.', [], (gauge) =>
    gauge.set(series.size),
  );
  metrics.gauge(
    'bellwether_collector_ingest_series_evicted',
    'Series forgotten since start for want of room; when it grows all the time, lines are read the slow way.',
    [],
    (gauge) => gauge.set(series.evicted),
  );
  metrics.gauge('bellwether_collector_ingest_in_flight', 'Batches being read or written now.', [], (gauge) =>
    gauge.set(inFlight.batches),
  );
  metrics.gauge('bellwether_collector_ingest_in_flight_bytes', 'Bytes held by those batches.', [], (gauge) =>
    gauge.set(inFlight.bytes),
  );
  return {
    batches: metrics.counter(
      'bellwether_collector_ingest_batches_total',
      'Write requests by how they ended: stored, passed_on (to another collector), or the kind of error (invalid: some lines were dropped, or all).',
      ['result'],
    ),
    lines: metrics.counter(
      'bellwether_collector_ingest_lines_total',
      'Lines: stored, unreadable (dropped here) or rejected (dropped by the store).',
      ['result'],
    ),
    restamped: metrics.counter(
      'bellwether_collector_ingest_restamped_total',
      "Lines that named another school or site than their token's; stored under the token's.",
    ),
    bytes: metrics.counter(
      'bellwether_collector_ingest_bytes_total',
      'Bytes of write requests: wire (as received) and plain (decompressed).',
      ['form'],
    ),
    seconds: metrics.histogram(
      'bellwether_collector_ingest_seconds',
      'Time from the headers of a write request to its reply.',
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    ),
  };
}
