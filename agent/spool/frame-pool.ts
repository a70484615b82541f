/** Frames come in sizes of so many octets: then one that is free fits the next that is needed. */
const STEP = 4096;
/** Free memory kept at most. At a thousand polls a second some hundred frames of 13 kB are on their way to the collector. */
const MOST_BYTES = 2 * 1024 ** 2;

/**
 * Memory of frames, used again. A frame waits for the collector long enough to outlive the young generation; left to the garbage collector, some
 * megabytes a second of them were half of the reason for each full collection.
 */
export class FramePool {
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #mine = new WeakSet<ArrayBufferLike>();
  #bytes = 0;

  /** Of memory that is free. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What stands in it means nothing. */
  take(bytes: number): Buffer {
    const size = Math.ceil(bytes / STEP) * STEP;
    const free = this.#free.get(size)?.pop();
    if (free) {
      this.#bytes -= size;
      return Buffer.from(free, 0, bytes);
    }
    const made = new ArrayBuffer(size);
    this.#mine.add(made);
    return Buffer.from(made, 0, bytes);
  }

  /** Nobody looks at it any more, and it is given once. Memory that is not from here is left alone. */
  give({ buffer }: Uint8Array): void {
    const size = buffer.byteLength;
    if (!this.#mine.has(buffer) || this.#bytes + size > MOST_BYTES) return;
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    free.push(buffer as ArrayBuffer);
    this.#bytes += size;
  }
}
