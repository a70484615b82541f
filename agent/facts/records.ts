import type { SectionRow } from './section.ts';
import type { Evaluated } from './value.ts';

/** Values of one thing by their names. */
export interface FactRecord {
  readonly index: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: ReadonlyMap<string, Evaluated>;
  readonly rank: number;
}

/** One record a row of a table; scalars with the same tags make one record together. */
export function recordsOf(rows: readonly SectionRow[]): FactRecord[] {
  const keyed = Map.groupBy(rows, (r) => `${r.rank} ${r.table ?? ''} ${r.index} ${JSON.stringify(r.tags)}`);
  return [...keyed.values()].map((group) => {
    const { index, tags, rank } = group[0]!;
    const fields = new Map<string, Evaluated>();
    for (const { name, value } of group.flatMap((r) => r.values)) if (!fields.has(name)) fields.set(name, value);
    return { index, tags, fields, rank };
  });
}

/** A field's text (a tag of the same name stands in for it); undefined for an empty one. */
export function textOf({ fields, tags }: FactRecord, name: string): string | undefined {
  const text = fields.get(name)?.text.trim() || tags[name];
  return text === '' ? undefined : text;
}

export function numberOf({ fields }: FactRecord, name: string): number | undefined {
  return fields.get(name)?.number;
}
