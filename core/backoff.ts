/** How long to wait before the next attempt. All times in milliseconds. */
export interface BackoffPolicy {
  readonly initial: number;
  readonly max: number;
  /** Growth per attempt; 2 doubles. */
  readonly factor: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { initial: 1_000, max: 60_000, factor: 2 };

/**
 * Exponential back-off with full jitter in the upper half, so that a thousand agents do not come back at once.
 * `attempt` counts from 1 (the first failure); `random` is in [0, 1); a server's Retry-After wins when it is longer,
 * and gets up to 10 % added for the same reason.
 */
export function backoffDelay(attempt: number, policy: BackoffPolicy, random: number, retryAfterMs?: number): number {
  const ceiling = Math.min(policy.max, policy.initial * policy.factor ** Math.min(attempt - 1, 63));
  const own = Math.round(ceiling / 2 + (ceiling / 2) * random);
  if (retryAfterMs === undefined || retryAfterMs <= own) return own;
  return Math.round(retryAfterMs * (1 + 0.1 * random));
}

/** Reads a Retry-After header (RFC 9110 10.2.3): seconds or an HTTP date. At most one hour; undefined when absent or unreadable. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (!Number.isFinite(ms)) return undefined;
  return Math.min(Math.max(0, ms), 3_600_000);
}
