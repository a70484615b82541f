import { toCounter, toText } from '../normalise/varbind.ts';
import type { Profile, ProfileSymbol, ValueFormat } from '../profile/profile.ts';
import { type Reading, scalarOf } from './reading.ts';
import type { EvaluatedRow, RowValue } from './rows.ts';
import { allRows, sectionOf } from './section.ts';
import { type Evaluated, evaluate } from './value.ts';

/** A metric of a profile that is none of the facts: read and passed on under the file's own names. */
export interface ProfileMetric {
  /** The table's name; undefined for scalars. */
  readonly table: string | undefined;
  readonly index: string;
  /** Those of the row, and those that the profile reads of the device or fixes for all. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * Numbers as they are after the profile's scaling; texts where the device gave no number. A state is the number that the device gave,
   * and beside it as `NAME_text` the word of its mapping.
   */
  readonly values: ReadonlyMap<string, number | string>;
  /** Names of the values that count up, with what a rate per second of them is multiplied by. */
  readonly counters?: ReadonlyMap<string, number>;
}

/** In Netdata's files: what only other metrics of the file are made of, and what only templates look at. */
const PRIVATE = /^(_|rm:)/;

/** Whether a metric is read for others only. */
export function isPrivate(name: string): boolean {
  return PRIVATE.test(name);
}

/** Of the profile's rows those with anything that is no fact. */
export function ownMetrics(
  profile: Profile,
  reading: Reading,
  rows: readonly EvaluatedRow[] = allRows(profile, reading),
): ProfileMetric[] {
  const device = deviceTags(profile, reading);
  return rows.flatMap(({ table, index, tags, values }): ProfileMetric[] => {
    const own = values.filter(({ symbol: { name } }) => !sectionOf(name) && !PRIVATE.test(name));
    if (own.length === 0) return [];
    const counters = new Map(own.flatMap(({ symbol, value }) => counterOf(symbol, value)));
    return [
      {
        table,
        index,
        tags: { ...device, ...labels(tags) },
        values: new Map(own.flatMap(fieldsOf)),
        ...(counters.size > 0 && { counters }),
      },
    ];
  });
}

/** Of several for one tag the first that says something counts; what is read comes before what is fixed. */
function deviceTags({ deviceTags: tags, staticTags }: Profile, reading: Reading): Record<string, string> {
  const read = tags.flatMap(({ tag, symbol }): [string, string][] => {
    const text = evaluate(symbol, scalarOf(reading, symbol.oid), (oid) => scalarOf(reading, oid), 'tag')?.text;
    return text === undefined || text === '' ? [] : [[tag, text]];
  });
  return labels({ ...staticTags, ...Object.fromEntries(read.toReversed()) });
}

/** Netdata's `_x` is a label like others, only no part of what tells two charts apart; here `x`, where there is no such tag. */
function labels(tags: EvaluatedRow['tags']): Record<string, string> {
  const plain = Object.entries(tags).filter(([name]) => !PRIVATE.test(name));
  const hidden = Object.entries(tags).filter(([name]) => name.startsWith('_'));
  return { ...Object.fromEntries(hidden.map(([name, text]) => [name.slice(1), text])), ...Object.fromEntries(plain) };
}

function fieldsOf({ symbol, value }: RowValue): [string, number | string][] {
  const { name, mapping, format } = symbol;
  const { text, number, rawNumber } = value;
  if (format && !mapping && TEXTS.has(format)) return [[name, text]];
  // Kentik's `to_one`: a text that is there counts 1.
  if (symbol.constantOne && format === 'text') return [[name, 1], ...worded(name, toText(value.raw))];
  if (mapping && rawNumber !== undefined && !isNumber(text)) return [[name, rawNumber], ...worded(name, text)];
  return [[name, number ?? text]];
}

function worded(name: string, text: string | undefined): [string, string][] {
  return text === undefined || text === '' ? [] : [[`${name}_text`, text]];
}

/** What such a format makes is a text, also where it begins with a digit. */
const TEXTS: ReadonlySet<ValueFormat> = new Set(['mac_address', 'ip_address', 'hex', 'text_date', 'snmp_dateandtime']);

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** What the file says of the value, else its type on the wire (RFC 2578: a Counter says nothing by itself). */
function counterOf(
  { type, name, constantOne, mapping }: ProfileSymbol,
  { raw, number }: Evaluated,
): [string, number][] {
  if (constantOne || mapping || number === undefined) return [];
  if (type === 'percent') return [[name, 100]];
  const counts = type === undefined ? toCounter(raw) !== undefined : COUNTING.has(type);
  return counts ? [[name, 1]] : [];
}

const COUNTING: ReadonlySet<ProfileSymbol['type']> = new Set(['rate', 'counter', 'monotonic_count_and_rate']);
