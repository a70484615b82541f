import { counterTotal, type SelfMetrics } from '../../runtime/self-metrics.ts';

const lineCounter = (metrics: SelfMetrics) =>
  metrics.counter('bellwether_agent_push_lines_total', 'Lines the collector stored or refused for good', ['result']);

/** The sender's own metrics; `up` is read at each scrape. */
export function pushMetrics(metrics: SelfMetrics, up: () => boolean) {
  const lines = lineCounter(metrics);
  for (const result of ['stored', 'rejected'] as const) lines.inc({ result }, 0);
  metrics.gauge('bellwether_agent_push_up', '1 while the collector takes deliveries', [], (gauge) =>
    gauge.set(up() ? 1 : 0),
  );
  return {
    lines,
    requests: metrics.counter('bellwether_agent_push_requests_total', 'Write requests by what came of them', [
      'result',
    ]),
    lastSuccess: metrics.gauge(
      'bellwether_agent_push_last_success_timestamp_seconds',
      'When the collector last stored a batch',
    ),
    seconds: metrics.histogram(
      'bellwether_agent_push_duration_seconds',
      'Time from sending a batch to its answer',
      [0.01, 0.05, 0.1, 0.5, 1, 5, 15],
    ),
  };
}

/** Lines that the collector refused for good, since the process started. */
export function rejectedLines(metrics: SelfMetrics): Promise<number> {
  return counterTotal(lineCounter(metrics), ({ result }) => result === 'rejected');
}
