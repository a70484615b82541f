/** Width of a raw window, ms. Raw rows are clustered by it, dirty marks name it, and the first rollup is one row per series and window. */
export const WINDOW_MS = 300_000;

/** The resolutions kept, fine to coarse. `width` in ms; 0 for raw points. */
export const TIERS = [
  { tier: 0, name: 'raw', width: 0 },
  { tier: 1, name: '5m', width: WINDOW_MS },
  { tier: 2, name: '1h', width: 12 * WINDOW_MS },
] as const;

export type Tier = 0 | 1 | 2;
export type RollupTier = 1 | 2;

/** Age in ms after which rows of a tier are dropped; by tier. */
export type Retention = readonly [raw: number, fiveMinutes: number, oneHour: number];

/** Part of a range read, served from one tier. [from, to) in ms. */
export interface Segment {
  readonly tier: Tier;
  readonly from: number;
  readonly to: number;
}

/** The first window number of `tier` that is still kept at `now`. Raw rows are kept by whole windows too. */
export function firstKept(tier: Tier, retention: Retention, now: number): number {
  return Math.ceil((now - retention[tier]) / windowWidth(tier));
}

/** Width of the unit in which rows of a tier are stored and dropped, ms. */
export function windowWidth(tier: Tier): number {
  return tier === 0 ? WINDOW_MS : TIERS[tier].width;
}

/**
 * Which tier serves which part of a range, in order of time. The coarsest tier whose width divides `step` serves what it still holds; older
 * parts come from the next coarser tiers, so that an old chart has fewer points rather than none. Without a step only raw points will do.
 * Where a rollup serves, the ends are widened to its windows.
 */
export function planRange(
  query: { readonly from: number; readonly to: number; readonly step?: number },
  retention: Retention,
  now: number,
): Segment[] {
  const { from, to, step } = query;
  if (step === undefined) {
    const start = Math.max(from, firstKept(0, retention, now) * WINDOW_MS);
    return start < to ? [{ tier: 0, from: start, to }] : [];
  }
  const segments: Segment[] = [];
  let end = to;
  for (let tier = servingTier(step); tier <= 2 && end > from; tier++) {
    const t = tier as Tier;
    const kept = firstKept(t, retention, now) * windowWidth(t);
    // Where the next tier takes over it must not cut one of its own windows in two.
    const next = t < 2 ? windowWidth((t + 1) as Tier) : windowWidth(t);
    const start = Math.max(from, Math.ceil(kept / next) * next);
    if (start >= end) continue;
    segments.unshift(widen({ tier: t, from: start, to: end }));
    end = start;
  }
  return segments;
}

function servingTier(step: number): Tier {
  if (step >= TIERS[2].width && step % TIERS[2].width === 0) return 2;
  return step >= TIERS[1].width && step % TIERS[1].width === 0 ? 1 : 0;
}

function widen(segment: Segment): Segment {
  const { width } = TIERS[segment.tier];
  if (width === 0) return segment;
  return {
    tier: segment.tier,
    from: Math.floor(segment.from / width) * width,
    to: Math.ceil(segment.to / width) * width,
  };
}
