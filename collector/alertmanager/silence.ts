import { formatDuration } from '../../core/duration.ts';
import type { Alert } from '../alert/alert.ts';
import type { ImportedAlert } from '../state/imported-alerts.ts';

/**
 * What if the news that an alert is over never comes? The webhook has no heartbeat and no end: `endsAt` of what fires is the year 1, how often it
 * is repeated (repeat_interval) stands nowhere in it, and an Alertmanager that was set up anew, muted the alert or lost its receiver says
 * nothing more. To end the alert after a time would tell people that all is well when nobody knows. So it stays open, and people are asked:
 * an alert of its own, in the domain `agent`, while something open was not told of for `silent_after`. People may end what nothing else will (`done`).
 *
 * Where the Alertmanager reports a watchdog (an alert that always fires), its silence, or its end, opens that alert too, with nothing else open: that
 * is the heartbeat which the webhook has not. It is expected as long as the site has a token that is good.
 */
export const SILENT_RULE = 'alertmanager-silent';

export interface SilentSite {
  readonly school: string;
  readonly site: string;
  /** How many open alerts are told of no more; 0: only the watchdog is not. */
  readonly alerts: number;
  /** When the first of them was last told of, ms; 0: it was told that the watchdog is over. */
  readonly since: number;
}

/** `startedAt`: a collector that was away has heard nothing, which says nothing about others. All times ms. Pure. */
export function silentSites(
  open: readonly ImportedAlert[],
  watchdogs: readonly ImportedAlert[],
  silentAfterMs: number,
  startedAt: number,
  now: number,
): SilentSite[] {
  const sites = new Map<string, SilentSite>();
  const add = ({ school, site, heardAt }: ImportedAlert, alerts: number): void => {
    if (heardAt !== 0 && now - Math.max(heardAt, startedAt) < silentAfterMs) return;
    const key = `${school}/${site}`;
    const before = sites.get(key);
    const since = Math.min(before?.since ?? heardAt, heardAt);
    sites.set(key, { school, site, alerts: (before?.alerts ?? 0) + alerts, since });
  };
  for (const alert of open) add(alert, 1);
  for (const watchdog of watchdogs) add(watchdog, 0);
  return [...sites.values()];
}

export function silentAlert({ school, site, alerts, since }: SilentSite, now: number, id: string): Alert {
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
    summary: summaryOf(alerts),
    condition: since === 0 ? 'its watchdog is over' : `not told of for ${formatDuration(now - since)}`,
    value: alerts,
    pendingAt: now,
    openedAt: now,
    resolvedAt: null,
  };
}

function summaryOf(alerts: number): string {
  if (alerts === 0)
    return 'Prometheus or its Alertmanager is silent: the watchdog that always fires is not told of any more';
  return alerts === 1
    ? 'One open alert of an Alertmanager: it says neither that it goes on nor that it is over'
    : `${alerts} open alerts of an Alertmanager: it says neither that they go on nor that they are over`;
}
