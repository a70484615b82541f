import type { SensorFacts } from '../../core/device-facts.ts';

const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  environment: ['temperature', 'humidity', 'fanspeed', 'airflow', 'cooling', 'waterflow', 'pressure'],
  power: ['power', 'voltage', 'current', 'charge', 'load', 'runtime', 'frequency', 'power_factor', 'power_consumed'],
  cabling: ['dbm', 'ber', 'snr', 'signal', 'chromatic_dispersion', 'quality_factor'],
};

const BY_CLASS: ReadonlyMap<string, string> = new Map(
  Object.entries(DOMAINS).flatMap(([domain, classes]) => classes.map((c): [string, string] => [c, domain])),
);

/** A state says what it is of by its name only. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bfans?\b|temperature|thermal|cooling|humid|door|water|smoke/i, 'environment'],
  [
    /power|\bpsu?\b|\bups\b|supply|battery|output|input|bypass|charger|inverter|rectifier|outlet|\bpdu\b|\bpoe\b/i,
    'power',
  ],
];

/** Where a sensor's symptoms belong; undefined when its device's role has to say. */
export function sensorDomain({ class: kind, descr }: Pick<SensorFacts, 'class' | 'descr'>): string | undefined {
  if (kind !== 'state') return BY_CLASS.get(kind);
  return BY_WORDS.find(([pattern]) => pattern.test(descr))?.[1];
}
