import type { Clock } from '../../core/clock.ts';

interface Entry {
  /** The read under way; undefined when none is. */
  pending: Promise<unknown> | undefined;
  value: unknown;
  /** When `value` was asked for (monotonic); undefined: there is none. */
  readAt: number | undefined;
}

/** Keys kept at most: schools times kinds of read; beyond it the oldest are forgotten. */
const LIMIT = 1_000;

/** Reads that many viewers ask for at once are made once, and their answer serves for a short time. Failures are not kept. */
export class SharedReads {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer of `read`, at most `maxAgeMs` old. */
  async get<T>(key: string, maxAgeMs: number, read: () => Promise<T>): Promise<T> {
    const entry = this.#entry(key);
    if (this.#isFresh(entry, maxAgeMs)) return entry.value as T;
    return this.#read(entry, read);
  }

  /**
   * The same for something the caller can do without: an old answer is given at once while a new one is read; with none, the wait is at
   * most `waitMs`. Null: nothing could be read.
   */
  async getSoon<T>(key: string, maxAgeMs: number, waitMs: number, read: () => Promise<T>): Promise<T | null> {
    const entry = this.#entry(key);
    if (this.#isFresh(entry, maxAgeMs)) return entry.value as T;
    const reading = this.#read(entry, read).catch(() => {
      entry.readAt = undefined;
      return null;
    });
    if (entry.readAt !== undefined) return entry.value as T;
    const late = new AbortController();
    const answer = await Promise.race([reading, this.#clock.sleep(waitMs, late.signal).then(() => null)]);
    late.abort();
    return answer;
  }

  #read<T>(entry: Entry, read: () => Promise<T>): Promise<T> {
    const startedAt = this.#clock.monotonic();
    entry.pending ??= read()
      .then((value) => {
        entry.value = value;
        entry.readAt = startedAt;
        return value;
      })
      .finally(() => {
        entry.pending = undefined;
      });
    return entry.pending as Promise<T>;
  }

  #isFresh(entry: Entry, maxAgeMs: number): boolean {
    return entry.readAt !== undefined && this.#clock.monotonic() - entry.readAt < maxAgeMs;
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { pending: undefined, value: undefined, readAt: undefined };
      this.#entries.set(key, entry);
      if (this.#entries.size > LIMIT) this.#entries.delete(this.#entries.keys().next().value!);
    }
    return entry;
  }
}
