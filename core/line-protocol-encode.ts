import { INT64_MAX, INT64_MIN, type Precision, UINT64_MAX } from './line-protocol.ts';
import type { FieldValue, Sample } from './sample.ts';

const MS_SUFFIX: Readonly<Record<Exclude<Precision, 's'>, string>> = { ns: '000000', us: '000', ms: '' };

/**
 * Writes samples, one line each, `\n` at the end of every line. What the format cannot hold is handled so that the rest survives: empty tag
 * values and non-finite numbers are left out, line breaks in tags become spaces, a sample without any field left gives no line.
 */
export function encodeLines(samples: readonly Sample[], precision: Precision): string {
  let out = '';
  for (const sample of samples) {
    const fields = encodeFields(sample.fields);
    if (fields === '') continue;
    out += encodeHead(sample);
    const time = precision === 's' ? String(Math.floor(sample.time / 1000)) : `${sample.time}${MS_SUFFIX[precision]}`;
    out += ` ${fields} ${time}\n`;
  }
  return out;
}

/** Measurement and tags. */
export function encodeHead({ measurement, tags }: Pick<Sample, 'measurement' | 'tags'>): string {
  let out = escapeMeasurement(measurement);
  for (const name of Object.keys(tags)) {
    const value = escapeKey(tags[name]!);
    if (value !== '') out += `,${escapeKey(name)}=${value}`;
  }
  return out;
}

/** Fields in a row; empty when none of them can be written. */
export function encodeFields(fields: Readonly<Record<string, FieldValue>>): string {
  let out = '';
  for (const name of Object.keys(fields)) {
    const value = encodeValue(fields[name]!);
    if (value !== undefined) out += `${out === '' ? '' : ','}${escapeKey(name)}=${value}`;
  }
  return out;
}

function encodeValue(value: FieldValue): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'bigint':
      if (value > INT64_MAX) return value > UINT64_MAX ? undefined : `${value}u`;
      return value < INT64_MIN ? undefined : `${value}i`;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  }
}

const KEY_SPECIAL = /[,= \\\n\r]/;

/** Tag keys, tag values and field keys. A backslash cannot be escaped here, and at the end it would swallow the separator. */
function escapeKey(text: string): string {
  if (!KEY_SPECIAL.test(text)) return text;
  return text
    .replace(/[\n\r]+/g, ' ')
    .replace(/\\+(?=[,= ]|$)/g, '')
    .replace(/[,= ]/g, '\\$&');
}

function escapeMeasurement(text: string): string {
  const safe = text
    .replace(/[\n\r]+/g, ' ')
    .replace(/\\+(?=[, ]|$)/g, '')
    .replace(/[, ]/g, '\\$&');
  return safe.startsWith('#') ? `_${safe}` : safe;
}
