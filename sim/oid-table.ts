/** SMI value types (RFC 2578 section 7) that a simulated device can hold. */
export type SimType =
  | 'integer'
  | 'octets'
  | 'oid'
  | 'ip'
  | 'counter32'
  | 'gauge32'
  | 'timeticks'
  | 'opaque'
  | 'counter64'
  | 'null';

/** `value`: number or bigint for numeric types, string or Buffer for octets, dotted text for oid and ip. */
export interface SimValue {
  readonly type: SimType;
  readonly value: number | bigint | string | Buffer;
}

/** What a responder answers from. `at` is the instant of the request: whole ms on the responder's monotonic clock. */
export interface SimulatedDevice {
  get(oid: string, at: number): SimValue | undefined;
  /** The first instance after `oid` in lexicographic order (RFC 3416 4.2.2); undefined at the end of the MIB. */
  next(oid: string, at: number): { readonly oid: string; readonly value: SimValue } | undefined;
  /** True when `oid` lies within an object type that the device has: noSuchInstance rather than noSuchObject. Default: no. */
  hasObject?(oid: string): boolean;
}

/** A fixed value, or a function of the instant; undefined from the function means the instance does not exist then. */
export type SimSource = SimValue | ((at: number) => SimValue | undefined);

interface Entry {
  readonly oid: string;
  readonly arcs: readonly number[];
  readonly source: SimSource;
}

/** A device's instances, sorted by OID. */
export class OidTable implements SimulatedDevice {
  readonly #entries = new Map<string, Entry>();
  readonly #objects = new Set<string>();
  #sorted: Entry[] | undefined;

  /** Adds or replaces the instance `object`.`instance`: `set('1.3.6.1.2.1.1.5', '0', value)`. */
  set(object: string, instance: string, source: SimSource): this {
    const oid = `${object}.${instance}`;
    this.#objects.add(object);
    this.#entries.set(oid, { oid, arcs: parseOid(oid), source });
    this.#sorted = undefined;
    return this;
  }

  delete(oid: string): boolean {
    this.#sorted = undefined;
    return this.#entries.delete(oid);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(oid: string, at: number): SimValue | undefined {
    const entry = this.#entries.get(oid);
    return entry && sourceValue(entry.source, at);
  }

  next(oid: string, at: number): { oid: string; value: SimValue } | undefined {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareArcs(a.arcs, b.arcs));
    const sorted = this.#sorted;
    for (let i = firstAfter(sorted, parseOid(oid)); i < sorted.length; i++) {
      const entry = sorted[i]!;
      const value = sourceValue(entry.source, at);
      if (value) return { oid: entry.oid, value };
    }
    return undefined;
  }

  hasObject(oid: string): boolean {
    for (let end = oid.length; end > 0; end = oid.lastIndexOf('.', end - 1))
      if (this.#objects.has(oid.slice(0, end))) return true;
    return false;
  }
}

function sourceValue(source: SimSource, at: number): SimValue | undefined {
  return typeof source === 'function' ? source(at) : source;
}

function parseOid(oid: string): number[] {
  return oid.split('.').map(Number);
}

/** Lexicographic order of OIDs: by arc, a prefix before what it begins. */
export function compareOids(a: string, b: string): number {
  return compareArcs(parseOid(a), parseOid(b));
}

function compareArcs(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function firstAfter(sorted: readonly Entry[], arcs: readonly number[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareArcs(sorted[middle]!.arcs, arcs) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
