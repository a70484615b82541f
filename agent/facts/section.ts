import type { Profile } from '../profile/profile.ts';
import type { Reading } from './reading.ts';
import { type EvaluatedRow, scalarRow, tableRows } from './rows.ts';
import type { Evaluated } from './value.ts';

/** The parts of a device's facts that a symbol's name can belong to: what stands before its first dot. */
export const SECTIONS = [
  'cpu',
  'memory',
  'sensor',
  'wireless',
  'poe',
  'poe_port',
  'ethernet',
  'inventory',
  'neighbor',
] as const;
export type Section = (typeof SECTIONS)[number];

/** `unit`: what the profile says of the symbol. */
export interface SectionValue {
  readonly name: string;
  readonly value: Evaluated;
  readonly unit?: string | undefined;
}

/** A row's values that belong to one section, by what follows the section in their names. */
export interface SectionRow {
  readonly table: string | undefined;
  readonly index: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly values: readonly SectionValue[];
  readonly rank: number;
}

/** Section and name of a symbol, as `cpu` and `usage`; undefined for one that is an ordinary metric. */
export function sectionOf(name: string): { section: Section; name: string } | undefined {
  const dot = name.indexOf('.');
  const section = SECTIONS.find((s) => s === name.slice(0, dot));
  return section && { section, name: name.slice(dot + 1) };
}

/** Rows by section. */
export function sectionRows(rows: readonly EvaluatedRow[]): ReadonlyMap<Section, readonly SectionRow[]> {
  const found = new Map<Section, SectionRow[]>(SECTIONS.map((s) => [s, []]));
  for (const row of rows)
    for (const [section, values] of bySection(row)) {
      const { table, index, tags, rank } = row;
      found.get(section)!.push({ table, index, tags, rank, values });
    }
  return found;
}

/** Every row, of tables and of scalars. Of several scalars with one name and the same tags the first that has a value counts. */
export function allRows(profile: Profile, reading: Reading): EvaluatedRow[] {
  return [...profile.tables.flatMap((t) => tableRows(t, reading)), ...scalarRows(profile, reading)];
}

function scalarRows(profile: Profile, reading: Reading): EvaluatedRow[] {
  const seen = new Set<string>();
  return profile.scalars.flatMap((scalar) => {
    const row = scalarRow(scalar, reading);
    if (!row) return [];
    const key = `${scalar.symbol.name} ${JSON.stringify(row.tags)} ${scalar.rank}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [row];
  });
}

function bySection(row: EvaluatedRow): Map<Section, SectionValue[]> {
  const found = new Map<Section, SectionValue[]>();
  for (const { symbol, value } of row.values) {
    const part = sectionOf(symbol.name);
    if (part)
      found.set(part.section, [...(found.get(part.section) ?? []), { name: part.name, value, unit: symbol.unit }]);
  }
  return found;
}

/** Those of the lowest rank that there is, separately by `key`. */
export function lowestRank<T extends { readonly rank: number }>(rows: readonly T[], key: (row: T) => string): T[] {
  return [...Map.groupBy(rows, key).values()].flatMap((group) => {
    const lowest = Math.min(...group.map((r) => r.rank));
    return group.filter((r) => r.rank === lowest);
  });
}

/** What a row is called: the tag `descr`, else its first tag of text, else the name that is given. */
export function descrOf(tags: Readonly<Record<string, string>>, otherwise: string): string {
  return tags['descr'] ?? tags['name'] ?? otherwise;
}
