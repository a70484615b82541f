/** Values from some makers to some takers, in order. Holds no more than its makers put in: they bound it. */
export class Channel<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T | undefined) => void)[] = [];
  #closed = false;

  push(value: T): void {
    if (this.#closed) return;
    const taker = this.#waiting.shift();
    if (taker) taker(value);
    else this.#values.push(value);
  }

  /** No more will come; what is in it can still be taken. */
  close(): void {
    this.#closed = true;
    for (const taker of this.#waiting.splice(0)) taker(undefined);
  }

  /** The next value; undefined at the end. */
  take(): Promise<T | undefined> {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
