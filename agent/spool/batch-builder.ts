import type { PeekLimit, SpoolBatch } from './spool.ts';
import { CHUNK } from './statements.ts';

/** Puts records together, oldest first, until a limit is reached. */
export class BatchBuilder {
  readonly after: number;
  readonly upTo: number;
  readonly maxRecords: number;
  readonly #maxBytes: number;
  #frames: Uint8Array[] = [];
  #firstId = 0;
  #lastId = 0;
  #lines = 0;
  #rawBytes = 0;

  constructor({ maxBytes, maxRecords = CHUNK, after = 0, upTo = Number.MAX_SAFE_INTEGER }: PeekLimit) {
    this.after = after;
    this.upTo = upTo;
    this.maxRecords = Math.min(maxRecords, CHUNK);
    this.#maxBytes = maxBytes;
  }

  /** Begins again. */
  clear(): void {
    this.#frames = [];
    this.#lines = 0;
    this.#rawBytes = 0;
  }

  /** False when the record has no place any more; then none behind it has. */
  add(id: number, lines: number, rawBytes: number, frame: Uint8Array): boolean {
    const count = this.#frames.length;
    if (id > this.upTo || count >= this.maxRecords) return false;
    if (count > 0 && this.#rawBytes + rawBytes > this.#maxBytes) return false;
    if (count === 0) this.#firstId = id;
    this.#lastId = id;
    this.#lines += lines;
    this.#rawBytes += rawBytes;
    this.#frames.push(frame);
    return true;
  }

  get batch(): SpoolBatch | undefined {
    const frames = this.#frames;
    if (frames.length === 0) return undefined;
    const [firstId, lastId, lines, rawBytes] = [this.#firstId, this.#lastId, this.#lines, this.#rawBytes];
    return { firstId, lastId, records: frames.length, lines, rawBytes, frames };
  }
}
