import type { FieldValue } from '../../../core/sample.ts';

/** A field name as it stands in lines, `name=`. */
export interface KnownField {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Its place among the fields of its measurement. */
  readonly id: number;
  /** Random; the marks of a line's fields, XORed, find its layout whatever their order. */
  readonly mark: number;
  /** The field that stood behind it last time: what is tried first. */
  next: KnownField | undefined;
}

/** The fields that some lines have. */
export interface Layout {
  readonly fields: readonly KnownField[];
  readonly mark: number;
  /** An object with these names, to be copied: filling a copy costs half of adding name after name. */
  readonly empty: Readonly<Record<string, FieldValue | null>>;
}

/** Fields of one measurement and tenant. A device with more is read line by line, correct but slower. */
const MAX_FIELDS = 512;
/** Combinations of fields; emptied when it gets larger. */
const MAX_LAYOUTS = 1024;
/** Slots by hash, each a few times the fields in number. */
const SLOTS = 2048;
/** Names that are written otherwise than they read (escapes) are not kept. */
const PLAIN = /^[^,= \\\n\r]+$/;
const EQUALS = 61;

/** The names of the fields of one measurement, as one tenant sends them, and their combinations. */
export class FieldTable {
  readonly #slots = new Array<KnownField | undefined>(SLOTS).fill(undefined);
  readonly #layouts = new Map<number, Layout>();
  #count = 0;
  /** The first field of the line before. */
  first: KnownField | undefined;

  /** Finds the field whose name and `=` begin at `pos`. */
  find(bytes: Uint8Array, pos: number): KnownField | undefined {
    let hash = 0;
    let end = pos;
    for (let c = bytes[end]!; c !== EQUALS; c = bytes[++end]!) {
      if (c <= 32) return undefined;
      hash = (Math.imul(hash, 31) + c) | 0;
    }
    const field = this.#slots[slotOf(hash)];
    return field && stands(field.bytes, bytes, pos) ? field : undefined;
  }

  layout(mark: number): Layout | undefined {
    return this.#layouts.get(mark);
  }

  /** Keeps the names of a line that was read, as far as there is room. */
  learn(names: readonly string[]): void {
    const fields: KnownField[] = [];
    for (const name of names) {
      const field = this.#field(name);
      if (!field) return;
      fields.push(field);
    }
    const mark = fields.reduce((all, field) => all ^ field.mark, 0);
    if (this.#layouts.get(mark)?.fields.length === fields.length) return;
    if (this.#layouts.size >= MAX_LAYOUTS) this.#layouts.clear();
    this.#layouts.set(mark, { fields, mark, empty: emptyObject(names) });
  }

  #field(name: string): KnownField | undefined {
    if (!PLAIN.test(name)) return undefined;
    const bytes = Buffer.from(`${name}=`);
    let hash = 0;
    for (const c of bytes.subarray(0, -1)) hash = (Math.imul(hash, 31) + c) | 0;
    const slot = slotOf(hash);
    const known = this.#slots[slot];
    if (known?.name === name) return known;
    if (known || this.#count >= MAX_FIELDS) return undefined;
    const mark = Math.floor(Math.random() * 2 ** 30);
    const field: KnownField = { name, bytes, id: this.#count++, mark, next: undefined };
    this.#slots[slot] = field;
    return field;
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 11) ^ (hash >>> 22)) & (SLOTS - 1);
}

export function stands(what: Uint8Array, bytes: Uint8Array, pos: number): boolean {
  for (let i = 0; i < what.length; i++) if (what[i] !== bytes[pos + i]) return false;
  return true;
}

/** JSON.parse makes an object whose properties lie in it, however many; one filled by name turns into a hash table at the 17th. */
function emptyObject(names: readonly string[]): Record<string, null> {
  return JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join(',')}}`);
}
