import { errorMessage } from '../../core/errors.ts';
import { decodeMapping } from './decode-mapping.ts';
import type { Part } from './part.ts';
import { goPattern, goTemplate } from './pattern.ts';
import {
  CONVERSIONS,
  type Conversion,
  type Factor,
  FORMATS,
  METRIC_TYPES,
  type MetricType,
  type ProfileSymbol,
  TRANSFORMS,
  type Transform,
  type ValueFormat,
} from './profile.ts';

/** What the entry says for all its symbols, or what stands in for what the symbol does not say. */
export interface SymbolDefaults {
  readonly type?: MetricType | undefined;
  readonly oid?: string | undefined;
  readonly name?: string | undefined;
  readonly unit?: string | undefined;
}

/** One symbol, or undefined with the reason noted: a value read wrongly is worse than none. */
export function decodeSymbol(part: Part, defaults: SymbolDefaults = {}): ProfileSymbol | undefined {
  const oid = part.oid('OID') ?? defaults.oid;
  const name = part.text('tag') ?? part.text('name') ?? defaults.name ?? oid;
  const constantOne = part.flag('constant_value_one');
  if (oid === undefined && !part.bad) part.wrong(undefined, 'an OID', name ?? 'a mapping without one');
  const metricType = part.oneOf('metric_type', METRIC_TYPES);
  const type = metricType ?? part.oneOf('forced_type', METRIC_TYPES) ?? defaults.type;
  const special = decodeConversion(part);
  const made = {
    format: part.oneOf('format', FORMATS) ?? special.format,
    extract: decodePattern(part, 'extract_value') ?? special.extract,
    match: decodeMatch(part),
    mapping: decodeMapping(part),
    missing: part.has('missing') ? new Set(part.texts('missing')) : undefined,
    factors: part.has('factors') ? decodeFactors(part) : undefined,
    conversion: special.conversion,
    scale: part.number('scale_factor'),
    constantOne: constantOne || special.constantOne,
    transform: decodeTransform(part),
    unit: part.text('unit') ?? unitOf(part) ?? defaults.unit,
  };
  part.skip('tag', 'name', 'description', 'family', 'MIB', 'chart_meta');
  part.unused('condition', 'allow_duplicate', 'script', 'match_attributes', 'poll_time_sec');
  if (part.bad || oid === undefined || name === undefined) return part.abandon();
  // What is not said stays out, so that a symbol reads as it was written.
  const said = Object.entries(made).filter(([, value]) => value !== undefined);
  return { oid, name, type, ...(Object.fromEntries(said) as typeof made) };
}

/** A pattern of the file; one that cannot be read makes the part bad. */
export function decodePattern(part: Part, key: string): RegExp | undefined {
  const source = part.text(key);
  return source === undefined ? undefined : compile(part, key, source);
}

function compile(part: Part, key: string, source: string): RegExp | undefined {
  try {
    return goPattern(source);
  } catch (error) {
    return part.wrong(key, 'a regular expression', errorMessage(error));
  }
}

function decodeMatch(part: Part): ProfileSymbol['match'] {
  const pattern = decodePattern(part, 'match_pattern');
  const value = part.text('match_value');
  // Without a value the first group is what is wanted, as everywhere else.
  return pattern && { pattern, value: goTemplate(value ?? '$1') };
}

interface Special {
  readonly format?: ValueFormat;
  readonly extract?: RegExp | undefined;
  readonly conversion?: Conversion;
  readonly constantOne?: true;
}

/** Ours by name; Kentik's by what it says. */
function decodeConversion(part: Part): Special {
  const text = part.text('conversion');
  if (text === undefined) return {};
  const own = CONVERSIONS.find((c) => c === text);
  if (own) return { conversion: own };
  if (text === 'hwaddr') return { format: 'mac_address' };
  if (text === 'hextoip') return { format: 'ip_address' };
  if (text === 'engine_id') return { format: 'hex' };
  if (text === 'to_one') return { format: 'text', constantOne: true };
  const endian = /^hextoint(?::(Big|Little)Endian(?::uint(?:16|32|64))?)?$/i.exec(text);
  if (endian) return { format: endian[1]?.toLowerCase() === 'little' ? 'little_endian' : 'uint32' };
  if (text.startsWith('regexp:')) return { extract: compile(part, 'conversion', text.slice('regexp:'.length)) };
  // What a device gives in a form of its own is no number without it: the flags of a UPS would be read as one of 64 digits.
  part.wrong('conversion', `one of ${CONVERSIONS.join(', ')}, hwaddr, hextoip, hextoint, engine_id, to_one or regexp:`);
  return {};
}

/** Ours by name; a Go template says everything by one of two helpers, or is not for us. */
function decodeTransform(part: Part): Transform | undefined {
  const text = part.text('transform');
  if (text === undefined) return undefined;
  const own = TRANSFORMS.find((t) => t === text);
  if (own) return own;
  if (text.includes('transformEntitySensorValue')) return 'entity_sensor';
  if (text.includes('transformHrStorage')) return 'hr_storage';
  const helper = /\btransform\w+/.exec(text)?.[0];
  return part.wrong('transform', 'transformEntitySensorValue or transformHrStorage', helper ?? 'another Go template');
}

function decodeFactors(part: Part): Factor[] {
  return part.parts('factors').flatMap((factor): Factor[] => {
    const power = factor.integer('power', -1);
    if (power === 0) factor.wrong('power', '1 or -1');
    const symbol = decodeSymbol(factor);
    if (!symbol) part.bad = true;
    return symbol ? [{ symbol, power: power === undefined ? undefined : power < 0 ? -1 : 1 }] : [];
  });
}

/** Netdata's `chart_meta`, of which the unit counts. */
export function unitOf(part: Part): string | undefined {
  const meta = part.part('chart_meta');
  meta?.skip('description', 'family', 'type');
  return meta?.text('unit');
}
