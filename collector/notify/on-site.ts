import type { Alert } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Actor } from './actions.ts';

/** The rule that a request for hands on site stands under; nothing measures it, so people end it. */
export const ON_SITE_RULE = 'on-site-request';

/** The child item of an alert whose owner needs somebody at the device. */
export function onSiteRequest(parent: StoredAlert, { by }: Actor, note: string, id: string, now: number): Alert {
  const { school, site, severity, labels, summary } = parent;
  return {
    id,
    key: `${ON_SITE_RULE} ${id}`,
    school,
    site,
    rule: ON_SITE_RULE,
    domain: 'daily',
    severity,
    state: 'open',
    labels: { ...labels, parent: parent.id },
    summary: `Hands on site needed: ${note} (for: ${summary})`,
    condition: `asked by ${by}`,
    value: 1,
    pendingAt: now,
    openedAt: now,
    resolvedAt: null,
  };
}
