import type { Problem } from '../../runtime/config-error.ts';
import { type ConfigPath, describe, type ProblemAt } from '../../runtime/config-issue.ts';

/** What a reported key was expected to be: counted apart from what could not be read. */
export const USED_KEY = 'a key that is used';
/** Arcs, of which some may be the device's own (`relative.ts`). */
const OWN = '<sysObjectID(?::\\d+(?:-\\d+)?)?>';
const OID = new RegExp(`^\\.?(?:\\d+\\.(?:\\d+|${OWN})|${OWN})(?:\\.(?:\\d+|${OWN}))*$`);

/** Where problems of one file go. */
export interface Notes {
  readonly warnings: Problem[];
  readonly problem: ProblemAt<Problem>;
}

/**
 * A mapping of the file that is being read. A value of the wrong kind is noted and the part is `bad`, so that whoever reads it can leave it out;
 * a key that nobody asked for is noted at the end. So no list of keys has to be kept beside the code that reads them.
 */
export class Part {
  readonly path: ConfigPath;
  /** Something in it could not be read. */
  bad = false;
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #notes: Notes;
  readonly #asked = new Set<string>();
  readonly #children: Part[] = [];
  #abandoned = false;

  constructor(value: Readonly<Record<string, unknown>>, path: ConfigPath, notes: Notes) {
    this.#value = value;
    this.path = path;
    this.#notes = notes;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  /** A key without a value is as good as absent. */
  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  get(key: string): unknown {
    this.#asked.add(key);
    return this.#value[key] ?? undefined;
  }

  /** Notes that what stands at `key` (without one, the whole) is not as expected. */
  wrong(key: string | number | undefined, expected: string, got?: string): undefined {
    const value = key === undefined ? this.#value : this.#value[key];
    this.note(key, expected, got ?? describe(value));
    this.bad = true;
  }

  note(key: string | number | undefined, expected: string, got: string): void {
    this.#notes.warnings.push(this.#notes.problem(key === undefined ? this.path : [...this.path, key], expected, got));
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : (textOf(value) ?? this.wrong(key, 'text'));
  }

  /** Without a leading dot. */
  oid(key: string): string | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    return OID.test(text.trim()) ? text.trim().replace(/^\./, '') : this.wrong(key, 'an OID of numbers');
  }

  /** One OID or a list of them. */
  oids(key: string): string[] {
    return this.texts(key).flatMap((text) => {
      if (OID.test(text.trim())) return text.trim().replace(/^\./, '');
      this.wrong(key, 'OIDs of numbers', `"${text}"`);
      return [];
    });
  }

  number(key: string): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : this.wrong(key, 'a number');
  }

  integer(key: string, least: number): number | undefined {
    const number = this.number(key);
    if (number === undefined || (Number.isInteger(number) && number >= least)) return number;
    return this.wrong(key, `a whole number of at least ${least}`);
  }

  flag(key: string): boolean {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    this.wrong(key, 'true or false');
    return false;
  }

  oneOf<const T extends string>(key: string, values: readonly T[]): T | undefined {
    const text = this.text(key);
    return text === undefined || values.includes(text as T)
      ? (text as T | undefined)
      : this.wrong(key, `one of ${values.join(', ')}`);
  }

  /** A list of texts; one alone may be written without the list. */
  texts(key: string): string[] {
    const value = this.get(key);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((item) => {
      const text = textOf(item);
      if (text === undefined) this.wrong(key, 'a list of texts', describe(item));
      return text ?? [];
    });
  }

  part(key: string): Part | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    return isMapping(value) ? this.#child(value, [key]) : this.wrong(key, 'a mapping');
  }

  /** The mappings of a list; `other` may take an item of another kind. */
  parts(key: string, other: (item: unknown, index: number) => boolean = () => false): Part[] {
    const value = this.get(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.wrong(key, 'a list');
      return [];
    }
    return value.flatMap((item: unknown, i) => {
      if (isMapping(item)) return this.#child(item, [key, i]);
      if (!other(item, i)) {
        this.#notes.warnings.push(this.#notes.problem([...this.path, key, i], 'a mapping', describe(item)));
        this.bad = true;
      }
      return [];
    });
  }

  /** Known, and only for people. */
  skip(...keys: readonly string[]): void {
    for (const key of keys) this.#asked.add(key);
  }

  /** Known, and said to be without effect here. */
  unused(...keys: readonly string[]): void {
    for (const key of keys) if (this.has(key)) this.note(key, USED_KEY, `"${key}", not used`);
    this.skip(...keys);
  }

  /** It is left out as a whole: its keys need no word each. */
  abandon(): undefined {
    this.#abandoned = true;
  }

  /** Notes the keys that were not asked for, here and below. */
  finish(): void {
    if (this.#abandoned) return;
    for (const key of this.keys) if (!this.#asked.has(key)) this.note(key, USED_KEY, `"${key}", ignored`);
    for (const child of this.#children) child.finish();
  }

  #child(value: Readonly<Record<string, unknown>>, at: ConfigPath): Part {
    const child = new Part(value, [...this.path, ...at], this.#notes);
    this.#children.push(child);
    return child;
  }
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** YAML makes numbers and booleans of texts that look like them. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
