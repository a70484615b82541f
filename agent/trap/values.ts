import type { VarBind } from '../drivers/snmp-session.ts';
import { toText } from '../normalise/varbind.ts';
import type { TrapObject } from './rule.ts';

/** A varbind with the object it is an instance of. */
export interface NamedValue {
  readonly varbind: VarBind;
  readonly object: TrapObject | undefined;
  /** Numbers of the OID after the object's: the instance. */
  readonly index: readonly string[];
}

/** The longest prefix of the OID that is a known object. */
export function named(varbind: VarBind, objects: ReadonlyMap<string, TrapObject>): NamedValue {
  const ids = varbind.oid.split('.');
  for (let n = ids.length; n > 4; n--) {
    const object = objects.get(ids.slice(0, n).join('.'));
    if (object) return { varbind, object, index: ids.slice(n) };
  }
  return { varbind, object: undefined, index: [] };
}

/** The value in words: mapped, scaled, formatted. Undefined when there is none (noSuchObject, empty text). */
export function textOf({ varbind, object }: NamedValue): string | undefined {
  const { value } = varbind;
  if (value === null) return undefined;
  if (object?.bits && value instanceof Uint8Array) return bitNames(value, object.bits);
  const plain = value instanceof Uint8Array ? octetText(value, object?.format ?? 'auto') : numberText(varbind, object);
  const word = object?.values?.[plain] ?? (value instanceof Uint8Array ? undefined : object?.values?.[String(value)]);
  return (word ?? plain) || undefined;
}

function numberText({ type, value }: VarBind, object: TrapObject | undefined): string {
  if (typeof value === 'number' && type === 'TimeTicks') return `${value / 100} s`;
  if (typeof value === 'number' && object && object.scale !== 1)
    return String(Number((value * object.scale).toPrecision(12)));
  return String(value);
}

function octetText(octets: Uint8Array, format: TrapObject['format']): string {
  if (format === 'mac') return asciiMac(octets) ?? hex(octets, ':');
  if (format === 'ip') return ipText(octets);
  if (format === 'hex') return hex(octets, ' ');
  const text = toText({ oid: '', type: 'OctetString', value: octets }) ?? '';
  if (format === 'text' || isReadable(octets)) return text;
  return octets.length === 6 ? hex(octets, ':') : hex(octets, ' ');
}

/** Printable UTF-8, a NUL at the end allowed: some agents send the C string with it. */
function isReadable(octets: Uint8Array): boolean {
  const end = octets.at(-1) === 0 ? octets.length - 1 : octets.length;
  for (let i = 0; i < end; i++) {
    const octet = octets[i]!;
    if (octet === 0x7f || (octet < 0x20 && octet !== 9 && octet !== 10 && octet !== 13)) return false;
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets);
    return true;
  } catch {
    return false;
  }
}

/** An address that was written out instead of sent as octets. */
function asciiMac(octets: Uint8Array): string | undefined {
  if (octets.length < 12) return undefined;
  return /^[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}/i.exec(new TextDecoder('latin1').decode(octets))?.[0];
}

function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return toText({ oid: '', type: 'OctetString', value: octets }) ?? '';
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16));
  // As RFC 5952 shortens it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function hex(octets: Uint8Array, separator: string): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(separator);
}

function bitNames(octets: Uint8Array, names: Readonly<Record<string, string>>): string | undefined {
  const set = Array.from({ length: octets.length * 8 }, (_, bit) => bit).filter(
    (bit) => ((octets[bit >> 3]! >> (7 - (bit & 7))) & 1) === 1,
  );
  return set.length === 0 ? undefined : set.map((bit) => names[bit] ?? `bit ${bit}`).join(', ');
}
