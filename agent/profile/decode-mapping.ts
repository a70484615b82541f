import { NAMED_MAPPINGS } from './if-type.ts';
import { isMapping, type Part, textOf } from './part.ts';
import type { Mapping } from './profile.ts';

/** `mapping` (flat, or with a mode), `mapping_ref`, or Kentik's `enum`, which is a mapping the other way round. */
export function decodeMapping(part: Part): Mapping | undefined {
  const raw = part.get('mapping');
  const ref = part.text('mapping_ref');
  const names = part.get('enum');
  if (raw !== undefined) return written(part, raw);
  if (ref !== undefined) {
    const items = NAMED_MAPPINGS[ref];
    return items
      ? { mode: 'exact', items }
      : part.wrong('mapping_ref', `one of ${Object.keys(NAMED_MAPPINGS).join(', ')}`);
  }
  return names === undefined ? undefined : inverse(part, names);
}

function written(part: Part, raw: unknown): Mapping | undefined {
  if (!isMapping(raw)) return part.wrong('mapping', 'a mapping of values to names');
  // A flat mapping with a value "items" or "mode" would have a text there.
  if (!isMapping(raw['items'])) return mapping(part, 'mapping', 'exact', raw);
  const mode = raw['mode'] ?? 'exact';
  if (mode !== 'exact' && mode !== 'bitmask') return part.wrong('mapping', 'mode exact or bitmask', String(mode));
  return mapping(part, 'mapping', mode, raw['items']);
}

function mapping(
  part: Part,
  key: string,
  mode: Mapping['mode'],
  raw: Readonly<Record<string, unknown>>,
): Mapping | undefined {
  const items = new Map<string, string>();
  for (const [value, name] of Object.entries(raw)) {
    const text = textOf(name);
    if (text === undefined) return part.wrong(key, 'a text for each value', `something else for ${value}`);
    items.set(value, text);
  }
  return { mode, items };
}

function inverse(part: Part, raw: unknown): Mapping | undefined {
  if (!isMapping(raw)) return part.wrong('enum', 'a mapping of names to numbers');
  const items = new Map<string, string>();
  for (const [name, value] of Object.entries(raw)) {
    const text = textOf(value);
    if (text === undefined) return part.wrong('enum', 'a number for each name', `something else for ${name}`);
    if (!items.has(text)) items.set(text, name);
  }
  return { mode: 'exact', items };
}
