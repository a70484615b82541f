/** A number in [0, 1) that depends on the text alone (FNV-1a, 32 bit, with a final mix), so that a restart keeps the spread. */
export function hashFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** When the first run of `name` is due: somewhere within one interval from `start`, always the same place for the same name. */
export function firstTick(name: string, start: number, intervalMs: number): number {
  return start + Math.floor(hashFraction(name) * intervalMs);
}

/** Moments of an interval at which devices are asked: at most so many, and no more than leave so many devices to each. */
const MOST_SLOTS = 20;
const JOBS_A_SLOT = 50;

/**
 * The same at one of the moments of an interval. Those that share one are asked together: waking up for one answer at a time costs more than the
 * answer does, and 20 moments still spread the load. A few devices have one moment.
 *
 * @param jobs how many share the interval
 */
export function firstSlot(name: string, start: number, intervalMs: number, jobs: number): number {
  const slots = Math.max(1, Math.min(MOST_SLOTS, Math.floor(jobs / JOBS_A_SLOT)));
  return start + Math.floor((Math.floor(hashFraction(name) * slots) / slots) * intervalMs);
}

/**
 * The tick after `due`, on the same grid and not in the past: what passed while a poll was running is skipped and counted, so that a late
 * device neither drifts nor catches up.
 */
export function nextTick(due: number, intervalMs: number, now: number): { due: number; skipped: number } {
  const skipped = Math.max(0, Math.ceil((now - due) / intervalMs) - 1);
  return { due: due + (skipped + 1) * intervalMs, skipped };
}

/** Share of its interval that one poll may take. */
const BUDGET_SHARE = 0.8;

export function budgetOf(intervalMs: number): number {
  return Math.floor(intervalMs * BUDGET_SHARE);
}
