import { SENSOR_UNITS, WIRELESS_UNITS } from '../../../agent/facts/sensors.ts';
import type { VitalFacts } from '../../../agent/facts/vitals.ts';
import { type EthernetMemory, type VitalContext, vitalSamples } from '../../../agent/normalise/vitals.ts';
import type { FieldValue, Sample } from '../../../core/sample.ts';

export const NOTHING: VitalFacts = {
  cpu: [],
  memory: [],
  sensors: [],
  wireless: [],
  poe: { pse: [], ports: [] },
  ethernet: [],
  own: [],
};

export const CONTEXT: VitalContext = {
  tags: { device: 'a', domain: 'switching' },
  time: 5000,
  at: 60_000,
  interfaceTags: new Map(),
};

export function samplesOf(
  facts: Partial<VitalFacts>,
  before: ReadonlyMap<string, EthernetMemory> = new Map(),
  more: Partial<VitalContext> = {},
): Sample[] {
  return vitalSamples({ ...NOTHING, ...facts }, before, { ...CONTEXT, ...more }).samples;
}

const named = (kind: string, i: number) => ({
  class: kind,
  index: String(i),
  descr: kind,
  unit: '',
  value: 1.5,
  scope: 'total',
});

/** Facts of every kind and class. */
const EVERYTHING: VitalFacts = {
  cpu: [{ index: '1', descr: 'CPU', percent: 12 }],
  memory: [{ index: '1', descr: 'RAM', kind: 'system', percent: 50, total_bytes: 2, used_bytes: 1, free_bytes: 1 }],
  sensors: Object.keys(SENSOR_UNITS).map((kind, i) => ({
    ...named(kind, i),
    ...(kind === 'state' ? { state_text: 'on', severity: 'ok' as const } : {}),
  })),
  wireless: Object.keys(WIRELESS_UNITS).map(named),
  poe: {
    pse: [{ group: '1', available_watts: 100, consumed_watts: 40, operStatus: 'on' }],
    ports: [{ index: '1.7', descr: 'Port 7', detection: 'searching', admin: 'on', class: 'class0', watts: 3 }],
  },
  ethernet: [{ ifIndex: '7', duplex: 3, fcsErrors: 5, alignmentErrors: 1 }],
  own: [],
};

const everySample = (): Sample[] =>
  samplesOf(EVERYTHING, new Map([['7', { errors: 2, at: 0 }]]), {
    interfaceTags: new Map([['7', { ifName: 'Gi0/7', ifDescr: 'GigabitEthernet0/7', ifAlias: 'uplink' }]]),
  });

/** Every field that facts can become, by measurement. */
export function everyVitalField(): Record<string, Record<string, FieldValue>> {
  const found: Record<string, Record<string, FieldValue>> = {};
  for (const { measurement, fields } of everySample()) found[measurement] = { ...found[measurement], ...fields };
  return found;
}

/** Every tag of them, by measurement. */
export function everyVitalTag(): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { measurement, tags } of everySample())
    found[measurement] = [...new Set([...(found[measurement] ?? []), ...Object.keys(tags)])];
  return found;
}
