import type { Clock } from '../../core/clock.ts';

/** Between the starts of two polls of one device, of which at least one was asked for. */
const APART_MS = 5_000;

/**
 * Asks for one poll out of turn: at once, or as soon as the last one is far enough away. However often it is asked, one is pending at most.
 */
export class Nudge {
  readonly #clock: Clock;
  #pending = false;
  #startedAt = -Infinity;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False when one is pending already. */
  ask(): boolean {
    if (this.#pending) return false;
    this.#pending = true;
    this.#wake?.();
    return true;
  }

  /** Waits until `due` (monotonic ms), or until a poll that was asked for may begin. Returns early when `signal` aborts. */
  async wait(due: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.monotonic();
      const until = this.#pending ? Math.min(due, Math.max(now, this.#startedAt + APART_MS)) : due;
      if (signal.aborted || until <= now) return;
      const awake = new AbortController();
      const wake = (): void => awake.abort();
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
      await this.#clock.sleep(until - now, awake.signal);
      signal.removeEventListener('abort', wake);
      this.#wake = undefined;
    }
  }

  /** A poll begins: what was asked for until now is answered by it. */
  begin(): void {
    this.#pending = false;
    this.#startedAt = this.#clock.monotonic();
  }
}
