import { isUtf8 } from 'node:buffer';
import type { VarBind } from '../drivers/snmp-session.ts';
import { toText } from '../normalise/varbind.ts';
import type { ValueFormat } from '../profile/profile.ts';

/** Octets as lower-case hex digits without separators; undefined for what is no octet string. */
export function toHex({ value }: VarBind): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : undefined;
}

/**
 * A MAC address as 12 hex digits: six octets, or text in any of the usual spellings (`0:1a:2b:3c:4d:5e`, `001a-2b3c-4d5e`), each part
 * filled up with a zero. Undefined for anything else.
 */
export function toMac(v: VarBind): string | undefined {
  if (v.value instanceof Uint8Array && v.value.length === 6) return toHex(v);
  return macFromText(toText(v) ?? '');
}

export function macFromText(text: string): string | undefined {
  const parts = text
    .trim()
    .toLowerCase()
    .split(/[:\-. ]+/);
  const width = parts.length === 6 ? 2 : parts.length === 3 ? 4 : 12;
  const digits = parts.map((p) => p.padStart(width, '0')).join('');
  return /^[0-9a-f]{12}$/.test(digits) ? digits : undefined;
}

/** An IPv4 or IPv6 address: IpAddress, or 4 or 16 octets (InetAddress, RFC 4001). */
export function toAddress(v: VarBind): string | undefined {
  if (v.type === 'IpAddress' && typeof v.value === 'string') return v.value;
  if (!(v.value instanceof Uint8Array)) return undefined;
  const octets = [...v.value];
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return undefined;
  const words = Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16));
  return words.join(':');
}

/** True when every octet is a printable character or white space: then it is meant as text. */
export function isPrintable(octets: Uint8Array): boolean {
  return octets.every((o) => (o >= 32 && o < 127) || o === 9 || o === 10 || o === 13 || o === 0);
}

/** True for octets that nobody wrote as text: control characters among them, or no UTF-8 and the six of an address or without a letter. */
export function isBinary(octets: Uint8Array): boolean {
  const end = octets.findLastIndex((o) => o !== 0) + 1;
  const written = octets.subarray(0, end);
  if (written.some((o) => o < 32 && o !== 9 && o !== 10 && o !== 13)) return true;
  return !isUtf8(octets) && (octets.length === 6 || !/[0-9A-Za-z]/.test(Buffer.from(written).toString('latin1')));
}

/** Opaque that holds a float or a double (draft-perkins-opaque): net-snmp's laLoadFloat and several vendors' sensors. */
export function opaqueNumber({ type, value }: VarBind): number | undefined {
  if (type !== 'Opaque' || !(value instanceof Uint8Array) || value.length < 3 || value[0] !== 0x9f) return undefined;
  const octets = Buffer.from(value);
  if (octets[1] === 0x78 && octets[2] === 4 && octets.length === 7) return octets.readFloatBE(3);
  if (octets[1] === 0x79 && octets[2] === 8 && octets.length === 11) return octets.readDoubleBE(3);
  return undefined;
}

/** DateAndTime (RFC 2579) as ISO 8601, without a zone where the device gives none. */
export function dateAndTime({ value }: VarBind): string | undefined {
  if (!(value instanceof Uint8Array) || (value.length !== 8 && value.length !== 11)) return undefined;
  const pad = (n: number | undefined): string => String(n ?? 0).padStart(2, '0');
  const [high = 0, low = 0, month, day, hour, minute, second] = value;
  const local = `${String(high * 256 + low).padStart(4, '0')}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`;
  return value.length === 8 ? local : `${local}${String.fromCharCode(value[8]!)}${pad(value[9])}:${pad(value[10])}`;
}

/** A size over 2 GB in an Integer32 comes as a negative number: the same 32 bits, read without a sign. */
function unsigned(text: string | undefined): string | undefined {
  return text !== undefined && /^-\d+$/.test(text) ? String(Number(text) >>> 0) : text;
}

/** Up to eight octets, the highest first. */
function wholeNumber(octets: Uint8Array): string | undefined {
  return octets.length <= 8 ? String(BigInt(`0x${Buffer.from(octets).toString('hex') || '0'}`)) : undefined;
}

/** A value read by a format; undefined when it does not have that form. */
export function formatted(v: VarBind, format: ValueFormat): string | undefined {
  switch (format) {
    case 'mac_address':
      return toMac(v);
    case 'ip_address':
      return toAddress(v);
    case 'hex':
      return toHex(v);
    case 'uint32':
      return v.value instanceof Uint8Array ? wholeNumber(v.value) : unsigned(toText(v));
    case 'little_endian':
      return v.value instanceof Uint8Array ? wholeNumber(v.value.toReversed()) : toText(v);
    case 'text':
    case 'text_date':
      return toText(v);
    case 'snmp_dateandtime':
      return dateAndTime(v);
  }
}
