import type { DeviceFacts } from '../../core/device-facts.ts';
import type { Profile } from '../profile/profile.ts';
import { cpuFacts } from './cpu.ts';
import { known } from './known.ts';
import { memoryFacts } from './memory.ts';
import { type Needs, needsOf } from './needs.ts';
import { isPrivate, ownMetrics, type ProfileMetric } from './own.ts';
import { poeFacts } from './parts.ts';
import type { Reading } from './reading.ts';
import { type FactRecord, numberOf, recordsOf } from './records.ts';
import { allRows, type Section, sectionOf, sectionRows } from './section.ts';
import { sensorFacts, wirelessFacts } from './sensors.ts';
import { besides } from './value.ts';

/** Sections whose values change by themselves; the others are the inventory, which changes when somebody changes it. */
const VITAL: ReadonlySet<Section> = new Set(['cpu', 'memory', 'sensor', 'wireless', 'poe', 'poe_port', 'ethernet']);

/** What each poll reads anyway: the system group, ifTable, ifXTable. */
const EVERY_POLL = /^1\.3\.6\.1\.2\.1\.(1|2\.2|31\.1\.1)\./;

/** EtherLike-MIB (RFC 3635) of one interface. */
export interface EthernetFacts {
  readonly ifIndex: string;
  /** dot3StatsDuplexStatus: 1 unknown, 2 half, 3 full. */
  readonly duplex?: number;
  readonly fcsErrors?: number;
  readonly alignmentErrors?: number;
}

export interface VitalFacts extends Pick<DeviceFacts, 'cpu' | 'memory' | 'sensors' | 'wireless' | 'poe'> {
  readonly ethernet: readonly EthernetFacts[];
  readonly own: readonly ProfileMetric[];
}

/** How the values that change are read again without reading all the names and units that go with them. */
export interface VitalPlan {
  readonly profile: Profile;
  /** To be read again: the device had it. */
  readonly fresh: Needs;
  /** What goes with them, as it was read the last time. */
  readonly kept: Reading;
}

/** @param reading of everything that the profile needs */
export function planVitals(profile: Profile, reading: Reading): VitalPlan {
  const vital = vitalPart(profile);
  const changing = changingOids(vital);
  const needs = needsOf(vital);
  const isThere = (oid: string): boolean => reading.scalars.has(oid) || (reading.columns.get(oid)?.size ?? 0) > 0;
  const read = (oids: readonly string[]): string[] => oids.filter((oid) => changing.has(oid) && isThere(oid));
  const rest = new Set([...needs.scalars, ...needs.columns].filter((oid) => !changing.has(oid)));
  return {
    profile: vital,
    // An object without instance that was found as the first of a column is read as one.
    fresh: {
      scalars: read(needs.scalars).filter((oid) => reading.scalars.has(oid)),
      columns: [...read(needs.columns), ...read(needs.scalars).filter((oid) => !reading.scalars.has(oid))],
    },
    kept: {
      scalars: new Map([...reading.scalars].filter(([oid]) => rest.has(oid))),
      columns: new Map([...reading.columns].filter(([oid, cells]) => rest.has(oid) && cells.size > 0)),
    },
  };
}

export function vitalFacts(profile: Profile, reading: Reading): VitalFacts {
  const all = allRows(profile, reading);
  const rows = sectionRows(all);
  return {
    cpu: cpuFacts(rows.get('cpu')!),
    memory: memoryFacts(rows.get('memory')!),
    sensors: sensorFacts(rows.get('sensor')!),
    wireless: wirelessFacts(rows.get('wireless')!),
    poe: poeFacts(rows.get('poe')!, rows.get('poe_port')!),
    ethernet: recordsOf(rows.get('ethernet')!).map(ethernetOf),
    own: ownMetrics(profile, reading, all),
  };
}

function ethernetOf(record: FactRecord): EthernetFacts {
  const found = {
    duplex: numberOf(record, 'duplex'),
    fcsErrors: numberOf(record, 'fcs_errors'),
    alignmentErrors: numberOf(record, 'alignment_errors'),
  };
  return { ifIndex: record.index, ...known(found) };
}

/** The profile with nothing in it but what changes by itself. */
export function vitalPart(profile: Profile): Profile {
  const isVital = ({ name, oid }: { readonly name: string; readonly oid: string }): boolean => {
    const section = sectionOf(name)?.section;
    return section ? VITAL.has(section) : !EVERY_POLL.test(oid) && !isPrivate(name);
  };
  return {
    ...profile,
    fields: new Map(),
    fieldsByObjectId: [],
    lastFields: undefined,
    scalars: profile.scalars.filter((s) => isVital(s.symbol)),
    tables: profile.tables
      .map((t) => ({ ...t, symbols: t.symbols.filter(isVital) }))
      .filter((t) => t.symbols.length > 0),
  };
}

/** Values and what they are worked out with; filters by the table's own columns too, which say how a thing is; those by another table say what it is. */
function changingOids({ scalars, tables }: Profile): Set<string> {
  const groups = [
    ...scalars.map((s) => ({ symbols: [s.symbol], where: s.where })),
    ...tables.map(({ symbols, where }) => ({ symbols, where })),
  ];
  return new Set(
    groups.flatMap(({ symbols, where }) => {
      const entries = new Set(symbols.map(({ oid }) => entryOf(oid)));
      const filters = where.flatMap(({ source }) =>
        source.kind === 'column' && entries.has(entryOf(source.symbol.oid)) ? [source.symbol] : [],
      );
      return [...symbols, ...filters].flatMap((s) => [s.oid, ...besides(s)]);
    }),
  );
}

function entryOf(oid: string): string {
  return oid.slice(0, oid.lastIndexOf('.'));
}
