import type { SensorFacts, WirelessFacts } from '../../core/device-facts.ts';
import { toText } from '../normalise/varbind.ts';
import { descrOf, lowestRank, type SectionRow } from './section.ts';
import type { Evaluated } from './value.ts';

/** Natural unit of each class of sensor; a class that is not here is none. */
export const SENSOR_UNITS: Readonly<Record<string, string>> = {
  temperature: 'degC',
  fanspeed: 'rpm',
  voltage: 'V',
  current: 'A',
  power: 'W',
  humidity: '%',
  charge: '%',
  load: '%',
  runtime: 'min',
  dbm: 'dBm',
  state: '1',
  frequency: 'Hz',
  count: '1',
  percent: '%',
  power_factor: '1',
  power_consumed: 'kWh',
  airflow: 'cfm',
  cooling: 'W',
  pressure: 'kPa',
  waterflow: 'l/m',
  delay: 's',
  ber: '1',
  chromatic_dispersion: 'ps/nm',
  quality_factor: 'dB',
  snr: 'dB',
  loss: '%',
  signal: 'dBm',
};

export const WIRELESS_UNITS: Readonly<Record<string, string>> = {
  clients: '1',
  'ap-count': '1',
  utilization: '%',
  power: 'dBm',
  frequency: 'MHz',
  channel: '1',
  'noise-floor': 'dBm',
  rssi: 'dBm',
  snr: 'dB',
  rate: 'bit/s',
  quality: '%',
  ccq: '%',
  capacity: '%',
  distance: 'km',
  errors: '1',
  'error-ratio': '%',
  cell: '1',
  rsrp: 'dBm',
  rsrq: 'dB',
  sinr: 'dB',
  mcs: '1',
  ssr: 'dB',
};

/** Sensors. The class stands in the symbol's name (`sensor.temperature`), or in the row's tag `class` (`sensor.value`). */
export function sensorFacts(rows: readonly SectionRow[]): SensorFacts[] {
  const found = classified(rows, SENSOR_UNITS).map(
    ({ rank, row, class: kind, value, unit }): Ranked<SensorFacts> => ({
      rank,
      fact: {
        class: kind,
        index: row.index,
        descr: descrOf(row.tags, kind),
        value: kind === 'state' ? (value.rawNumber ?? value.number!) : tidy(value.number!),
        unit: SENSOR_UNITS[kind]!,
        ...(kind === 'state' ? stateOf(value, row) : {}),
        // Of fans that only tell a percentage the profile says so.
        ...(unit === undefined ? {} : { unit }),
      },
    }),
  );
  return lowestRank(found, (f) => f.fact.class).map((f) => f.fact);
}

/** What radios, controllers and access points say, each number with what it covers. */
export function wirelessFacts(rows: readonly SectionRow[]): WirelessFacts[] {
  const found = classified(rows, WIRELESS_UNITS).map(({ rank, row, class: kind, value }): Ranked<WirelessFacts> => {
    const scope = row.tags['scope'];
    return {
      rank,
      fact: {
        class: kind,
        index: row.index,
        descr: descrOf(row.tags, kind),
        value: tidy(value.number!),
        unit: WIRELESS_UNITS[kind]!,
        ...(scope === undefined ? {} : { scope }),
      },
    };
  });
  return lowestRank(found, (f) => f.fact.class).map((f) => f.fact);
}

interface Ranked<T> {
  readonly rank: number;
  readonly fact: T;
}

interface Classified {
  readonly rank: number;
  readonly row: SectionRow;
  readonly class: string;
  readonly value: Evaluated;
  readonly unit: string | undefined;
}

function classified(rows: readonly SectionRow[], units: Readonly<Record<string, string>>): Classified[] {
  return rows.flatMap((row) =>
    row.values.flatMap(({ name, value, unit }): Classified[] => {
      const kind = name === 'value' ? (row.tags['class'] ?? '') : name;
      const number = numberOf(kind, value);
      const known = units[kind] !== undefined && number !== undefined && isPossible(kind, number);
      return known ? [{ rank: row.rank, row, class: kind, value, unit }] : [];
    }),
  );
}

/** Readings outside are what devices say of a sensor that does not work or is not there (-866597556 degC, 5000 degC). */
const POSSIBLE: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [-90, 300],
  humidity: [0, 100],
  dbm: [-100, 60],
};

function isPossible(kind: string, value: number): boolean {
  const [least, most] = POSSIBLE[kind] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return value >= least && value <= most;
}

/** A state is the number that the device gave; where it gave a word, the number that the mapping has for it. */
function numberOf(kind: string, value: Evaluated): number | undefined {
  return kind === 'state' ? (value.rawNumber ?? value.number) : value.number;
}

/** Binary floating point leaves 23.900000000000002 of 239 x 0.1. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

const SEVERITY_WORDS: readonly (readonly [RegExp, SensorFacts['severity']])[] = [
  [/\b(unknown|other|unsupported|na|n\/a|not ?(present|installed|available|supported|applicable))\b/i, 'unknown'],
  [/\b(critical|fail(ed|ure)?|fault(y)?|error|shutdown|down|lost|overload(ed)?|replace|low|bad|dead)\b/i, 'critical'],
  [/\b(warn(ing)?|minor|degraded|testing|on ?battery|bypass|major|stand ?by|discharging)\b/i, 'warning'],
  [
    /\b(ok|normal|good|up|on(line)?|active|enabled|ready|operational|passed|running|powered|charging|full|present)\b/i,
    'ok',
  ],
];

/** Word and meaning of a state: what the profile's tag `severity` says of it, else what the word itself means. */
function stateOf(value: Evaluated, row: SectionRow): Pick<SensorFacts, 'state_text' | 'severity'> {
  if (value.text === String(value.rawNumber)) return {};
  const told = row.tags['severity'] as SensorFacts['severity'];
  const text = value.rawNumber === undefined ? (toText(value.raw)?.trim() ?? '') : value.text;
  const words = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ');
  const severity = told ?? SEVERITY_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'unknown';
  return { state_text: text, severity };
}
