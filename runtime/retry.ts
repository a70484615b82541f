import { type BackoffPolicy, backoffDelay } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';

export interface RetryOptions {
  readonly clock: Clock;
  readonly policy: BackoffPolicy;
  readonly attempts: number;
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** False ends the tries at once. Default: errors that carry `retryable: false` are final. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Calls `fn` until it succeeds, at most `attempts` times, waiting between tries; throws the last error. */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const retryable = options.retryable ?? ((error) => (error as { retryable?: boolean }).retryable !== false);
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn(attempt);
    } catch (error) {
      if (attempt >= options.attempts || options.signal.aborted || !retryable(error)) throw error;
      const wait = backoffDelay(attempt, options.policy, (options.random ?? Math.random)());
      await options.clock.sleep(wait, options.signal);
    }
  }
}
