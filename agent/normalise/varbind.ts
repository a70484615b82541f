import type { VarBind } from '../drivers/snmp-session.ts';

/** When a value was read, by two clocks. */
export interface Stamp {
  /** Ours: monotonic ms at which the answer arrived. */
  readonly at: number;
  /** The device's: sysUpTime.0 (RFC 3418) of the same PDU, in 1/100 s; undefined when it did not give it. */
  readonly uptime: number | undefined;
}

/** One value of one row, with the moment it was read. */
export interface Cell {
  readonly value: VarBind;
  readonly stamp: Stamp;
}

/** The rows of one column by their index (the OID after the column's). */
export type Column = ReadonlyMap<string, Cell>;

export interface Counter {
  readonly value: bigint;
  readonly bits: 32 | 64;
}

/** A Counter32 or Counter64; undefined for anything else (a Gauge is not a counter, whatever the object is called). */
export function toCounter(v: VarBind): Counter | undefined {
  if (v.type === 'Counter64' && typeof v.value === 'bigint') return { value: v.value, bits: 64 };
  if (v.type === 'Counter32' && typeof v.value === 'number') return { value: BigInt(v.value), bits: 32 };
  return undefined;
}

/** Any whole number. */
export function toInteger(v: VarBind): bigint | undefined {
  if (typeof v.value === 'bigint') return v.value;
  return typeof v.value === 'number' && Number.isInteger(v.value) ? BigInt(v.value) : undefined;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');

/**
 * Characters of one text that are read: a DisplayString has 255 (RFC 2579), and what patterns are tried on must not be as long as a datagram.
 */
const MAX_TEXT = 1024;

/**
 * Octets as text (UTF-8, else Latin-1), OIDs and addresses as they are; control characters (C1 too: terminals obey them) become spaces, the ends are
 * trimmed. At most 1,024 characters: the rest is left out.
 */
export function toText(v: VarBind): string | undefined {
  if (v.value === null) return undefined;
  if (!(v.value instanceof Uint8Array)) return String(v.value).slice(0, MAX_TEXT);
  let text: string;
  try {
    text = strictUtf8.decode(v.value);
  } catch {
    text = latin1.decode(v.value);
  }
  const cut = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT).toWellFormed() : text;
  return cut.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
