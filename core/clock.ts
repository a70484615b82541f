/** The only view of time that decisions and loops get. The real one is runtime/clock.ts; tests pass a fake. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start, never stepping back: for durations and time budgets. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: the caller looks at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
