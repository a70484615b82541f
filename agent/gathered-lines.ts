import type { Clock } from '../core/clock.ts';
import { TextBuffer } from './normalise/ports/text-buffer.ts';
import type { LineSink } from './poll/loop.ts';
import type { Spool } from './spool/spool.ts';

/** About four switches of 48 ports: one record of that costs a third of four, and is still small enough to stand for a fault in it. */
const RECORD_BYTES = 128 * 1024;
/** The longest that lines wait for others; what a process that is killed loses of its polls at most. */
const WAIT_MS = 200;

/** Lines of polls that end shortly after each other, put into the spool as one record. */
export class GatheredLines implements LineSink {
  readonly #spool: Pick<Spool, 'append'>;
  readonly #clock: Clock;
  readonly #out = new TextBuffer();
  #lines = 0;
  #newest = 0;
  #isTimed = false;

  constructor(spool: Pick<Spool, 'append'>, clock: Clock) {
    this.#spool = spool;
    this.#clock = clock;
  }

  add(write: (out: TextBuffer) => number, time: number): void {
    const before = this.#out.length;
    try {
      this.#lines += write(this.#out);
      this.#newest = Math.max(this.#newest, time);
    } catch (error) {
      // Half a line must not stand before the next one.
      this.#out.cut(before);
      throw error;
    }
    if (this.#out.length >= RECORD_BYTES) this.flush();
    else if (!this.#isTimed) void this.#flushLater();
  }

  /** What is gathered goes to the spool now. */
  flush(): void {
    if (this.#lines === 0) return;
    const [lines, time] = [this.#lines, this.#newest];
    this.#lines = 0;
    this.#newest = 0;
    try {
      this.#spool.append(this.#out.written, { lines, time });
    } catch {
      // The spool has counted and logged it; polling goes on.
    }
    this.#out.clear();
  }

  async #flushLater(): Promise<void> {
    this.#isTimed = true;
    await this.#clock.sleep(WAIT_MS);
    this.#isTimed = false;
    this.flush();
  }
}
