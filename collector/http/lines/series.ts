import { type Sample, sharedTags } from '../../../core/sample.ts';
import { FieldTable, type Layout } from './fields.ts';

/** The tags that a token puts on whatever it delivers. */
export interface Stamp {
  readonly school: string;
  readonly site: string;
}

/** True when the tags name another school or site. */
export function claims(tags: Sample['tags'], { school, site }: Stamp): boolean {
  return (tags['school'] ?? school) !== school || (tags['site'] ?? site) !== site;
}

/** What all lines of one series share. The same text comes every minute; reading and stamping it is done once. */
export interface KnownSeries {
  /** Where its head is kept: the line up to and with the first space that is not escaped. */
  readonly slab: Buffer;
  readonly from: number;
  readonly to: number;
  readonly hash: number;
  readonly measurement: string;
  /** Stamped with the token's school and site; shared by all samples, hence frozen. */
  readonly tags: Sample['tags'];
  /** The text names another school or site than the token's. */
  readonly claimsOther: boolean;
  readonly fields: FieldTable;
  /** The fields of its last line. */
  layout: Layout | undefined;
  /** The series whose line came behind its line last time: what is tried first. */
  next: KnownSeries | undefined;
  /** In which generation it was used last. */
  generation: number;
}

/** A longer line head is read anew each time: the cache must not be filled by a few. */
const MAX_PREFIX = 1024;
/** Measurements of a tenant; the lines of further ones are read one by one. */
const MAX_MEASUREMENTS = 256;
/** As long as one series in it is held, so is the slab. */
const SLAB_BYTES = 16 * 1024;
const MAX_WORDS = 4096;
/** What a series costs beside its text, and how often the text is kept (head, tags, key): bytes, measured. */
const FIXED_COST = 400;
const TEXT_COST = 3;

const SPACE = 32;
const NEWLINE = 10;
const BACKSLASH = 92;
const COMMA = 44;
const EQUALS = 61;

/**
 * The series of one tenant. They live in two generations: when the young one holds half of the budget, the old one goes, but for what was used
 * meanwhile.
 */
export class TenantSeries {
  readonly #budget: number;
  readonly #tables = new Map<string, FieldTable>();
  #young = new Map<number, KnownSeries>();
  #old = new Map<number, KnownSeries>();
  #youngCost = 0;
  #oldCost = 0;
  #generation = 0;
  #last: KnownSeries | undefined;
  #slab = Buffer.alloc(0);
  #slabUsed = 0;
  /** Tag values that were kept, so that the many ports of one device share theirs. */
  readonly #words = new Map<string, string>();
  /** Series dropped for want of room. */
  evicted = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes held, about. */
  get cost(): number {
    return this.#youngCost + this.#oldCost;
  }

