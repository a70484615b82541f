const SMALLEST = 1024;

/**
 * Values by request-id, in open addressing with linear probing. In a Map of ids that come and go thousands of times a second every few hundred of them leave
 * a whole table behind; this one keeps its own. Ids are random (udp.ts), so they are their own hash; 0 is none.
 */
export class IdTable<T> {
  #ids = new Int32Array(SMALLEST);
  #values: (T | undefined)[] = new Array<T | undefined>(SMALLEST).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#values[this.#place(id)];
  }

  set(id: number, value: T): void {
    if (this.#size * 2 >= this.#ids.length) this.#grow();
    const at = this.#place(id);
    if (this.#ids[at] === 0) this.#size++;
    this.#ids[at] = id;
    this.#values[at] = value;
  }

  delete(id: number): boolean {
    const ids = this.#ids;
    let gap = this.#place(id);
    if (ids[gap] === 0) return false;
    const mask = ids.length - 1;
    // Those behind it move up, as far as they may stand there: a gap would end the search for them.
    for (let at = (gap + 1) & mask; ids[at] !== 0; at = (at + 1) & mask) {
      const home = ids[at]! & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      ids[gap] = ids[at]!;
      this.#values[gap] = this.#values[at];
      gap = at;
    }
    ids[gap] = 0;
    this.#values[gap] = undefined;
    this.#size--;
    return true;
  }

  /** In no order. `visit` may not change the table. */
  forEach(visit: (value: T, id: number) => void): void {
    if (this.#size === 0) return;
    for (let k = 0; k < this.#ids.length; k++) if (this.#ids[k] !== 0) visit(this.#values[k]!, this.#ids[k]!);
  }

  /** Where `id` stands, or where it would. */
  #place(id: number): number {
    const ids = this.#ids;
    const mask = ids.length - 1;
    let at = id & mask;
    while (ids[at] !== id && ids[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Int32Array(ids.length * 2);
    this.#values = new Array<T | undefined>(ids.length * 2).fill(undefined);
    this.#size = 0;
    for (let k = 0; k < ids.length; k++) if (ids[k] !== 0) this.set(ids[k]!, values[k]!);
  }
}
