import type { Sample } from '../../core/sample.ts';

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** They separate the parts of a series' key (core/sample.ts): two series must not get the same. */
const SEPARATORS = /[\u0000\u0001]/;

/** Why no store can take this sample, in InfluxDB's words where it has them; undefined when it can. */
export function sampleFault(sample: Sample): string | undefined {
  if (sample.measurement === '') return 'missing measurement';
  if (!sample.tags['school']) return 'missing tag school';
  if (!Number.isSafeInteger(sample.time) || sample.time < 0) return `time outside range: ${sample.time}`;
  if (SEPARATORS.test(sample.measurement)) return 'control character in measurement';
  for (const name in sample.tags) {
    if (name === '' || SEPARATORS.test(name) || SEPARATORS.test(sample.tags[name]!))
      return 'empty name or control character in a tag';
  }
  let fields = 0;
  for (const name in sample.fields) {
    const value = sample.fields[name]!;
    if (typeof value === 'number' && !Number.isFinite(value)) return `field "${name}" is not a finite number`;
    if (typeof value === 'bigint' && (value < INT64_MIN || value > UINT64_MAX))
      return `field "${name}" is out of range`;
    if (name === '') return 'missing field name';
    fields++;
  }
  return fields === 0 ? 'missing fields' : undefined;
}
