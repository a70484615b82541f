import type { FieldValue, Sample } from '../../../core/sample.ts';
import type { FieldTable, KnownField, Layout } from './fields.ts';
import { stands } from './fields.ts';
import type { KnownSeries } from './series.ts';
import { type Cursor, readTime, readValue, UNTIMED } from './values.ts';

const COMMA = 44;
const SPACE = 32;

/** Reads lines whose series and fields are known. Whatever is not plain it leaves to the reader that takes care of everything. */
export class LineScanner {
  readonly #values: (FieldValue | undefined)[] = [];
  /** For each field the number of the line that had it last. */
  readonly #seen: number[] = [];
  #line = 0;
  #mark = 0;
  #count = 0;

  /**
   * The sample of the line at `at`, read to its end; undefined when it needs care, `at` is then anywhere.
   * `cut`: digits of a timestamp beyond ms; `now` is the time of lines without one.
   */
  read(at: Cursor, series: KnownSeries, cut: number, scale: number, now: number): Sample | undefined {
    at.pos += series.to - series.from;
    while (at.bytes[at.pos] === SPACE) at.pos++;
    if (!this.#readFields(at, series.fields)) return undefined;
    const layout = this.#layoutOf(series);
    if (!layout) return undefined;
    const time = readTime(at, cut);
    if (time === undefined) return undefined;
    const fields = this.#build(layout);
    if (!fields) return undefined;
    return {
      measurement: series.measurement,
      tags: series.tags,
      fields,
      time: time === UNTIMED ? now : time * scale,
    };
  }

  #readFields(at: Cursor, table: FieldTable): boolean {
    const { bytes } = at;
    const line = ++this.#line;
    this.#mark = 0;
    this.#count = 0;
    let before: KnownField | undefined;
    for (;;) {
      const guess = before === undefined ? table.first : before.next;
      const field = guess && stands(guess.bytes, bytes, at.pos) ? guess : follow(table, before, bytes, at.pos);
      if (!field) return false;
      at.pos += field.bytes.length;
      const value = readValue(at);
      if (value === undefined) return false;
      this.#values[field.id] = value;
      if (this.#seen[field.id] !== line) {
        this.#seen[field.id] = line;
        this.#mark ^= field.mark;
        this.#count++;
      }
      if (bytes[at.pos] !== COMMA) return true;
      at.pos++;
      before = field;
    }
  }

  #layoutOf(series: KnownSeries): Layout | undefined {
    const guess = series.layout;
    if (guess?.mark === this.#mark && guess.fields.length === this.#count) return guess;
    const layout = series.fields.layout(this.#mark);
    if (layout?.fields.length !== this.#count) return undefined;
    series.layout = layout;
    return layout;
  }

  /** Undefined when the marks of other fields happen to give the same sum. */
  #build(layout: Layout): Record<string, FieldValue> | undefined {
    const fields = { ...layout.empty } as Record<string, FieldValue>;
    for (let i = 0; i < layout.fields.length; i++) {
      const { id, name } = layout.fields[i]!;
      if (this.#seen[id] !== this.#line) return undefined;
      fields[name] = this.#values[id]!;
    }
    return fields;
  }
}

function follow(
  table: FieldTable,
  before: KnownField | undefined,
  bytes: Uint8Array,
  pos: number,
): KnownField | undefined {
  const field = table.find(bytes, pos);
  if (field) {
    if (before) before.next = field;
    else table.first = field;
  }
  return field;
}
