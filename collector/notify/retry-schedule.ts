const S = 1_000;
const M = 60 * S;
const H = 60 * M;

/**
 * Waits after the first, second, ... failed attempt, ms. Fast first, since somebody is waiting to be paged, then the schedule that
 * Standard Webhooks recommends. The first attempt is at once.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * S,
  20 * S,
  60 * S,
  3 * M,
  5 * M,
  30 * M,
  2 * H,
  5 * H,
  10 * H,
  14 * H,
  20 * H,
  24 * H,
];

/**
 * How long to wait after `failedAttempts` (from 1) failures, ms; undefined: give up. `random` in [0, 1) spreads the wait by 10 % each way;
 * a receiver's Retry-After wins when longer, and is only ever exceeded, never cut short.
 */
export function retryDelay(failedAttempts: number, random: number, retryAfterMs?: number): number | undefined {
  const base = RETRY_DELAYS_MS[failedAttempts - 1];
  if (base === undefined) return undefined;
  const own = Math.round(base * (0.9 + 0.2 * random));
  if (retryAfterMs === undefined || retryAfterMs <= own) return own;
  return Math.round(retryAfterMs * (1 + 0.1 * random));
}
