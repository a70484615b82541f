import { oidPatterns } from './decode-selector.ts';
import { decodeSymbol } from './decode-symbol.ts';
import { decodeTagMatch } from './decode-tag.ts';
import type { Part } from './part.ts';
import type { FieldSource, Profile } from './profile.ts';

type Fields = ReadonlyMap<string, readonly FieldSource[]>;

/** What is known of the device: `metadata.device.fields`, Datadog's older `device.vendor`, Kentik's `provider`. */
export function decodeFields(root: Part): Fields {
  const metadata = root.part('metadata');
  const device = metadata?.part('device');
  const inner = device?.part('fields');
  const fields = new Map(inner ? fieldsOf(inner) : []);
  // Interfaces, power supplies and the like are read from their tables.
  metadata?.unused(...metadata.keys.filter((key) => key !== 'device'));
  device?.unused('id_tags');
  const old = root.part('device');
  for (const key of old?.keys ?? []) {
    const value = old!.text(key);
    if (value !== undefined && !fields.has(key)) fields.set(key, [{ value }]);
  }
  // Kentik's hint of what kind of device it is, as `kentik-switch`.
  const provider = root.text('provider');
  if (provider !== undefined && !fields.has('type')) fields.set('type', [{ value: provider }]);
  return fields;
}

/** Netdata's fields for single models, without the level `device.fields`. */
export function decodeFieldsByObjectId(root: Part): Profile['fieldsByObjectId'] {
  return root.parts('sysobjectid_metadata').flatMap((part) => {
    const patterns = oidPatterns(part, 'sysobjectid');
    const metadata = part.part('metadata');
    const inner = metadata?.part('device')?.part('fields') ?? metadata;
    if (patterns.length === 0 && !part.bad) part.wrong('sysobjectid', 'an OID');
    if (!inner && !part.bad) part.wrong('metadata', 'fields');
    if (part.bad || !inner) return part.abandon() ?? [];
    const fields = fieldsOf(inner);
    return patterns.map((pattern) => ({ pattern, fields }));
  });
}

function fieldsOf(part: Part): Fields {
  const fields = new Map<string, readonly FieldSource[]>();
  for (const name of part.keys) {
    if (!part.has(name)) {
      part.skip(name);
      continue;
    }
    const field = part.part(name);
    if (!field) continue;
    const { sources, several } = sourcesOf(field);
    for (const [other, source] of several) fields.set(other, [...(fields.get(other) ?? []), source]);
    if (sources.length > 0) fields.set(name, [...sources, ...(fields.get(name) ?? [])]);
    else if (several.length === 0 && !field.bad) field.wrong(undefined, 'a value, a symbol or symbols');
  }
  return fields;
}

interface Sources {
  /** What is read comes before what is fixed. */
  readonly sources: readonly FieldSource[];
  /** Of other fields: the groups of a pattern (`match`) are the texts of the fields that `tags` names. */
  readonly several: readonly (readonly [string, FieldSource])[];
}

function sourcesOf(field: Part): Sources {
  const one = field.part('symbol');
  const several: [string, FieldSource][] = [];
  const read = [...(one ? [one] : []), ...field.parts('symbols')].flatMap((part): FieldSource[] => {
    const match = part.has('match') ? decodeTagMatch(part) : undefined;
    const symbol = decodeSymbol(part);
    if (!symbol) field.bad = true;
    if (!symbol || !match) return symbol ? [{ symbol }] : [];
    for (const [name, value] of Object.entries(match.tags))
      several.push([name, { symbol: { ...symbol, match: { pattern: match.pattern, value } } }]);
    return [];
  });
  const value = field.text('value');
  field.skip('description', 'unit');
  field.unused('consumers');
  return { sources: value === undefined ? read : [...read, { value }], several };
}
