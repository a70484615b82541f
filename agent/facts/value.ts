import type { VarBind } from '../drivers/snmp-session.ts';
import { toText } from '../normalise/varbind.ts';
import type { Conversion, Mapping, ProfileSymbol } from '../profile/profile.ts';
import { formatted, isBinary, opaqueNumber, toHex } from './octets.ts';

/** What became of one value. */
export interface Evaluated {
  /** As the device gave it. */
  readonly raw: VarBind;
  /** After format, extraction and mapping. */
  readonly text: string;
  /** The number that the device gave, before mapping and scaling; undefined where it gave none. */
  readonly rawNumber: number | undefined;
  /** The number after everything. */
  readonly number: number | undefined;
}

export type Use = 'metric' | 'tag' | 'field';

/** Gives another value of the same row (or another scalar), for factors. */
export type Beside = (oid: string) => VarBind | undefined;

/**
 * Works one value out as its symbol says (the order is told at ProfileSymbol). Undefined when the device gave nothing, gave one of the
 * values that mean "no reading", or text that the pattern does not fit.
 *
 * @param use a tag keeps a text that `extract` does not fit, a metric and a field do not; a field does not keep one that its mapping does not know
 */
export function evaluate(
  symbol: ProfileSymbol,
  raw: VarBind | undefined,
  beside: Beside,
  use: Use = 'metric',
): Evaluated | undefined {
  if (!raw || raw.value === null) return undefined;
  if (symbol.constantOne) return { raw, text: '1', rawNumber: 1, number: 1 };
  const opaque = opaqueNumber(raw);
  const read = symbol.format
    ? formatted(raw, symbol.format)
    : opaque === undefined
      ? plainText(raw, use)
      : String(opaque);
  if (read === undefined || symbol.missing?.has(read)) return undefined;
  const cut = cutOut(symbol, read, use);
  if (cut === undefined || symbol.missing?.has(cut)) return undefined;
  if (use === 'field' && symbol.mapping?.mode === 'exact' && !symbol.mapping.items.has(cut)) return undefined;
  const text = symbol.mapping ? mapped(symbol.mapping, cut) : cut;
  const plain = numberIn(text);
  const number = plain === undefined ? undefined : scaled(symbol, plain, beside);
  return { raw, text, rawNumber: numberIn(cut), number: Number.isFinite(number) ? number : undefined };
}

/** A label of octets that are no text (an address in LLDP's tables, a BITS value) is their hex digits, as the other projects write it. */
function plainText(raw: VarBind, use: Use): string | undefined {
  return use === 'tag' && raw.value instanceof Uint8Array && isBinary(raw.value) ? toHex(raw) : toText(raw);
}

/** The text that `extract` and `match` leave of it; undefined where they drop it. */
export function cutOut(symbol: Pick<ProfileSymbol, 'extract' | 'match'>, text: string, use: Use): string | undefined {
  let cut = text;
  if (symbol.extract) {
    const found = symbol.extract.exec(text);
    if (found) cut = found[1] ?? found[0];
    else if (use !== 'tag') return undefined;
  }
  if (!symbol.match) return cut;
  const found = symbol.match.pattern.exec(cut);
  return found ? template(symbol.match.value, found) : undefined;
}

/** `$1` and `${1}` are groups of the match; white space that empty groups leave is tidied. */
export function template(text: string, found: RegExpExecArray): string {
  return text
    .replace(/\$(\d+)|\$\{(\d+)\}/g, (_, a?: string, b?: string) => found[Number(a ?? b)] ?? '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** The text for a value; one that the mapping does not know stays as it is. */
export function mapped({ mode, items }: Mapping, text: string): string {
  if (mode === 'exact') return items.get(text) ?? text;
  const bits = BigInt(numberIn(text) ?? 0);
  const set = [...items].filter(([bit]) => (bits & BigInt(bit)) !== 0n).map(([, name]) => name);
  return set.join(',');
}

/** The number that a text is, or begins with (`23.5 C`, `-12%`); undefined otherwise. */
export function numberIn(text: string): number | undefined {
  const found = /^\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)/i.exec(text);
  return found ? Number(found[1]) : undefined;
}

function scaled(symbol: ProfileSymbol, plain: number, beside: Beside): number | undefined {
  let number = plain;
  for (const { symbol: factor, power } of symbol.factors ?? []) {
    const by = evaluate(factor, beside(factor.oid), beside)?.number;
    if (by === undefined) continue;
    number = power === undefined ? number * by : number * 10 ** (by * power);
  }
  number = transformed(symbol, number, beside);
  const converted = symbol.conversion ? convert(symbol.conversion, number) : number;
  return converted === undefined ? undefined : converted * (symbol.scale ?? 1);
}

/** The factors that follow from the MIB itself: sibling columns of ENTITY-SENSOR-MIB (RFC 3433) and of hrStorageTable (RFC 2790). */
function transformed({ transform, oid }: ProfileSymbol, number: number, beside: Beside): number {
  const sibling = (column: number): number | undefined => {
    const value = beside(`${oid.slice(0, oid.lastIndexOf('.'))}.${column}`);
    return value && numberIn(toText(value) ?? '');
  };
  if (transform === 'entity_sensor') return number * 10 ** (3 * ((sibling(2) ?? 9) - 9)) * 10 ** -(sibling(3) ?? 0);
  if (transform === 'hr_storage') return number * (sibling(4) ?? 1);
  return number;
}

/** OIDs that a symbol's value needs besides its own, as columns (or scalars) of the same index. */
export function besides({ factors, transform, oid }: ProfileSymbol): string[] {
  const parent = oid.slice(0, oid.lastIndexOf('.'));
  const siblings = transform === 'entity_sensor' ? [2, 3] : transform === 'hr_storage' ? [4] : [];
  return [...(factors ?? []).map((f) => f.symbol.oid), ...siblings.map((c) => `${parent}.${c}`)];
}

function convert(conversion: Conversion, n: number): number | undefined {
  switch (conversion) {
    case 'mw_to_dbm':
      return n > 0 ? 10 * Math.log10(n) : undefined;
    case 'w_to_dbm':
      return n > 0 ? 10 * Math.log10(n * 1000) : undefined;
    case 'fahrenheit_to_celsius':
      return ((n - 32) * 5) / 9;
    case '100_minus':
      return 100 - n;
    case 'channel_to_mhz':
      return channelToMhz(n);
  }
}

/** Centre frequency of an 802.11 channel in the 2.4 and 5 GHz bands (IEEE 802.11 annex E); undefined for what is no such channel. */
function channelToMhz(channel: number): number | undefined {
  if (channel === 14) return 2484;
  if (channel >= 1 && channel <= 13) return 2407 + 5 * channel;
  if (channel >= 32 && channel <= 177) return 5000 + 5 * channel;
  return undefined;
}
