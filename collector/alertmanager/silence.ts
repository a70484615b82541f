import { formatDuration } from '../../core/duration.ts';
import type { Alert } from '../alert/alert.ts';
import type { ImportedAlert } from '../state/imported-alerts.ts';

/**
 * What if the news that an alert is over never comes? The webhook has no heartbeat and no end: `endsAt` of what fires is the year 1, how often it
 * is repeated (repeat_interval) stands nowhere in it, and an Alertmanager that was set up anew, muted the alert or lost its receiver says
 * nothing more. To end the alert after a time would tell people that all is well when nobody knows. So it stays open, and people are asked:
 * an alert of its own, in the domain `agent`, while something open was not told of for `silent_after`. People may end what nothing else will (`done`).
 */
export const SILENT_RULE = 'alertmanager-silent';

export interface SilentSite {
  readonly school: string;
  readonly site: string;
  /** How many open alerts are told of no more. */
  readonly alerts: number;
  /** When the first of them was last told of, ms. */
  readonly since: number;
}

/** `startedAt`: a collector that was away has heard nothing, which says nothing about others. All times ms. Pure. */
export function silentSites(
  open: readonly ImportedAlert[],
  silentAfterMs: number,
  startedAt: number,
  now: number,
): SilentSite[] {
  const sites = new Map<string, SilentSite>();
  for (const { school, site, heardAt } of open) {
    if (now - Math.max(heardAt, startedAt) < silentAfterMs) continue;
    const key = `${school}/${site}`;
    const before = sites.get(key);
    sites.set(key, {
      school,
      site,
      alerts: (before?.alerts ?? 0) + 1,
      since: Math.min(before?.since ?? heardAt, heardAt),
    });
  }
  return [...sites.values()];
}

export function silentAlert({ school, site, alerts, since }: SilentSite, now: number, id: string): Alert {
  const many = alerts === 1 ? 'One open alert' : `${alerts} open alerts`;
  return {
    id,
    key: `${school}/${SILENT_RULE}/${site}`,
    school,
    site,
    rule: SILENT_RULE,
    domain: 'agent',
    severity: 'warning',
    state: 'open',
    labels: {},
    summary: `${many} of an Alertmanager: it says neither that ${alerts === 1 ? 'it goes' : 'they go'} on nor that ${alerts === 1 ? 'it is' : 'they are'} over`,
    condition: `not told of for ${formatDuration(now - since)}`,
    value: alerts,
    pendingAt: now,
    openedAt: now,
    resolvedAt: null,
  };
}
