/** Notifications as Alertmanager 0.25 sends them. */
export function firing(more: object = {}): Record<string, unknown> {
  return {
    status: 'firing',
    labels: { alertname: 'InstanceDown', severity: 'critical', instance: '10.1.0.2:9100' },
    annotations: {},
    startsAt: '2026-10-05T13:59:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.org:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    fingerprint: 'c6eadffa33fcdf37',
    ...more,
  };
}

export function resolved(endsAt: string, more: object = {}): Record<string, unknown> {
  return firing({ status: 'resolved', endsAt, ...more });
}

export function notification(alerts: readonly unknown[], more: object = {}): Record<string, unknown> {
  return {
    version: '4',
    groupKey: '{}:{alertname="InstanceDown"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'bellwether',
    groupLabels: { alertname: 'InstanceDown' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.org:9093',
    alerts,
    ...more,
  };
}
