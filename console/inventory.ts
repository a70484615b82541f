import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { InventoryRow } from '../core/inventory-api.ts';
import { getInventory, inventoryCsv } from './api.ts';
import { html } from './html.ts';
import { usePolled } from './polled.ts';
import { Age } from './time-element.ts';

const REFRESH_MS = 60_000;
/** As many as one answer holds; the file has all. */
const SHOWN = 1_000;

interface Props {
  readonly school: string;
  readonly now: number;
}

/** What a school has: model, serial number and firmware of each device. Read only while somebody looks. */
export function Inventory({ school, now }: Props): VNode {
  const [open, setOpen] = useState(false);
  return html`<section aria-labelledby="inventory-heading" class="inventory">
    <h2 id="inventory-heading">Inventory of ${school}</h2>
    <details class="panel" onToggle=${(event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Models, serial numbers, firmware</summary>
      ${open && html`<${InventoryList} school=${school} now=${now} />`}
    </details>
  </section>`;
}

function InventoryList({ school, now }: Props): VNode {
  const [wanted, setWanted] = useState('');
  const { value, problem } = usePolled(school, SHOWN, REFRESH_MS, (signal) => getInventory(school, SHOWN, signal));
  const rows = value && matching(value.devices, wanted);
  return html`<div class="inventory-head">
      <label>Find <input type="search" value=${wanted} onInput=${(event: Event) => setWanted((event.target as HTMLInputElement).value)} /></label>
      <span class="muted" aria-live="polite">${rows && value && countText(rows.length, value.devices.length, value.next !== null)}</span>
      <a href=${inventoryCsv(school)} download>All as CSV</a>
    </div>
    ${problem !== null && html`<p class="error-text" role="alert">It cannot be read now: ${problem}</p>`}
    <ul class="rows">
      ${rows?.map((row) => html`<${Device} key=${`${row.site} ${row.device}`} row=${row} now=${now} />`)}
    </ul>`;
}

function Device({ row, now }: { row: InventoryRow; now: number }): VNode {
  const { site, device, role, gone } = row;
  return html`<li data-inventory=${`${site} ${device}`}>
    <div>
      <strong>${device}</strong> <span class="muted">${[role, site].filter(Boolean).join(', ')}</span>
      ${gone && html` <span class="badge warning">Gone</span>`}
      <p>${describe(row)}</p>
      <p class="muted">${row.location !== null && `${row.location}. `}Changed <${Age} time=${row.changedAt} now=${now} />, seen <${Age} time=${row.lastSeen} now=${now} />.</p>
    </div>
  </li>`;
}

/** Pure: `Cisco C9300-48P, serial FOC1, firmware 17.9.4`. */
export function describe({ vendor, model, serial, firmware }: InventoryRow): string {
  const parts = [
    [vendor, model].filter((text) => text !== null).join(' '),
    serial === null ? '' : `serial ${serial}`,
    firmware === null ? '' : `firmware ${firmware}`,
  ].filter((text) => text !== '');
  return parts.length === 0 ? 'It says nothing of itself.' : parts.join(', ');
}

/** Pure: the rows that hold every word of `wanted` somewhere. */
export function matching(rows: readonly InventoryRow[], wanted: string): readonly InventoryRow[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = Object.values(row)
      .filter((value) => typeof value === 'string')
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function countText(shown: number, all: number, more: boolean): string {
  if (all === 0) return 'No device was read yet';
  const devices = `${all} ${all === 1 ? 'device' : 'devices'}`;
  return `${shown < all ? `${shown} of ` : ''}${more ? `the first ${devices}` : devices}`;
}
