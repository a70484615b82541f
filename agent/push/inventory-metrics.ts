import type { SelfMetrics } from '../../runtime/self-metrics.ts';

/** The inventory push's own metrics; `waiting` is read at each scrape. */
export function inventoryMetrics(metrics: SelfMetrics, waiting: () => number) {
  metrics.gauge('bellwether_agent_inventory_waiting', 'Devices of which the collector has to hear', [], (gauge) =>
    gauge.set(waiting()),
  );
  const documents = metrics.counter(
    'bellwether_agent_inventory_documents_total',
    'Inventory documents that the collector stored or refused for good',
    ['result'],
  );
  for (const result of ['stored', 'refused'] as const) documents.inc({ result }, 0);
  return {
    documents,
    requests: metrics.counter('bellwether_agent_inventory_requests_total', 'Inventory requests by what came of them', [
      'result',
    ]),
    dropped: metrics.counter(
      'bellwether_agent_inventory_dropped_total',
      'Passes over devices of which no inventory is kept: there are too many devices',
    ),
  };
}
