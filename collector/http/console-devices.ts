import type { DeviceState, DeviceView, InterfaceView, PingView } from '../../core/page-api.ts';
import type { FieldValue } from '../../core/sample.ts';
import type { TenantId } from '../access/access.ts';
import type { LatestSeries, MetricStore } from '../storage/storage.ts';

/** A device is listed until nothing was heard of it for this long. */
const LISTED_MS = 24 * 3600_000;
/** Last values older than this are not shown as last values. */
const CURRENT_MS = 3600_000;
/** A state older than this is not known any more: the agent is silent or the device was taken from its list. */
export const UNKNOWN_AFTER_MS = 5 * 60_000;

export interface DeviceReadings {
  readonly device: readonly LatestSeries[];
  readonly ping: readonly LatestSeries[];
  readonly snmp: readonly LatestSeries[];
  readonly interface: readonly LatestSeries[];
}

/** The last values of every device of a school. @throws BellwetherError BW_STORAGE_UNAVAILABLE */
export async function readDevices(store: MetricStore, school: TenantId, now: number): Promise<DeviceView[]> {
  const latest = (measurement: string, age: number): Promise<LatestSeries[]> =>
    store.latest({ school, measurement, since: now - age });
  const [device, ping, snmp, iface] = await Promise.all([
    latest('device', LISTED_MS),
    latest('ping', CURRENT_MS),
    latest('snmp', CURRENT_MS),
    latest('interface', CURRENT_MS),
  ]);
  return deviceViews({ device, ping, snmp, interface: iface }, now);
}

/** How many devices of a school are in each state. @throws BellwetherError BW_STORAGE_UNAVAILABLE */
export async function countDevices(
  store: MetricStore,
  school: TenantId,
  now: number,
): Promise<Record<DeviceState, number>> {
  const counts: Record<DeviceState, number> = { down: 0, snmp_problem: 0, ping_problem: 0, unknown: 0, up: 0 };
  const latest = await store.latest({ school, measurement: 'device', since: now - LISTED_MS });
  for (const series of newestBy(latest, deviceKey).values()) counts[stateOf(series, now)]++;
  return counts;
}

/** Pure: folds the last values into one view a device, worst state first, then by name. */
export function deviceViews(readings: DeviceReadings, now: number): DeviceView[] {
  const pings = newestBy(readings.ping, deviceKey);
  const snmps = newestBy(readings.snmp, deviceKey);
  const interfaces = Map.groupBy(readings.interface, deviceKey);
  const views = [...newestBy(readings.device, deviceKey)].map(([key, series]): DeviceView => {
    const ping = pings.get(key);
    const snmp = snmps.get(key);
    const ports = interfaces.get(key) ?? [];
    return {
      device: series.tags['device'] ?? '',
      site: series.tags['site'] ?? '',
      role: series.tags['role'] ?? '',
      state: stateOf(series, now),
      seen: Math.max(series.time, ping?.time ?? 0, snmp?.time ?? 0, ...ports.map((port) => port.time)),
      ping: ping ? pingView(ping) : null,
      snmp: snmp
        ? {
            time: snmp.time,
            uptimeSeconds: numberOf(snmp.fields['uptime']),
            description: textOf(snmp.fields['sysDescr']),
          }
        : null,
      interfaces: interfaceViews(ports),
    };
  });
  return views.sort((a, b) => STATE_ORDER[a.state] - STATE_ORDER[b.state] || byName(a.device, b.device));
}

const STATE_ORDER: Readonly<Record<DeviceState, number>> = {
  down: 0,
  snmp_problem: 1,
  ping_problem: 2,
  unknown: 3,
  up: 4,
};

function stateOf(series: LatestSeries, now: number): DeviceState {
  if (now - series.time > UNKNOWN_AFTER_MS) return 'unknown';
  const state = series.fields['state'];
  return typeof state === 'string' && Object.hasOwn(STATE_ORDER, state) ? (state as DeviceState) : 'unknown';
}

function interfaceViews(ports: readonly LatestSeries[]): InterfaceView[] {
  const newest = newestBy(ports, (port) => port.tags['ifIndex'] ?? port.tags['ifName'] ?? '');
  return [...newest]
    .map(([ifIndex, { tags, fields, time }]): InterfaceView => {
      const alias = tags['ifAlias'] ?? '';
      return {
        ifIndex,
        name: tags['ifName'] || tags['ifDescr'] || `interface ${ifIndex}`,
        alias,
        time,
        inBitsPerS: numberOf(fields['in_bits_per_s']),
        outBitsPerS: numberOf(fields['out_bits_per_s']),
        inUtilPercent: numberOf(fields['in_util_percent']),
        outUtilPercent: numberOf(fields['out_util_percent']),
        inErrorsPerS: numberOf(fields['in_errors_per_s']),
      };
    })
    .sort((a, b) => byName(a.ifIndex, b.ifIndex));
}

/** A round trip measured before the replies stopped is not the present one. */
function pingView({ fields, time }: LatestSeries): PingView {
  const lossPercent = numberOf(fields['percent_packet_loss']);
  return { time, ms: lossPercent === 100 ? null : numberOf(fields['average_response_ms']), lossPercent };
}

/** A change of any tag (a new alias, say) begins a new series: only the newest of one thing is its last value. */
function newestBy(series: readonly LatestSeries[], key: (series: LatestSeries) => string): Map<string, LatestSeries> {
  const newest = new Map<string, LatestSeries>();
  for (const candidate of series) {
    const name = key(candidate);
    const before = newest.get(name);
    if (!before || candidate.time > before.time) newest.set(name, candidate);
  }
  return newest;
}

function deviceKey(series: LatestSeries): string {
  return JSON.stringify([series.tags['site'], series.tags['device']]);
}

function numberOf(value: FieldValue | undefined): number | null {
  if (value === undefined || typeof value === 'string') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function textOf(value: FieldValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

const collator = new Intl.Collator('en', { numeric: true });

function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
