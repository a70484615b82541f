import type { Stamp } from '../varbind.ts';
import type { PortLayout } from './layout.ts';

/**
 * The values of one reading of a device's interfaces, without an object for each: `row * numbers + column`. One takes the place of the other from poll
 * to poll, so that none is made anew.
 */
export class PortTable {
  readonly layout: PortLayout;
  /** Numbers, as `high * 2^32 + low`. */
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** When the cells of each block were read. */
  readonly at: Float64Array;
  /** sysUpTime of the same answer, in 1/100 s; NaN where the device did not give it. */
  readonly uptime: Float64Array;
  /** Index into `at` and `uptime` by cell of `present`: the layout's `blockOf`, or, for a reading that was made in another way, one of its own. */
  readonly stampOf: Uint16Array;

  constructor(layout: PortLayout, stamps = layout.blocks.length, stampOf: Uint16Array = layout.blockOf) {
    const cells = layout.rows.length * layout.numbers;
    this.layout = layout;
    this.high = new Uint32Array(cells);
    this.low = new Uint32Array(cells);
    this.at = new Float64Array(stamps);
    this.uptime = new Float64Array(stamps);
    this.stampOf = stampOf;
  }

  stamp(index: number): Stamp {
    const uptime = this.uptime[index]!;
    return { at: this.at[index]!, uptime: Number.isNaN(uptime) ? undefined : uptime };
  }

  /** Takes over, cell by cell, what was not read; both tables have the same blocks. */
  fillFrom(from: PortTable, isRead: (block: number) => boolean): void {
    const { layout, stampOf } = this;
    for (let b = 0; b < this.at.length; b++)
      if (!isRead(b)) {
        this.at[b] = from.at[b]!;
        this.uptime[b] = from.uptime[b]!;
      }
    const width = layout.columns.length;
    for (let row = 0; row < layout.rows.length; row++)
      for (let c = 0; c < layout.numbers; c++) {
        if (isRead(stampOf[row * width + c]!)) continue;
        const cell = row * layout.numbers + c;
        this.high[cell] = from.high[cell]!;
        this.low[cell] = from.low[cell]!;
      }
  }

  /** Takes over what the blocks that are not read this time hold. */
  copySlow(from: PortTable): void {
    const { layout } = this;
    this.high.set(from.high);
    this.low.set(from.low);
    for (const [b, { slow }] of layout.blocks.entries())
      if (slow && from.stampOf === this.stampOf) {
        this.at[b] = from.at[b]!;
        this.uptime[b] = from.uptime[b]!;
      }
  }
}

/** Names of a device's ports in their octets, `row * texts + text`, packed into one piece of memory. */
export class PortNames {
  readonly #octets: Uint8Array;
  readonly #starts: Uint32Array;

  constructor(names: readonly (Uint8Array | undefined)[]) {
    this.#starts = new Uint32Array(names.length + 1);
    let size = 0;
    for (const [k, name] of names.entries()) {
      this.#starts[k] = size;
      size += name?.length ?? 0;
    }
    this.#starts[names.length] = size;
    this.#octets = new Uint8Array(size);
    for (const [k, name] of names.entries()) if (name) this.#octets.set(name, this.#starts[k]);
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  get(k: number): Uint8Array {
    return this.#octets.subarray(this.#starts[k], this.#starts[k + 1]);
  }

  /** Are these octets the same name? */
  is(k: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[k]!;
    if (this.#starts[k + 1]! - start !== to - from) return false;
    for (let i = from; i < to; i++) if (bytes[i] !== this.#octets[start + i - from]) return false;
    return true;
  }

  /** With some of them replaced. */
  with(changed: ReadonlyMap<number, Uint8Array>): PortNames {
    return new PortNames(Array.from({ length: this.count }, (_, k) => changed.get(k) ?? this.get(k)));
  }
}
