import type { SensorFacts, WirelessFacts } from '../../core/device-facts.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import type { EthernetFacts, VitalFacts } from '../facts/vitals.ts';
import { type Tags, withoutEmpty } from './device-tags.ts';
import { type CounterMemory, profileFields } from './profile-metric.ts';
import { sensorDomain } from './sensor-domain.ts';

type Fields = Record<string, FieldValue>;

/** Field of measurement `sensor` for each class that is a number with a unit. */
export const SENSOR_FIELDS: Readonly<Record<string, string>> = {
  temperature: 'temperature_celsius',
  fanspeed: 'fan_rpm',
  voltage: 'voltage_volts',
  current: 'current_amperes',
  power: 'power_watts',
  humidity: 'humidity_percent',
  charge: 'charge_percent',
  load: 'load_percent',
  runtime: 'runtime_minutes',
  dbm: 'optical_dbm',
  frequency: 'frequency_hertz',
  count: 'count',
  percent: 'percent',
  power_factor: 'power_factor',
  power_consumed: 'energy_kwh',
  airflow: 'airflow_cfm',
  cooling: 'cooling_watts',
  pressure: 'pressure_kpa',
  waterflow: 'waterflow_l_per_min',
  delay: 'delay_s',
  ber: 'bit_error_ratio',
  chromatic_dispersion: 'chromatic_dispersion_ps_per_nm',
  quality_factor: 'quality_factor_db',
  snr: 'snr_db',
  loss: 'loss_percent',
  signal: 'signal_dbm',
};

/** Field of measurement `wireless` for each class. */
export const WIRELESS_FIELDS: Readonly<Record<string, string>> = {
  clients: 'clients',
  'ap-count': 'access_points',
  utilization: 'channel_util_percent',
  power: 'power_dbm',
  frequency: 'frequency_mhz',
  channel: 'channel',
  'noise-floor': 'noise_floor_dbm',
  rssi: 'rssi_dbm',
  snr: 'snr_db',
  rate: 'rate_bits_per_s',
  quality: 'quality_percent',
  ccq: 'ccq_percent',
  capacity: 'capacity_percent',
  distance: 'distance_km',
  errors: 'errors',
  'error-ratio': 'error_percent',
  cell: 'cell',
  rsrp: 'rsrp_dbm',
  rsrq: 'rsrq_db',
  sinr: 'sinr_db',
  mcs: 'mcs',
  ssr: 'ssr_db',
};

/** dot3StatsDuplexStatus (RFC 3635). */
const HALF = 2;
const FULL = 3;

/** Severities as levels, so that a rule can set a threshold on them; a state of unknown meaning has none. */
const LEVELS: Readonly<Record<string, bigint>> = { ok: 0n, warning: 1n, critical: 2n };

/** A counter of one interface as it was read before. */
export interface EthernetMemory {
  readonly errors: number;
  /** Monotonic ms. */
  readonly at: number;
}

/** Characters of a text that a device gave: what a DisplayString has at most (RFC 2579). */
const TEXT_LENGTH = 255;

/**
 * Samples of one reading at most: a controller of 1,000 access points has some 8,000. What a device has more of is left out, and counted; a device must
 * not fill the spool of all.
 */
const MAX_SAMPLES = 20_000;

export interface VitalContext {
  /** Of the device. */
  readonly tags: Tags;
  /** Wall clock ms; stands on every sample. */
  readonly time: number;
  /** Monotonic ms. */
  readonly at: number;
  /** Names of interfaces, by ifIndex. */
  readonly interfaceTags: ReadonlyMap<string, Tags>;
  /** What profiles' own metrics counted before. */
  readonly counters?: ReadonlyMap<string, CounterMemory>;
}

