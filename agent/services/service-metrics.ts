import type { SelfMetrics } from '../../runtime/self-metrics.ts';

/** The watch's own metrics, by service. */
export function serviceMetrics(metrics: SelfMetrics) {
  return {
    checks: metrics.counter(
      'bellwether_agent_service_checks_total',
      'Service checks by result: ok, failed, unknown, or cut (by the end of the time budget).',
      ['service', 'result'],
    ),
    skipped: metrics.counter(
      'bellwether_agent_service_skipped_ticks_total',
      'Service checks left out because the one before was still going.',
      ['service'],
    ),
  };
}

export type ServiceMetrics = ReturnType<typeof serviceMetrics>;
