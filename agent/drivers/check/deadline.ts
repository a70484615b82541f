import type { Clock } from '../../../core/clock.ts';

/** What an attempt runs under. */
export interface Limits {
  /** Aborts when the attempt's time is up, or when it is no longer wanted. */
  readonly signal: AbortSignal;
  /** True when the time was up. */
  readonly expired: () => boolean;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Gives `work` its time; the clock's timer is ended with it. */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  wanted: AbortSignal,
  work: (limits: Limits) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  void clock.sleep(timeoutMs, done.signal).then(() => {
    if (!done.signal.aborted) late.abort();
  });
  try {
    const signal = AbortSignal.any([wanted, late.signal]);
    return await work({ signal, expired: () => late.signal.aborted, clock, timeoutMs });
  } finally {
    done.abort();
  }
}
