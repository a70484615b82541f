import type { Sample } from '../../core/sample.ts';
import type { StoredAlert } from '../alert/life.ts';

/** The owner tag while nobody owns an alert: pending, or no engagement configured. */
const NOBODY = 'none';

/**
 * Measurement `alert`, for boards. Tags: the alert's labels, then school, site, domain, severity, owner, state, rule; the labels keep two
 * alerts of one rule apart. Fields: open (1 or 0), acked (1 or 0), age_s (s since it began).
 */
export function alertSample(alert: StoredAlert, at: number, open = alert.state === 'open'): Sample {
  const start = alert.openedAt ?? alert.pendingAt;
  const end = alert.state === 'resolved' ? (alert.resolvedAt ?? at) : at;
  const { school, site, domain, severity, state, rule } = alert;
  const tags = { ...alert.labels, school, site, domain, severity, owner: alert.owner ?? NOBODY, state, rule };
  return {
    measurement: 'alert',
    tags: Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== '')),
    fields: { open: open ? 1n : 0n, acked: alert.ackedBy === null ? 0n : 1n, age_s: Math.max(0, end - start) / 1000 },
    time: at,
  };
}

/**
 * A change as samples: the new form and, where state, owner or severity moved, a last point with open = 0 on the series of the former one, so that
 * a board which takes each series' last value counts an alert once.
 */
export function changeSamples(before: StoredAlert | undefined, after: StoredAlert, at: number): Sample[] {
  const now = alertSample(after, at);
  const same = (name: 'state' | 'owner' | 'severity'): boolean => before?.[name] === after[name];
  if (!before || (same('state') && same('owner') && same('severity'))) return [now];
  return [alertSample(before, at, false), now];
}
