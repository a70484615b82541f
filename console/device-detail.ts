import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceView, InterfaceView } from '../core/page-api.ts';
import { Chart } from './chart.ts';
import { formatBits, formatMs, formatPercent } from './format.ts';
import { html } from './html.ts';
import { busiest, utilisation } from './interfaces.ts';
import { Meter } from './meter.ts';
import { useSeries, type Wanted, windowOf } from './series.ts';
import { At } from './time-element.ts';

interface Props {
  readonly school: string;
  readonly device: DeviceView;
  readonly now: number;
}

const RANGES = [
  { label: '15 min', ms: 900_000 },
  { label: '1 h', ms: 3_600_000 },
  { label: '24 h', ms: 86_400_000 },
] as const;

const UNITS = {
  rate: { label: 'bit/s', fields: ['in_bits_per_s', 'out_bits_per_s'], format: formatBits, atLeast: 1_000 },
  percent: { label: '%', fields: ['in_util_percent', 'out_util_percent'], format: formatPercent, atLeast: 1 },
} as const;
type Unit = keyof typeof UNITS;

/** A device opened: its interfaces with last values, the chosen one's traffic, and the latency. */
export function DeviceDetail({ school, device, now }: Props): VNode {
  const [rangeMs, setRange] = useState<number>(RANGES[0].ms);
  const [unit, setUnit] = useState<Unit>('rate');
  // Chosen once: the chart must not change under the viewer's eyes when another interface becomes the busiest.
  const [picked, setPicked] = useState(() => busiest(device.interfaces)?.ifIndex);
  const shown = device.interfaces.find((i) => i.ifIndex === picked) ?? device.interfaces[0];
  return html`<div class="detail">
    <p class="detail-head">
      ${device.snmp?.description ?? 'Nothing by SNMP within the last hour.'}
      ${device.state !== 'up' && device.state !== 'ping_problem' && device.snmp && html`<strong> SNMP values are from <${At} time=${device.snmp.time} now=${now} />.</strong>`}
    </p>
    <div class="choices">
      <${Choice} name="Time shown" value=${rangeMs} options=${RANGES.map((r) => ({ label: r.label, value: r.ms }))} onPick=${setRange} />
      ${shown && html`<${Choice} name="Unit" value=${unit} options=${Object.entries(UNITS).map(([value, u]) => ({ label: u.label, value }))} onPick=${setUnit} />`}
    </div>
    <div class=${shown ? 'detail-grid' : ''}>
      ${shown && html`<${InterfaceList} interfaces=${device.interfaces} shown=${shown} onPick=${setPicked} />`}
      <div class="charts">
        ${shown && html`<${Traffic} key=${unit} school=${school} device=${device.device} shown=${shown} unit=${unit} rangeMs=${rangeMs} now=${now} />`}
        ${device.ping && html`<${Latency} school=${school} device=${device.device} rangeMs=${rangeMs} now=${now} />`}
      </div>
    </div>
  </div>`;
}

interface ChoiceProps {
  readonly name: string;
  readonly value: unknown;
  readonly options: readonly { readonly label: string; readonly value: unknown }[];
  readonly onPick: (value: unknown) => void;
}

function Choice({ name, value, options, onPick }: ChoiceProps): VNode {
  return html`<div class="choice" role="group" aria-label=${name}>
    ${options.map(
      (option) =>
        html`<button type="button" aria-pressed=${option.value === value ? 'true' : 'false'} onClick=${() => onPick(option.value)}>${option.label}</button>`,
    )}
  </div>`;
}

interface InterfaceListProps {
  readonly interfaces: readonly InterfaceView[];
  readonly shown: InterfaceView;
  readonly onPick: (ifIndex: string) => void;
}

function InterfaceList({ interfaces, shown, onPick }: InterfaceListProps): VNode {
  return html`<ul class="interfaces" aria-label="Interfaces">
    ${interfaces.map(
      (i) => html`<li key=${i.ifIndex}>
        <button type="button" aria-pressed=${i === shown ? 'true' : 'false'} onClick=${() => onPick(i.ifIndex)}>
          <span class="iface-name"><strong>${i.name}</strong>${i.alias && html`<span class="muted"> ${i.alias}</span>`}</span>
          <${InterfaceValue} i=${i} />
          ${i.inErrorsPerS !== null && i.inErrorsPerS > 0 && html`<span class="bad-value">${Number(i.inErrorsPerS.toPrecision(2))} errors/s in</span>`}
        </button>
      </li>`,
    )}
  </ul>`;
}

function InterfaceValue({ i }: { i: InterfaceView }): VNode {
  const percent = utilisation(i);
  if (percent !== null) return html`<${Meter} percent=${percent} />`;
  return html`<span class="muted">${i.inBitsPerS === null ? 'no rate yet' : formatBits(i.inBitsPerS)}</span>`;
}

interface TrafficProps {
  readonly school: string;
  readonly device: string;
  readonly shown: InterfaceView;
  readonly unit: Unit;
  readonly rangeMs: number;
  readonly now: number;
}

function Traffic({ school, device, shown, unit, rangeMs, now }: TrafficProps): VNode {
  const { fields, format, atLeast } = UNITS[unit];
  const wanted = { school, device, ifIndex: shown.ifIndex, measurement: 'interface', fields, rangeMs };
  return html`<${SeriesChart} title=${`Traffic of ${shown.name}`} wanted=${wanted} labels=${['In', 'Out']} format=${format} atLeast=${atLeast} now=${now} />`;
}

function Latency(props: { school: string; device: string; rangeMs: number; now: number }): VNode {
  const { now, ...which } = props;
  const wanted = { ...which, measurement: 'ping', fields: ['average_response_ms'] };
  return html`<${SeriesChart} title="Latency" wanted=${wanted} labels=${['Ping']} format=${formatMs} atLeast=${1} now=${now} />`;
}

interface SeriesChartProps {
  readonly title: string;
  readonly wanted: Wanted;
  readonly labels: readonly string[];
  readonly format: (value: number) => string;
  readonly atLeast: number;
  readonly now: number;
}

function SeriesChart({ title, wanted, labels, format, atLeast, now }: SeriesChartProps): VNode {
  const { loaded, problem } = useSeries(wanted, now);
  const span = loaded ?? windowOf(now, wanted.rangeMs);
  const lines = labels.map((label, i) => ({ label, points: loaded?.series[i]?.points ?? [] }));
  return html`<div class=${loaded ? '' : 'loading'}>
    <${Chart} title=${title} lines=${lines} from=${span.from} to=${span.to} step=${span.step} atLeast=${atLeast} format=${format} />
    ${problem !== null && html`<p class="error-text" role="alert">This chart cannot be read now: ${problem}</p>`}
  </div>`;
}
