import type { VNode } from 'preact';
import type { DeviceList, DeviceView, InterfaceView, SchoolView } from '../core/page-api.ts';
import { DeviceDetail } from './device-detail.ts';
import { formatMs, formatPercent, formatSpan } from './format.ts';
import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';
import { busiest, utilisation } from './interfaces.ts';
import { Meter } from './meter.ts';
import { routeTo } from './route.ts';
import { NoAgent, STATE_WORD } from './schools.ts';
import { Age } from './time-element.ts';

interface Props {
  readonly school: SchoolView;
  readonly list: DeviceList | null;
  readonly problem: string | null;
  readonly chosen: string | null;
  readonly now: number;
}

/** The devices of one school with their last values; the chosen one opens in place. */
export function Devices({ school, list, problem, chosen, now }: Props): VNode {
  return html`<section id="devices" aria-labelledby="devices-heading">
    <h2 id="devices-heading">Devices of ${school.school} <span class="count">${list?.devices.length ?? ''}</span></h2>
    ${problem !== null && html`<p class="notice" role="alert"><${Icon} name="warning" /> Devices cannot be read now: ${problem}</p>`}
    ${body(school, list, problem, chosen, now)}
  </section>`;
}

function body(
  school: SchoolView,
  list: DeviceList | null,
  problem: string | null,
  chosen: string | null,
  now: number,
): VNode | null {
  if (list === null) return problem === null ? html`<p class="empty">Reading the devices…</p>` : null;
  if (list.devices.length === 0 && school.agents.length === 0) return html`<${NoAgent} school=${school.school} />`;
  if (list.devices.length === 0)
    return html`<p class="empty">The agent reports, but no device has been seen within the last day. Check the <code>targets</code> of its configuration.</p>`;
  return html`<div class="table-frame"><table class="devices">
    <thead>
      <tr><th>State</th><th>Device</th><th>Ping</th><th>Loss</th><th>Uptime</th><th>Busiest interface</th><th>Last seen</th></tr>
    </thead>
    ${list.devices.map(
      (device) => html`<tbody key=${device.device}>
        <${DeviceRow} school=${school.school} device=${device} open=${device.device === chosen} now=${now} />
        ${
          device.device === chosen &&
          html`<tr class="detail-row"><td colspan="7"><${DeviceDetail} school=${school.school} device=${device} now=${now} /></td></tr>`
        }
      </tbody>`,
    )}
  </table></div>`;
}

function DeviceRow(props: { school: string; device: DeviceView; open: boolean; now: number }): VNode {
  const { school, device, open, now } = props;
  const { ping } = device;
  // What SNMP said before it fell silent is not how the device is now.
  const snmp = device.state === 'up' || device.state === 'ping_problem' ? device.snmp : null;
  const found = snmp && busiest(device.interfaces);
  return html`<tr class="device ${device.state} ${open ? 'open' : ''}" data-device=${device.device}>
    <td class="c-state"><span class="state ${device.state}"><${Icon} name=${device.state as IconName} />${STATE_WORD[device.state]}</span></td>
    <td class="c-name">
      <a href=${open ? routeTo(school) : routeTo(school, device.device)} aria-expanded=${open ? 'true' : 'false'}>${device.device}</a>
      <span class="muted"> ${device.role}, ${device.site}</span>
    </td>
    <td class="num" data-label="Ping">${ping?.ms != null ? formatMs(ping.ms) : '–'}</td>
    <td class="num" data-label="Loss">
      <span class=${ping?.lossPercent ? 'bad-value' : ''}>${ping?.lossPercent != null ? formatPercent(ping.lossPercent) : '–'}</span>
    </td>
    <td class="num c-uptime">${snmp?.uptimeSeconds != null ? formatSpan(snmp.uptimeSeconds * 1000) : '–'}</td>
    <td class=${found ? 'c-busiest' : 'c-busiest none'}><${Busiest} found=${found} /></td>
    <td class="num c-seen" data-label="Seen"><${Age} time=${device.seen} now=${now} /></td>
  </tr>`;
}

function Busiest({ found }: { found: InterfaceView | null }): VNode {
  if (!found) return html`<span>–</span>`;
  const percent = utilisation(found) ?? 0;
  return html`<span class="busiest">
    <span class="iface-name" title=${found.alias}>${found.name}${found.alias && html`<span class="muted"> ${found.alias}</span>`}</span>
    <${Meter} percent=${percent} />
  </span>`;
}
