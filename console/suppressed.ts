import type { VNode } from 'preact';
import type { SuppressedCount } from '../core/page-api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { capital } from './parties.ts';

/** What is wrong and nobody is told of, and why: one line for each cause. */
export function Suppressed({ groups }: { groups: readonly SuppressedCount[] }): VNode | null {
  if (groups.length === 0) return null;
  const all = groups.reduce((sum, { alerts }) => sum + alerts, 0);
  return html`<section aria-labelledby="suppressed-heading">
    <h2 id="suppressed-heading">Nobody is told of these <span class="count">${all}</span></h2>
    <ul class="rows panel">
      ${groups.map((group) => html`<${Group} key=${`${group.school} ${group.by} ${group.of} ${group.reason}`} group=${group} />`)}
    </ul>
  </section>`;
}

function Group({ group }: { group: SuppressedCount }): VNode {
  const { school, reason, alerts, devices } = group;
  return html`<li>
    <div>
      <strong><${Icon} name="waiting" /> ${alerts} ${alerts === 1 ? 'alert' : 'alerts'} at ${school}</strong>
      <p>${capital(reason)}</p>
      ${devices.length > 0 && html`<p class="muted">${devicesText(devices, alerts)}</p>`}
    </div>
  </li>`;
}

/** Pure: `sw1, sw2 and others`. */
export function devicesText(devices: readonly string[], alerts: number): string {
  return `${devices.join(', ')}${alerts > devices.length ? ' and others' : ''}`;
}
