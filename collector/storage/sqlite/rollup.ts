import { ByteReader, type ByteWriter, CodecError, decodeNumbers, type FieldSet } from './codec.ts';

/** What is kept of one numeric field over one window. `sum / count` is the mean; `last` is the value of the latest point. */
export interface Aggregate {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
}

/** Aggregates of one series by field name; points must be added in order of time. */
export type SeriesAggregate = Map<string, Aggregate>;

/** Adds one raw point. @throws CodecError, with nothing added */
export function addPoint(into: SeriesAggregate, set: FieldSet, bytes: Uint8Array): void {
  const names: string[] = [];
  const values: number[] = [];
  decodeNumbers(set, bytes, (i, value) => {
    names.push(set.names[i]!);
    values.push(value);
  });
  for (let i = 0; i < names.length; i++) addValue(into, names[i]!, values[i]!);
}

function addValue(into: SeriesAggregate, name: string, value: number): void {
  const have = into.get(name);
  if (!have) {
    into.set(name, { count: 1, sum: value, min: value, max: value, last: value });
    return;
  }
  have.count++;
  have.sum += value;
  if (value < have.min) have.min = value;
  if (value > have.max) have.max = value;
  have.last = value;
}

/** Adds a later window's aggregates. @throws CodecError, with nothing added */
export function addAggregate(into: SeriesAggregate, set: FieldSet, bytes: Uint8Array): void {
  for (const [name, aggregate] of decodeAggregate(set, bytes)) merge(into, name, aggregate);
}

function merge(into: SeriesAggregate, name: string, more: Aggregate): void {
  const have = into.get(name);
  if (!have) {
    into.set(name, { ...more });
    return;
  }
  have.count += more.count;
  have.sum += more.sum;
  have.min = Math.min(have.min, more.min);
  have.max = Math.max(have.max, more.max);
  have.last = more.last;
}

/**
 * Bytes of a rollup row: per field of the set a LEB128 of 2 x count, plus 1 when all values were equal, then that one value, else sum, min,
 * max and last. Idle ports make most rows constant. The sum of equal values is count x value, not their sum one by one.
 */
export function encodeAggregate(writer: ByteWriter, set: FieldSet, series: SeriesAggregate): Uint8Array {
  writer.reset();
  for (const name of set.names) {
    const { count, sum, min, max, last } = series.get(name)!;
    const constant = Object.is(min, max);
    writer.varint(count * 2 + (constant ? 1 : 0));
    if (!constant) {
      writer.float(sum);
      writer.float(min);
      writer.float(max);
    }
    writer.float(last);
  }
  return writer.take();
}

/** @throws CodecError */
export function decodeAggregate(set: FieldSet, bytes: Uint8Array): SeriesAggregate {
  const reader = new ByteReader(bytes);
  const series: SeriesAggregate = new Map();
  for (const name of set.names) series.set(name, readAggregate(reader));
  reader.end();
  return series;
}

function readAggregate(reader: ByteReader): Aggregate {
  const head = reader.varint();
  const count = head >>> 1;
  if (count === 0) throw new CodecError('aggregate of no values');
  if (head & 1) {
    const value = reader.float();
    return { count, sum: value * count, min: value, max: value, last: value };
  }
  return { count, sum: reader.float(), min: reader.float(), max: reader.float(), last: reader.float() };
}