  /** Series held; one used in both generations counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The series of the line at `pos`, when it is known. The bytes end in a newline. */
  find(bytes: Buffer, pos: number): KnownSeries | undefined {
    const last = this.#last;
    let found = last?.next;
    if (!found || !startsHere(found, bytes, pos)) {
      found = this.#lookUp(bytes, pos);
      if (!found) return undefined;
      if (last) last.next = found;
    }
    if (found.generation !== this.#generation) this.#promote(found);
    this.#last = found;
    return found;
  }

  /** Keeps the series of the line at `pos`, which was read: `tags` are its own with the token's `stamp`. */
  learn(bytes: Buffer, pos: number, { measurement, tags: read }: Sample, stamp: Stamp): KnownSeries | undefined {
    const { end, hash } = headOf(bytes, pos);
    if (end < 0 || end - pos > MAX_PREFIX) return undefined;
    const fields = this.#table(measurement);
    if (!fields) return undefined;
    const tags: Record<string, string> = {};
    for (const name in read) tags[this.#word(name)] = this.#word(read[name]!);
    const claimsOther = claims(tags, stamp);
    Object.assign(tags, stamp);
    const series: KnownSeries = {
      ...this.#store(bytes, pos, end),
      hash,
      measurement: this.#word(measurement),
      tags: sharedTags(measurement, tags),
      claimsOther,
      fields,
      layout: undefined,
      next: undefined,
      generation: this.#generation,
    };
    this.#keep(series);
    if (this.#last) this.#last.next = series;
    this.#last = series;
    return series;
  }

  /** Heads stand one behind the other in slabs: a buffer for each would cost half as much again. */
  #store(bytes: Buffer, pos: number, end: number): Pick<KnownSeries, 'slab' | 'from' | 'to'> {
    const length = end - pos;
    if (this.#slabUsed + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabUsed = 0;
    }
    const from = this.#slabUsed;
    bytes.copy(this.#slab, from, pos, end);
    this.#slabUsed += length;
    return { slab: this.#slab, from, to: from + length };
  }

  /** The text on its own: a part of a body would keep all of it. */
  #word(text: string): string {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    const own = Buffer.from(text).toString();
    if (this.#words.size >= MAX_WORDS) this.#words.clear();
    this.#words.set(own, own);
    return own;
  }

  #table(measurement: string): FieldTable | undefined {
    let table = this.#tables.get(measurement);
    if (!table && this.#tables.size < MAX_MEASUREMENTS) {
      table = new FieldTable();
      this.#tables.set(this.#word(measurement), table);
    }
    return table;
  }

  #lookUp(bytes: Buffer, pos: number): KnownSeries | undefined {
    const { end, hash } = headOf(bytes, pos);
    if (end < 0) return undefined;
    const found = this.#young.get(hash) ?? this.#old.get(hash);
    return found && startsHere(found, bytes, pos) ? found : undefined;
  }

  #promote(series: KnownSeries): void {
    series.generation = this.#generation;
    this.#keep(series);
  }

  /** Of two heads with the same hash the later is kept: nobody can make a chain of them. */
  #keep(series: KnownSeries): void {
    const same = this.#young.get(series.hash);
    if (same && same !== series) {
      this.#youngCost -= costOf(same);
      this.evicted++;
    }
    if (same !== series) this.#youngCost += costOf(series);
    this.#young.set(series.hash, series);
    if (this.#youngCost > this.#budget / 2) this.#turn();
  }

  #turn(): void {
    for (const series of this.#old.values()) {
      // What is dropped must hold nothing: a series still in use may point to it.
      if (series.generation >= this.#generation) continue;
      series.next = undefined;
      this.evicted++;
    }
    this.#old = this.#young;
    this.#oldCost = this.#youngCost;
    this.#young = new Map();
    this.#youngCost = 0;
    this.#generation++;
  }
}

function costOf(series: KnownSeries): number {
  return FIXED_COST + TEXT_COST * (series.to - series.from);
}

/** Ends behind the first space that is not escaped; -1 when the line has none. The hash has 30 bits: it is a small integer everywhere. */
function headOf(bytes: Uint8Array, pos: number): { end: number; hash: number } {
  let hash = pos & 0;
  for (let i = pos; i < bytes.length; i++) {
    const c = bytes[i]!;
    hash = Math.imul(hash ^ c, 0x01000193);
    if (c === SPACE) return { end: i + 1, hash: (hash ^ (hash >>> 15)) & 0x3fffffff };
    if (c === NEWLINE) break;
    if (c === BACKSLASH && isSpecial(bytes[i + 1]!)) i++;
  }
  return { end: -1, hash };
}

function isSpecial(c: number): boolean {
  return c === COMMA || c === SPACE || c === EQUALS;
}

/** Most of a line's bytes are compared here. */
function startsHere({ slab, from, to }: KnownSeries, bytes: Buffer, pos: number): boolean {
  const end = pos + to - from;
  return end <= bytes.length && bytes.compare(slab, from, to, pos, end) === 0;
}
