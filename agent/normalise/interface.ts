import type { FieldValue, Sample } from '../../core/sample.ts';
import type { NoRate } from './counter.ts';
import { type Cells, deriveInterface, WIDE_COUNTERS } from './derive.ts';
import { type Tags, withoutEmpty } from './device-tags.ts';
import type { Row } from './table.ts';
import { toInteger, toText } from './varbind.ts';

/** What is kept of a row from one poll to the next. */
export interface InterfaceMemory {
  /** The name by which a row is the same interface: an index may be given to another port (RFC 2863, section 3.1.5). */
  readonly identity: string;
  readonly tags: Tags;
  readonly cells: Cells;
}

export interface InterfaceResult {
  readonly samples: readonly Sample[];
  /** Rows by index, to be handed in at the next poll. */
  readonly memory: ReadonlyMap<string, InterfaceMemory>;
  /** Rows that got no rate, by reason. */
  readonly withoutRate: Readonly<Partial<Record<NoRate | 'renumbered', number>>>;
}

export const NAME_TAGS: readonly string[] = ['ifName', 'ifDescr', 'ifAlias'];
/** A row of which nothing but these was read is not reported. */
export const SLOW_FIELDS: readonly string[] = ['ifType', 'ifAdminStatus', 'ifHighSpeed', 'ifSpeed'];
/** ifSpeed can say no more than this; it then means "look at ifHighSpeed" (RFC 2863). */
export const IF_SPEED_LIMIT = 4294967295n;

/**
 * Samples of measurement `interface`: the raw objects as integers and the rates since the previous reading.
 * A row whose fast columns were not read is left out. Where a poll was cut short (`complete` false) the earlier readings stay in the memory,
 * so that the next rate covers the longer time; the only thing reported without having been read is the interface's name.
 */
export function normaliseInterfaces(
  rows: readonly Row[],
  before: ReadonlyMap<string, InterfaceMemory>,
  device: { readonly tags: Tags; readonly time: number; readonly fineClock: boolean; readonly complete: boolean },
): InterfaceResult {
  const samples: Sample[] = [];
  const memory = new Map<string, InterfaceMemory>(device.complete ? [] : before);
  const withoutRate: Partial<Record<NoRate | 'renumbered', number>> = {};
  for (const row of rows) {
    const earlier = before.get(row.index);
    const read = namesOf(row);
    const identity = read['ifName'] ?? read['ifDescr'];
    const same = earlier !== undefined && identity === earlier.identity;
    const fields = rawFields(row.cells);
    if (Object.keys(fields).some((name) => !SLOW_FIELDS.includes(name))) {
      if (same) {
        const derived = deriveInterface(earlier.cells, row.cells, speedOf(row.cells), device.fineClock);
        Object.assign(fields, derived.fields);
        for (const reason of derived.reasons) withoutRate[reason] = (withoutRate[reason] ?? 0) + 1;
      } else if (earlier && identity !== undefined) withoutRate.renumbered = (withoutRate.renumbered ?? 0) + 1;
      const names = identity === undefined && earlier ? earlier.tags : read;
      samples.push({
        measurement: 'interface',
        tags: { ...device.tags, ifIndex: row.index, ...names },
        fields,
        time: device.time,
      });
    }
    if (identity === undefined) continue;
    const cells = same && !device.complete ? { ...earlier.cells, ...row.cells } : row.cells;
    memory.set(row.index, { identity, tags: read, cells });
  }
  return { samples, memory, withoutRate };
}

function namesOf(row: Row): Tags {
  return withoutEmpty(
    Object.fromEntries(NAME_TAGS.map((tag) => [tag, row.cells[tag] && toText(row.cells[tag].value)])),
  );
}

function rawFields(cells: Cells): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const [name, cell] of Object.entries(cells)) {
    // A narrow twin says nothing more than the object that replaces it.
    if (NAME_TAGS.includes(name) || cells[WIDE_COUNTERS[name] ?? '']) continue;
    const value = toInteger(cell.value);
    if (value !== undefined) fields[name] = value;
  }
  if (fields['ifHighSpeed']) delete fields['ifSpeed'];
  return fields;
}

/** Bits per second: ifHighSpeed (in millions), or ifSpeed where it is 0 or absent; undefined when neither says. */
export function speedOf(cells: Cells): number | undefined {
  const high = cells['ifHighSpeed'] && toInteger(cells['ifHighSpeed'].value);
  if (high) return Number(high) * 1e6;
  const speed = cells['ifSpeed'] && toInteger(cells['ifSpeed'].value);
  return speed && speed !== IF_SPEED_LIMIT ? Number(speed) : undefined;
}
