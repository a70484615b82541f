import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { EventView } from '../core/inventory-api.ts';
import { getEvents } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { capital, words } from './parties.ts';
import { usePolled } from './polled.ts';
import { At } from './time-element.ts';

const REFRESH_MS = 15_000;
const AT_ONCE = 50;
/** As many as one answer holds. */
const MOST = 1_000;

interface Props {
  readonly school: string;
  readonly now: number;
}

/** What happened to a school's devices, newest first: changes of the inventory, traps. Read only while somebody looks. */
export function Events({ school, now }: Props): VNode {
  const [open, setOpen] = useState(false);
  return html`<section aria-labelledby="events-heading" class="events">
    <h2 id="events-heading">What happened at ${school}</h2>
    <details class="panel" onToggle=${(event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Changes of devices, and what they told themselves</summary>
      ${open && html`<${EventsList} school=${school} now=${now} />`}
    </details>
  </section>`;
}

function EventsList({ school, now }: Props): VNode {
  const [limit, setLimit] = useState(AT_ONCE);
  const { value, problem } = usePolled(school, limit, REFRESH_MS, (signal) => getEvents(school, limit, signal));
  return html`${problem !== null && html`<p class="error-text" role="alert">It cannot be read now: ${problem}</p>`}
    ${value?.events.length === 0 && html`<p class="empty">Nothing yet. What a site has in its first day is not news.</p>`}
    <ul class="rows">
      ${value?.events.map((event) => html`<${Happened} key=${event.seq} event=${event} now=${now} />`)}
    </ul>
    ${value && value.next !== null && limit < MOST && html`<button type="button" class="quiet" onClick=${() => setLimit(Math.min(MOST, limit + 2 * AT_ONCE))}>Earlier ones</button>`}`;
}

function Happened({ event, now }: { event: EventView; now: number }): VNode {
  const { severity, message, at, site, ifName, domain } = event;
  return html`<li data-event=${event.type}>
    <div>
      <p>${message} ${severity !== 'info' && html`<span class="badge ${severity}"><${Icon} name=${severity} />${capital(severity)}</span>`}</p>
      <p class="muted"><${At} time=${at} now=${now} />, ${[site, ifName, words(domain)].filter((text) => text !== null).join(', ')}</p>
    </div>
  </li>`;
}