/** The facts as samples: measurements `cpu`, `mem`, `sensor`, `wireless`, `poe`, `poe_port`, `ethernet`, `profile` (docs/metrics.md). */
export function vitalSamples(
  facts: VitalFacts,
  before: ReadonlyMap<string, EthernetMemory>,
  context: VitalContext,
): {
  readonly samples: Sample[];
  /** Samples that were too many. */
  readonly dropped: number;
  readonly ethernet: ReadonlyMap<string, EthernetMemory>;
  readonly counters: ReadonlyMap<string, CounterMemory>;
} {
  const { tags: device, time, at, interfaceTags } = context;
  const sample = (measurement: string, tags: Tags, fields: Fields): Sample => ({
    measurement,
    tags: withoutEmpty({ ...shortened(tags), ...device, ...(tags['domain'] ? { domain: tags['domain'] } : {}) }),
    fields: shortened(fields),
    time,
  });
  const seen = new Map<string, number>();
  /** Two tables of one device may give the same index and name to different things. */
  const apart = (index: string, ...names: readonly string[]): string => {
    const key = JSON.stringify([index, ...names]);
    const n = (seen.get(key) ?? 0) + 1;
    seen.set(key, n);
    return n === 1 ? index : `${index}#${n}`;
  };
  const port = (index: string, tags: Tags): Tags => ({ ifIndex: index, ...interfaceTags.get(index), ...tags });
  const ethernet = new Map<string, EthernetMemory>();
  const counters = new Map<string, CounterMemory>();
  const samples = [
    ...facts.cpu.map((c) =>
      sample('cpu', { index: apart(c.index, 'cpu', c.descr), descr: c.descr }, { usage_active: c.percent }),
    ),
    ...facts.memory.map((m) =>
      sample(
        'mem',
        { index: apart(m.index, 'mem', m.descr, m.kind), descr: m.descr, kind: m.kind },
        memoryFields(m.percent, m),
      ),
    ),
    ...facts.sensors.map((s) =>
      sample('sensor', { ...sensorTags(s, device), index: apart(s.index, s.class, s.descr) }, sensorFields(s)),
    ),
    ...facts.wireless.map((w) =>
      sample(
        'wireless',
        { ...wirelessTags(w), index: apart(w.index, 'wireless', w.class, w.descr, w.scope ?? '') },
        { [WIRELESS_FIELDS[w.class] ?? w.class]: w.value },
      ),
    ),
    ...facts.poe.pse.map((p) => sample('poe', { domain: 'power', group: p.group }, poeFields(p))),
    ...facts.poe.ports.flatMap(({ index, descr, ...rest }) => {
      const fields = known({ watts: rest.watts, admin: rest.admin, detection: rest.detection, class: rest.class });
      if (rest.detection !== undefined) fields['fault'] = /fault|denied|overload/i.test(rest.detection) ? 1n : 0n;
      return Object.keys(fields).length === 0
        ? []
        : [sample('poe_port', { domain: 'power', index, descr: descr ?? '' }, fields)];
    }),
    ...facts.ethernet.flatMap((e) => {
      const errors = errorsOf(e);
      if (errors !== undefined) ethernet.set(e.ifIndex, { errors, at });
      const fields = ethernetFields(e, errors, before.get(e.ifIndex), at);
      return Object.keys(fields).length === 0
        ? []
        : [sample('ethernet', port(e.ifIndex, { domain: 'cabling' }), fields)];
    }),
    ...facts.own.map((metric) =>
      sample(
        'profile',
        { ...metric.tags, domain: '', table: metric.table ?? '', index: metric.index },
        profileFields(metric, at, context.counters ?? new Map(), counters),
      ),
    ),
  ];
  const dropped = Math.max(0, samples.length - MAX_SAMPLES);
  return { samples: dropped > 0 ? samples.slice(0, MAX_SAMPLES) : samples, dropped, ethernet, counters };
}

/** With no text longer than it may be. */
function shortened<V>(values: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  ) as Record<string, V>;
}

function cut(text: string): string {
  return text.length > TEXT_LENGTH ? text.slice(0, TEXT_LENGTH).toWellFormed() : text;
}

function known(fields: Readonly<Record<string, FieldValue | undefined>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter((e): e is [string, FieldValue] => e[1] !== undefined));
}

function memoryFields(
  percent: number,
  pool: { readonly total_bytes?: number; readonly used_bytes?: number; readonly free_bytes?: number },
): Fields {
  const bytes = (n: number | undefined): bigint | undefined => (n === undefined ? undefined : BigInt(Math.round(n)));
  return known({
    used_percent: percent,
    total: bytes(pool.total_bytes),
    used: bytes(pool.used_bytes),
    free: bytes(pool.free_bytes),
  });
}

function sensorTags(sensor: SensorFacts, device: Tags): Tags {
  return {
    domain: sensorDomain(sensor) ?? device['domain'] ?? '',
    class: sensor.class,
    descr: sensor.descr,
  };
}

function sensorFields(sensor: SensorFacts): Fields {
  if (sensor.class !== 'state') {
    // Some fans know only how much of their speed they run at.
    const kind = sensor.class === 'fanspeed' && sensor.unit === '%' ? 'percent' : sensor.class;
    return { [SENSOR_FIELDS[kind] ?? kind]: sensor.value };
  }
  return known({
    state: BigInt(Math.round(sensor.value)),
    state_text: sensor.state_text,
    severity: sensor.severity,
    severity_level: LEVELS[sensor.severity ?? ''],
  });
}

function wirelessTags({ descr, scope }: WirelessFacts): Tags {
  return { domain: 'wireless', descr, scope: scope ?? '' };
}

function poeFields(supply: VitalFacts['poe']['pse'][number]): Fields {
  const { available_watts: available, consumed_watts: consumed, operStatus } = supply;
  const used =
    available !== undefined && available > 0 && consumed !== undefined ? (consumed / available) * 100 : undefined;
  return known({
    available_watts: available,
    consumed_watts: consumed,
    used_percent: used === undefined ? undefined : Math.round(used * 10) / 10,
    oper_status: operStatus,
    fault: operStatus === undefined ? undefined : operStatus === 'faulty' ? 1n : 0n,
  });
}

function errorsOf({ fcsErrors, alignmentErrors }: EthernetFacts): number | undefined {
  return fcsErrors === undefined && alignmentErrors === undefined
    ? undefined
    : (fcsErrors ?? 0) + (alignmentErrors ?? 0);
}

/** A count that went back was cleared, or the device restarted: then there is no rate. */
function ethernetFields(
  { duplex, fcsErrors, alignmentErrors }: EthernetFacts,
  errors: number | undefined,
  before: EthernetMemory | undefined,
  at: number,
): Fields {
  const seconds = before && (at - before.at) / 1000;
  const more = before && errors !== undefined ? errors - before.errors : undefined;
  return known({
    duplex: duplex === undefined ? undefined : BigInt(duplex),
    half_duplex: duplex === HALF ? 1n : duplex === FULL ? 0n : undefined,
    fcs_errors: fcsErrors === undefined ? undefined : BigInt(fcsErrors),
    alignment_errors: alignmentErrors === undefined ? undefined : BigInt(alignmentErrors),
    damaged_per_s: seconds && more !== undefined && more >= 0 ? more / seconds : undefined,
  });
}
